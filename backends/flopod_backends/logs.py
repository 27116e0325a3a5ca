"""What stores in a database tell of their runs: a row is believed only where it fits the log.

The log is the truth and a run's row is derived from it. A row that cannot be read, or contradicts
itself, is folded anew from the log, for that run alone. A log that cannot be read to its end is
told with what is before the damage, and its run as damaged.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec.structs import replace

from flopod.errors import CorruptLogError, InvalidRunIdError
from flopod.events import Event
from flopod.paths import check_run_id
from flopod.summary import RunSummary, Status, told
from flopod_backends.claims import Living
from flopod_backends.log_rows import Found, Row, believed, damage, promised, restored
from flopod_backends.recording import folded

_MANY = 2000
"""Events that take longer to decode (some 3 ms) than a thread takes to get going."""


class Logs(ABC):
    """Reads logs, and summaries where rows are of no use. A store says how the rows are read."""

    def __init__(self) -> None:
        self.damaged: set[str] = set()
        """The runs whose log could not be read the last time."""

    @abstractmethod
    async def _rows(self, run_id: str, after: int, limit: int | None) -> Sequence[Row]:
        """Return the next `limit` rows of a log; where it ends before, first how far it should.

        Raises:
            CorruptLogError: the log is damaged.
        """

    async def events(self, run_id: str, after: int = 0, limit: int | None = None) -> list[Event]:
        """Return the events with a number above `after`, no more than `limit`.

        Raises:
            CorruptLogError: the log is damaged.
        """
        try:
            rows = await self._rows(run_id, after, limit)
            events = await _decoded(run_id, after, rows)
        except CorruptLogError:
            self.damaged.add(run_id)
            raise
        if not after and len(events) != limit:
            self.damaged.discard(run_id)
        return events

    async def folded(self, run_id: str) -> RunSummary:
        """Return the summary that the log gives.

        Raises:
            CorruptLogError: the log is damaged.
        """
        return folded(run_id, None, await self.events(run_id))

    async def told(self, rows: Iterable[Row], living: Living) -> list[RunSummary]:
        """Return the summaries of rows: what `Found` is made of, and the worker that holds it."""
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
            return await self.folded(check_run_id(found.run_id))
        except InvalidRunIdError:
            return RunSummary(run_id=ascii(found.run_id), status=Status.DAMAGED)
        except CorruptLogError as error:
            events = [event for event in error.events if isinstance(event, Event)]
            summary = folded(found.run_id, None, events)
            return replace(summary, status=Status.DAMAGED)


async def _decoded(run_id: str, after: int, rows: Sequence[Row]) -> list[Event]:
    if len(rows) > _MANY:
        # So many would hold up whatever else runs on the loop.
        return await asyncio.to_thread(_whole, run_id, after, rows)
    return _whole(run_id, after, rows)


def _whole(run_id: str, after: int, rows: Sequence[Row]) -> list[Event]:
    """Return the events of rows that reach as far as the first says, if it is one that does."""
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
