"""Where runs stand in a database before something is appended to them.

A run's row is believed where it fits its log's end; else it is written anew from the log first.
What may not be followed by anything (a damaged log, an id that another run has in other letters)
is told with the run, so that only its own appends are refused.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any

from flopod.errors import CorruptLogError
from flopod.summary import RunSummary, Status
from flopod_backends.appends import Append, Known, Standing, other_case
from flopod_backends.claims import Hold
from flopod_backends.log_rows import Found, Row, believed
from flopod_backends.logs import Logs


class Standings(ABC):
    """Where runs stand, as remembered or read. A store says how that is read and mended."""

    def __init__(self, logs: Logs) -> None:
        self._logs = logs

    @abstractmethod
    async def _rows(self, run_ids: Sequence[str]) -> list[Row]:
        """Return of each run: its id, its last event, who has the id in other letters, its lease's
        epoch and worker, and what `Found` is made of."""

    @abstractmethod
    async def _write(self, summary: RunSummary) -> None:
        """Write a run's row anew, if it was folded from the whole log."""

    async def remembered(self, appends: Iterable[Append], known: Known) -> dict[str, Standing]:
        """Return how the runs stand by what is known of them; what is not is read."""
        standings: dict[str, Standing] = {}
        unknown = set()
        for append in appends:
            damaged = append.run_id in self._logs.damaged
            summary = None if damaged else known.get(append.run_id)
            if summary is None and append.expect != 0:
                unknown.add(append.run_id)
            else:
                standings[append.run_id] = Standing(summary)
        return standings | await self.read(unknown) if unknown else standings

    async def read(self, run_ids: Iterable[str]) -> dict[str, Standing]:
        """Return how these runs stand now."""
        rows = await self._rows(sorted(run_ids))
        return {row[0]: await self._standing(*row) for row in rows}

    async def _standing(
        self,
        run_id: str,
        end: int | None,
        other: str | None,
        epoch: int | None,
        worker_id: str | None,
        *row: Any,
    ) -> Standing:
        hold = Hold(epoch, worker_id) if epoch is not None else None
        if other is not None:
            return Standing(None, hold, True, other_case(run_id, other))
        try:
            summary = await self._summary(run_id, end, Found(*row))
        except CorruptLogError as error:
            return Standing(None, hold, True, error)
        return Standing(summary, hold, True)

    async def _summary(self, run_id: str, end: int | None, found: Found) -> RunSummary | None:
        if not (found.summary or found.last_seq or end):
            return None
        summary = believed(found)
        suspect = run_id in self._logs.damaged or found.status == Status.DAMAGED
        if summary is not None and summary.last_seq == end and not suspect:
            return summary
        return await self._rewritten(run_id)

    async def _rewritten(self, run_id: str) -> RunSummary:
        """Write the run's row anew, as the log gives it, and return its summary.

        Raises:
            CorruptLogError: the log is damaged.
        """
        summary = await self._logs.folded(run_id)
        await self._write(summary)
        return summary
