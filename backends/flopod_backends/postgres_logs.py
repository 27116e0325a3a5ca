"""What a Postgres store tells of its runs: a row is believed only where it fits the log.

The server's checksums see to the bytes; what can still be wrong is what somebody did by hand. As in
every store, the log is the truth, and a row that contradicts it is folded anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec.structs import replace

from flopod.errors import CorruptLogError
from flopod.events import Event
from flopod.summary import RunSummary, Status, told
from flopod_backends.claims import Living
from flopod_backends.log_rows import Found, Row, believed, damage, promised, restored
from flopod_backends.postgres_link import Link
from flopod_backends.recording import folded

ROW = "runs.run_id, runs.status, runs.last_seq, runs.summary"
"""What `Found` is made of."""
_EVENTS = """
SELECT seq, at, type, path, data FROM events WHERE run_id = $1 AND seq > $2
UNION ALL
SELECT NULL, last_seq, NULL, NULL, summary FROM runs WHERE run_id = $1 AND begun
ORDER BY seq NULLS FIRST
LIMIT $3::bigint
"""
"""The log and, first, how far it should reach, as they are at the same moment."""
_MANY = 2000
"""Events that take longer to decode (some 3 ms) than a thread takes to get going."""


class Logs:
    """Reads logs, and summaries where rows are of no use."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.damaged: set[str] = set()
        """The runs whose log could not be read the last time."""

    async def events(self, run_id: str, after: int = 0, limit: int | None = None) -> list[Event]:
        """Return the events with a number above `after`, no more than `limit`.

        Raises:
            CorruptLogError: the log is damaged.
        """
        most = None if limit is None else limit + 1
        rows = await self._link.read(_EVENTS, run_id, after, most)
        if limit is not None and len(rows) > limit:
            return restored(run_id, after, rows[1:])
        try:
            if len(rows) > _MANY:
                # So many would hold up whatever else runs on the loop.
                events = await asyncio.to_thread(_whole, run_id, after, rows)
            else:
                events = _whole(run_id, after, rows)
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

    def _believed(self, found: Found) -> RunSummary | None:
        summary = believed(found)
        if summary is not None and found.run_id in self.damaged:
            return replace(summary, status=Status.DAMAGED)
        return summary

    async def _mended(self, found: Found) -> RunSummary:
        try:
            return await self.folded(found.run_id)
        except CorruptLogError as error:
            events = [event for event in error.events if isinstance(event, Event)]
            summary = folded(found.run_id, None, events)
            return replace(summary, status=Status.DAMAGED)


def _whole(run_id: str, after: int, rows: Sequence[Row]) -> list[Event]:
    """Return the events of a log that reaches as far as its run's row says."""
    if not rows or rows[0][0] is not None:
        return restored(run_id, after, rows)
    _, last, _, _, summary = rows[0]
    events = restored(run_id, after, rows[1:])
    end = after + len(events)
    if end != last and end < promised(last, summary):
        raise damage(run_id, end + 1, "is missing", events)
    return events


def _name(living: Living, worker_id: Any) -> str | None:
    info = living.get(worker_id)
    return info.name if info else None
