"""What a SQLite store tells of its runs: a row is believed only where it fits the log.

The log is the truth and a run's row is derived from it. A row that cannot be read, or contradicts
itself, is folded anew from the log, for that run alone. A log that cannot be read to its end is
told with what is before the damage, and its run as damaged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from msgspec.structs import replace

from flopod.errors import BackendError, CorruptLogError, InvalidRunIdError
from flopod.events import Event
from flopod.paths import check_run_id
from flopod.summary import RunSummary, Status, told
from flopod_backends.claims import Living
from flopod_backends.log_rows import Found, believed, damage, promised, restored
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
            raise damage(run_id, after + len(events) + 1, "cannot be read", events) from error
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
            raise damage(run_id, end + 1, "is missing", events)
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


def _name(living: Living, worker_id: Any) -> str | None:
    info = living.get(worker_id)
    return info.name if info else None
