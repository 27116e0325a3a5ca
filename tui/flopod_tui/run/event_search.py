"""What is looked for in a log: a text in the type, the path or the values of an event.

Values are searched as the bytes that the log holds, so a log of 100,000 events is looked through
without decoding one of them: a chunk is written as JSON at once, and most chunks hold nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import repeat

import msgspec

from flopod.events import TYPES, Event

CHUNK = 500
_encoder = msgspec.json.Encoder()


def hits(events: Sequence[Event], text: str) -> Iterator[int | None]:
    """Yield the index of each event that has the text in it, None for each other."""
    # As JSON it may be meant, with its quotes, or as what is in a string.
    wanted = {text.lower().encode(errors="surrogatepass"), _escaped(text).lower()}
    types = {cls for name, cls in TYPES.items() if text.lower() in name.lower()}
    for start in range(0, len(events), CHUNK):
        chunk = events[start : start + CHUNK]
        lines = _lines(chunk) if types else _lines_with(chunk, wanted)
        if lines is None:
            yield from repeat(None, len(chunk))
            continue
        for index, (event, line) in enumerate(zip(chunk, lines, strict=True), start):
            yield index if _is_in(wanted, line) or type(event.fact) in types else None


def _lines_with(chunk: Sequence[Event], wanted: Collection[bytes]) -> list[bytes] | None:
    """Return the events as bytes; None if not one of them has the text in it."""
    text = _encoder.encode_lines([(event.path, event.fact) for event in chunk]).lower()
    if not _is_in(wanted, text):
        return None
    lines = text.split(b"\n")[:-1]
    # A value that a person wrote into the log may have lines of its own.
    return lines if len(lines) == len(chunk) else _lines(chunk)


def _escaped(text: str) -> bytes:
    try:
        return _encoder.encode(text)[1:-1]
    except UnicodeEncodeError:  # half a surrogate pair, which no log holds
        return text.encode(errors="surrogatepass")


def _is_in(wanted: Collection[bytes], text: bytes) -> bool:
    return any(one in text for one in wanted)


def _lines(chunk: Sequence[Event]) -> list[bytes]:
    return [_encoder.encode((event.path, event.fact)).lower() for event in chunk]
