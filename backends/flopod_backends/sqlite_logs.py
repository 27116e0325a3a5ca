"""What a SQLite store tells of its runs: a row is believed only where it fits the log.

The log is the truth and a run's row is derived from it. A row that cannot be read, or contradicts
itself, is folded anew from the log, for that run alone. A log that cannot be read to its end is
told with what is before the damage, and its run as damaged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from flopod import records
from flopod.errors import BackendError, CorruptLogError, InvalidRunIdError
from flopod.events import Event
from flopod.paths import check_run_id
from flopod.summary import RunSummary, Status, told
from flopod_backends.claims import Living
from flopod_backends.moments import moment
from flopod_backends.recording import folded
from flopod_backends.sqlite_open import Execute, Row, is_damage

_STATUSES = ", ".join(f"'{status}'" for status in Status)
ROW = f"""
runs.run_id, iif(runs.status IN ({_STATUSES}), runs.status, NULL), runs.last_seq,
CAST(runs.summary AS BLOB)
"""
"""What `Found` is made of: no text that may be no UTF-8, which would fail the whole statement."""
_EVENTS = """
SELECT seq, at, type, path, data FROM events WHERE run_id = ?1 AND seq > ?2
UNION ALL
SELECT NULL, last_seq, NULL, NULL, CAST(summary AS BLOB) FROM runs WHERE run_id = ?1
ORDER BY seq
"""
"""The log and, first, how far it should reach, as they are at the same moment."""
_SOME = """
SELECT seq, at, type, path, data FROM events
WHERE run_id = ? AND seq > ? AND seq <= ? ORDER BY seq
"""
_AT_ONCE = 1024
_MANY = 2000
"""Events that take longer to decode (some 3 ms) than a thread takes to get going."""

_read_summary = msgspec.json.Decoder(RunSummary)


class Found(NamedTuple):
    """A run's row as it was read."""

    run_id: str
    status: str | None
    last_seq: int
    summary: bytes | None
    """None where there is no row."""


class Logs:
    """Reads logs, and summaries where rows are of no use."""

    def __init__(self, read: Execute) -> None:
        self._read = read
        self.damaged: set[str] = set()
        """The runs whose log could not be read the last time."""

    async def events(self, run_id: str, after: int = 0, limit: int | None = None) -> list[Event]:
        """Return the events with a number above `after`, no more than `limit`.

        Raises:
            CorruptLogError: the log is damaged.
        """
        if limit is not None:
            with suppress(BackendError):  # all of it is read then, and the damage told
                rows = await self._read(_SOME, run_id, after, after + limit)
                if len(rows) == limit:
                    return restored(run_id, after, rows)
        try:
            events = await self._events(run_id, after)
        except CorruptLogError:
            self.damaged.add(run_id)
            raise
        if not after:
            self.damaged.discard(run_id)
        return events

    async def folded(self, run_id: str) -> RunSummary:
        """Return the summary that the log gives.

        Raises:
            CorruptLogError: the log is damaged.
        """
        return folded(run_id, None, await self.events(run_id))

    async def told(self, rows: Iterable[Row], living: Living) -> list[RunSummary]:
        """Return the summaries of rows of `ROW` and the worker that holds the run."""
        return [
            told(self._believed(found) or await self._mended(found), _name(living, worker_id))
            for *parts, worker_id in rows
            for found in [Found(*parts)]
        ]

    async def _events(self, run_id: str, after: int) -> list[Event]:
        try:
            rows = await self._read(_EVENTS, run_id, after)
        except BackendError as error:
            if not is_damage(error):
                raise
            rows = await self._readable(run_id, after)
            events = restored(run_id, after, rows)
            raise _damage(run_id, after + len(events) + 1, "cannot be read", events) from error
        if not rows or rows[0][0] is not None:
            return restored(run_id, after, rows)
        _, last, _, _, summary = rows[0]
        if len(rows) > _MANY:
            # So many would hold up whatever else runs on the loop.
            events = await asyncio.to_thread(restored, run_id, after, rows[1:])
        else:
            events = restored(run_id, after, rows[1:])
        end = after + len(events)
        if end != last and end < promised(last, summary):
            raise _damage(run_id, end + 1, "is missing", events)
        return events

    async def _readable(self, run_id: str, after: int) -> list[Row]:
        """Return what can be read before the first page that can't."""
        rows: list[Row] = []
        step = _AT_ONCE
        while step:
            first = after + len(rows)
            try:
                some = await self._read(_SOME, run_id, first, first + step)
            except BackendError as error:
                if not is_damage(error):
                    raise
                step //= 4
            else:
                rows += some
                if not some:
                    break
        return rows

    def _believed(self, found: Found) -> RunSummary | None:
        summary = believed(found)
        if summary is not None and found.run_id in self.damaged:
            return replace(summary, status=Status.DAMAGED)
        return summary

    async def _mended(self, found: Found) -> RunSummary:
        try:
            return await self.folded(check_run_id(found.run_id))
        except InvalidRunIdError:
            return RunSummary(run_id=ascii(found.run_id), status=Status.DAMAGED)
        except CorruptLogError as error:
            events = [event for event in error.events if isinstance(event, Event)]
            summary = folded(found.run_id, None, events)
            return replace(summary, status=Status.DAMAGED)


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
            raise _damage(run_id, expected, f"event {seq!a} is in its place", events)
        try:
            if not (isinstance(at, int) and isinstance(path, str)):
                raise TypeError(f"at is {at!a}, path is {path!a}")
            if not path.isascii():
                path.encode()
            events.append(records.restore(seq, moment(at), type, path, data))
        except (records.RecordError, TypeError, ValueError, OverflowError) as error:
            raise _damage(run_id, expected, str(error), events) from error
    return events


def _damage(run_id: str, seq: int, why: str, events: Sequence[Event]) -> CorruptLogError:
    return CorruptLogError(run_id, f"event {seq}", why, events)


def _name(living: Living, worker_id: Any) -> str | None:
    info = living.get(worker_id)
    return info.name if info else None
