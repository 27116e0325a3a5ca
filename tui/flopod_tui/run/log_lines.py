"""The log as its store writes it, an event a line of JSON; of huge lines the beginning."""

from __future__ import annotations

import msgspec

from flopod.events import Event
from flopod.records import iso, line
from flopod_tui.values.masking import Masking

HUGE = 20_000
"""Bytes of values from which a line is put together from their beginnings."""


def log_line(event: Event, masking: Masking, limit: int) -> str:
    """Return at least the first `limit` characters of an event's line, secrets masked."""
    event = masking.masked_event(event)
    raw = line(event) if _bytes_in(event) < HUGE else _beginning(event, limit)
    return masking.masked_text(raw[: 4 * limit].decode("utf-8", "replace"))


def whole_line(event: Event, masking: Masking) -> str:
    """Return an event's whole line: what the file store writes, but for secrets."""
    return masking.masked_text(line(masking.masked_event(event)).decode("utf-8", "replace"))


def _bytes_in(event: Event) -> int:
    """Return how many bytes the values of an event take."""
    fact = event.fact
    held = (getattr(fact, name) for name in fact.__struct_fields__)
    return sum(memoryview(value).nbytes for value in held if isinstance(value, msgspec.Raw))


def _beginning(event: Event, limit: int) -> bytes:
    parts = [
        f'{{"seq":{event.seq},"at":"{iso(event.at)}","type":"{event.type}","path":'.encode(),
        msgspec.json.encode(event.path),
        b',"data":{',
    ]
    for name in event.fact.__struct_fields__:
        value = getattr(event.fact, name)
        if isinstance(value, msgspec.Raw):
            parts += [f'"{name}":'.encode(), bytes(memoryview(value)[: 4 * limit]), b","]
    return b"".join(parts)
