r"""The lines of a log file: how they are sealed, and what can be read back of them.

A line is a record with a last key, `"crc"`: CRC-32 of what stands before that key, seeded with the
CRC of the line before. So a flipped bit, a lost line and a swapped line are all found. A line whose
append goes on in the next one ends in a space, which no reader of JSON minds: an append of several
events is all there, or is not there.

What a crash can leave is a *torn tail*: an unfinished append at the very end, which nobody was told
was recorded. Anything else that does not fit is damage.
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
_HOLE = b"\0" * 8
"""What a file system shows where a block was never written; a flipped bit makes no eight of it."""


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
            if _is_torn(text[last.offset - mark.offset :], last.crc):
                break
            return Scan(events, good, 0, Damage(_where(last), str(bad)))
        last = Mark(event.seq, end, crc)
        pending.append(event)
        if not line.endswith(_GOES_ON):
            events += pending
            good, pending = last, []
    return Scan(events, good, mark.offset + len(text) - good.offset)


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
        raise _Bad("the line has no checksum")
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


def _is_torn(rest: bytes, crc: int) -> bool:
    """Return whether these bytes, the first line of which is bad, can be an unfinished write."""
    line, newline, after = rest.partition(b"\n")
    if newline:
        return _HOLE in line and not after
    # A whole record and then something else than its newline was not left by a crash.
    return _HOLE in line or not any(
        line[seal.end() :].removeprefix(_GOES_ON)
        and crc32(line[: seal.start()], crc) == int(seal[1], 16)
        for seal in _SEAL.finditer(line)
    )


def _where(last: Mark) -> str:
    return f"event {last.seq + 1} (byte {last.offset})"
