r"""The lines of a log file: how they are sealed, and what can be read back of them.

A line is a record with a last key, `"crc"`: CRC-32 of what stands before that key, seeded with the
CRC of the line before. So a flipped bit, a lost line and a swapped line are all found. A line whose
append goes on in the next one ends in a space, which no reader of JSON minds: an append of several
events is all there, or is not there.

What a crash can leave is a *torn tail*: an unfinished append at the very end, which nobody was told
was recorded. It ends anywhere, or has zeros where a block of it was never written. Anything else
that does not fit is damage.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from zlib import crc32

from flopod import records
from flopod.events import Event

_SEAL = re.compile(rb',"crc":"([0-9a-f]{8})"\}')
_SEAL_SIZE = len(b',"crc":"00000000"}')
_GOES_ON = b" "
_ZEROS = re.compile(rb"\0+")
_BLOCK = 512
"""Bytes that a disk writes whole or not at all: of a file, a multiple of it."""


class Mark(NamedTuple):
    """A place between two appends of a log: all before it is known."""

    seq: int = 0
    offset: int = 0
    crc: int = 0


START = Mark()


class Damage(NamedTuple):
    """Where and why a log cannot be read on."""

    where: str
    why: str


class Scan(NamedTuple):
    """What was read of a log."""

    events: list[Event]
    mark: Mark
    """The end of what is good."""
    torn: int = 0
    """How many bytes of an unfinished append follow."""
    damage: Damage | None = None


class _Bad(Exception):
    """A line does not fit."""


def sealed(events: Iterable[Event], mark: Mark) -> tuple[bytes, Mark]:
    """Return the lines of one append that follows `mark`, and the mark after them."""
    lines, seq, crc = [], mark.seq, mark.crc
    for event in events:
        record = records.line(event)[:-1]
        seq, crc = event.seq, crc32(record, crc)
        lines.append(b'%b,"crc":"%08x"}' % (record, crc))
    text = (_GOES_ON + b"\n").join(lines) + b"\n"
    return text, Mark(seq, mark.offset + len(text), crc)


def scan(text: bytes, mark: Mark = START) -> Scan:
    """Return what `text`, the log from `mark` on, holds."""
    events: list[Event] = []
    pending: list[Event] = []
    last, good = mark, mark
    for line, end in _lines(text, mark.offset):
        try:
            event, crc = _opened(line, last)
        except _Bad as bad:
            if _is_torn(text[last.offset - mark.offset :], last, good.offset):
                break
            return Scan(events, good, 0, Damage(_where(last), str(bad)))
        last = Mark(event.seq, end, crc)
        pending.append(event)
        if not line.endswith(_GOES_ON):
            events += pending
            good, pending = last, []
    return Scan(events, good, mark.offset + len(text) - good.offset)


def mark_in(text: bytes, offset: int, seq: int) -> Mark | None:
    """Return the place after event `seq`, found in `text`, a part of a log from `offset` on.

    What is before it is taken for good, as the line of the event itself is. None: it is not there.
    """
    start = text.rfind(b'\n{"seq":%d,' % (seq + 1)) + 1
    before = text[:start].removesuffix(b"\n").removesuffix(_GOES_ON)
    seal = _SEAL.fullmatch(before, len(before) - _SEAL_SIZE) if len(before) > _SEAL_SIZE else None
    return Mark(seq, offset + start, int(seal[1], 16)) if seal else None


def _lines(text: bytes, offset: int) -> Iterator[tuple[bytes, int]]:
    start = 0
    while start < len(text):
        end = text.find(b"\n", start)
        if end < 0:
            # Without its newline a line is unfinished, whatever it says.
            yield b"", offset + len(text)
            return
        yield text[start:end], offset + end + 1
        start = end + 1


def _opened(line: bytes, last: Mark) -> tuple[Event, int]:
    body = line.removesuffix(_GOES_ON)
    seal = _SEAL.fullmatch(body, len(body) - _SEAL_SIZE) if len(body) > _SEAL_SIZE else None
    if not seal:
        raise _Bad(_no_seal(line))
    crc = crc32(body[: seal.start()], last.crc)
    if crc != int(seal[1], 16):
        raise _Bad("the checksum does not fit")
    try:
        event = records.parse(body)
    except records.RecordError as error:
        raise _Bad(str(error)) from error
    if event.seq != last.seq + 1:
        raise _Bad(f"event {event.seq} is in its place")
    return event, crc


def _no_seal(line: bytes) -> str:
    if not line:
        return "the line is empty"
    if b"\0" in line:
        return "the line holds zeros"
    if line.endswith(b"\r"):
        return "the line ends in CR LF: another program wrote it"
    return "the line has no checksum"


def _is_torn(rest: bytes, last: Mark, begin: int) -> bool:
    """Return whether these bytes, the first line of which is bad, can be an unfinished write.

    `last` is where they stand, `begin` where their append does.
    """
    line, newline, _ = rest.partition(b"\n")
    zeros = [(found.start(), found.end()) for found in _ZEROS.finditer(rest)]
    if zeros:
        ours = zeros[0][0] <= len(line) and _ends_only_once(rest[zeros[0][1] :])
        return ours and all(_is_hole(*there, rest, last.offset, begin) for there in zeros)
    if newline:
        return False
    # A whole record and then something else than its newline was not left by a crash.
    return not any(
        line[seal.end() :].removeprefix(_GOES_ON)
        and crc32(line[: seal.start()], last.crc) == int(seal[1], 16)
        for seal in _SEAL.finditer(line)
    )


def _is_hole(start: int, end: int, rest: bytes, offset: int, begin: int) -> bool:
    """Return whether zeros are where a block was never written, and not some changed bytes."""
    if end == len(rest):
        return True
    starts = (offset + start) % _BLOCK == 0 or offset + start == begin
    return starts and (offset + end) % _BLOCK == 0


def _ends_only_once(text: bytes) -> bool:
    """Return whether what follows a hole is of one append: it was the last, and not finished."""
    lines = text.split(b"\n")
    # The first line began in the hole; after the last newline there is nothing, or a torn line.
    ends = [line for line in lines[:-1] if line and not line.endswith(_GOES_ON)]
    return not ends or (len(ends) == 1 and not lines[-1] and lines[-2] is ends[0])


def _where(last: Mark) -> str:
    return f"event {last.seq + 1} (byte {last.offset})"
