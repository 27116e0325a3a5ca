"""Rows of a database as events and summaries: a row is believed only where it fits the log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import msgspec
from msgspec.structs import replace

from flopod import records
from flopod.errors import CorruptLogError
from flopod.events import Event
from flopod.summary import RunSummary, Status
from flopod_backends.moments import moment

Row: TypeAlias = tuple[Any, ...]

_read_summary = msgspec.json.Decoder(RunSummary)


class Found(NamedTuple):
    """A run's row as it was read."""

    run_id: str
    status: str | None
    last_seq: int
    summary: bytes | str | None
    """None where there is no row."""


def believed(found: Found) -> RunSummary | None:
    """Return the summary in a run's row; None where the row can't be believed."""
    try:
        summary = _read_summary.decode(found.summary or b"")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, TypeError):
        return None
    if found.status == Status.DAMAGED:
        summary = replace(summary, status=Status.DAMAGED)
    told = (summary.run_id, summary.status, summary.last_seq)
    return summary if told == found[:3] else None


def promised(last_seq: Any, summary: Any) -> int:
    """Return how far the log reaches at least, by its run's row."""
    try:
        return _read_summary.decode(summary).last_seq
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, TypeError):
        return last_seq if isinstance(last_seq, int) else 0


def restored(run_id: str, after: int, rows: Sequence[Row]) -> list[Event]:
    """Return the events that rows of the log record.

    Raises:
        CorruptLogError: one of them does not.
    """
    events: list[Event] = []
    for expected, (seq, at, type, path, data) in enumerate(rows, after + 1):
        if seq != expected:
            raise damage(run_id, expected, f"event {seq!a} is in its place", events)
        try:
            if not (isinstance(at, int) and isinstance(path, str)):
                raise TypeError(f"at is {at!a}, path is {path!a}")
            if not path.isascii():
                path.encode()
            events.append(records.restore(seq, moment(at), type, path, data))
        except (records.RecordError, TypeError, ValueError, OverflowError) as error:
            raise damage(run_id, expected, str(error), events) from error
    return events


def damage(run_id: str, seq: int, why: str, events: Sequence[Event]) -> CorruptLogError:
    """Return the error that a log is damaged at this event."""
    return CorruptLogError(run_id, f"event {seq}", why, events)
