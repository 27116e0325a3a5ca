"""What one log file and the summary beside it hold, and what of a damaged log can be proved.

Pure but for the function that reads a piece of the file. A log is read in pieces, so that neither
a very long one nor one that is a single hole takes the memory with it.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import NamedTuple

import msgspec

from flopod.summary import RunSummary
from flopod_backends.checkup_findings import Lost, lost
from flopod_backends.fs import Key
from flopod_backends.log_file import START, Mark, scan
from flopod_backends.recording import MAX_RECORD_BYTES, folded
from flopod_backends.sidecar import read_sidecar

_SPAN = 64 << 20
_MOST = MAX_RECORD_BYTES + _SPAN
_WHERE = re.compile(r"event (\d+) \(byte (\d+)\)")
_SEQ = re.compile(rb'\{"seq":(\d{1,18}),')
_AROUND = b"\xef\xbb\xbf\r\0 \t"
"""What an editor, a transfer or a hole may have put around a line."""

Read = Callable[[int, int], bytes]
"""Gives so many bytes from an offset on; fewer at the end of the file."""


class Fault(NamedTuple):
    """A place at which a log cannot be read on."""

    line: int
    byte: int
    why: str


class LogSeen(NamedTuple):
    """What a log holds."""

    mark: Mark
    """The end of what is good."""
    summary: RunSummary | None
    torn: int = 0
    """How many bytes of an unfinished append follow."""
    fault: Fault | None = None


class Kept(NamedTuple):
    """The summary beside a log, readable in itself."""

    summary: RunSummary
    mark: Mark


class Salvage(NamedTuple):
    """What the checksums prove of a damaged log."""

    text: bytes
    mark: Mark
    summary: RunSummary | None
    lost: tuple[Lost, ...]


def read_log(
    run_id: str, read: Read, mark: Mark = START, summary: RunSummary | None = None
) -> LogSeen:
    """Return what the log holds from `mark` on, where it was folded to `summary`."""
    span = _SPAN
    while True:
        text = read(mark.offset, span)
        found = scan(text, mark)
        if found.events:
            summary = folded(run_id, summary, found.events)
        if found.damage:
            return LogSeen(found.mark, summary, 0, _fault(found.damage.where, found.damage.why))
        if len(text) < span:
            return LogSeen(found.mark, summary, found.torn)
        if found.mark == mark and span == _MOST:
            why = f"no event ends within {_MOST >> 20} MiB"
            return LogSeen(mark, summary, 0, Fault(mark.seq + 1, mark.offset, why))
        span = _MOST if found.mark == mark else _SPAN
        mark = found.mark


def kept(run_id: str, text: bytes) -> Kept | None:
    """Return the summary in a sidecar if it is whole and of this run, whatever the log says."""
    read = read_sidecar(run_id, text, Key(0, sys.maxsize, 0))
    return Kept(*read) if read else None


def why_not_kept(run_id: str, text: bytes) -> str:
    """Return why a sidecar is not whole or not of this run."""
    try:
        found = msgspec.json.decode(text)
        form, owner = found["form"], found["summary"]["run_id"]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, LookupError, TypeError):
        only = "it holds NUL bytes only" if text else "it is empty"
        return only if not text.strip(b"\0") else "it is no summary"
    if owner != run_id:
        return f"it is of run {str(owner)[:200]!a}: were the two files renamed or copied?"
    return f"it has form {str(form)[:20]}" if form != 1 else "its checksum does not fit"


def goes_on(run_id: str, beside: Kept, read: Read, log: LogSeen) -> bool:
    """Return whether the summary, folded on to the end of the log, is what the log folds to."""
    end = log.mark.offset
    if beside.mark.offset > end:
        return False

    def known(offset: int, size: int) -> bytes:
        # Not what was appended since the log was read.
        return read(offset, min(size, end - offset))

    seen = read_log(run_id, known, beside.mark, beside.summary)
    return (seen.mark, seen.summary) == (log.mark, log.summary)


def salvaged(run_id: str, text: bytes) -> Salvage:
    """Return the longest log that the checksums prove to have been, and what it leaves out.

    Each checksum is seeded with the one before, so only the line that did follow fits: lines that
    were swapped, doubled, or given other line ends find their places again.
    """
    lines = [(number, byte, line) for number, (byte, line) in enumerate(_lines(text), 1)]
    proved = _chained([_cleaned(line) for _, _, line in lines])
    found = scan(b"".join(proved))
    whole = b"".join(proved)[: found.mark.offset]
    used = set(whole.split(b"\n"))
    rest = tuple(
        lost(number, byte, cleaned or line)
        for number, byte, line in lines
        if (cleaned := _cleaned(line)) not in used and line.strip(_AROUND)
    )
    return Salvage(whole, found.mark, folded(run_id, None, found.events), rest)


def _fault(where: str, why: str) -> Fault:
    place = _WHERE.search(where)
    assert place, where
    return Fault(int(place[1]), int(place[2]), why)


def _lines(text: bytes) -> Iterator[tuple[int, bytes]]:
    start = 0
    while start < len(text):
        end = text.find(b"\n", start)
        end = len(text) if end < 0 else end
        yield start, text[start:end]
        start = end + 1


def _cleaned(line: bytes) -> bytes:
    goes_on = b" " if line.rstrip(b"\r\0").endswith(b" ") else b""
    return line.strip(_AROUND) + goes_on


def _chained(lines: list[bytes]) -> list[bytes]:
    by_seq: defaultdict[int, list[bytes]] = defaultdict(list)
    for line in lines:
        if seq := _SEQ.match(line):
            by_seq[int(seq[1])].append(line + b"\n")
    chain, mark = [], START
    while (following := _following(by_seq[mark.seq + 1], mark)) is not None:
        line, mark = following
        chain.append(line)
    return chain


def _following(lines: list[bytes], mark: Mark) -> tuple[bytes, Mark] | None:
    for line in lines:
        # Alone, without the sign that its append goes on in the next line.
        found = scan(line.rstrip(b" \n") + b"\n", mark)
        if found.events:
            return line, found.mark
    return None
