"""Where runs stand in a Postgres store before something is appended to them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flopod.errors import CorruptLogError
from flopod.summary import RunSummary, Status
from flopod_backends.appends import Standing, columns, other_case
from flopod_backends.claims import Hold
from flopod_backends.log_rows import Found, believed
from flopod_backends.postgres_link import Link
from flopod_backends.postgres_logs import ROW, Logs

_STANDING = f"""
SELECT asked.run_id,
       (SELECT max(seq) FROM events WHERE run_id = asked.run_id),
       (SELECT run_id FROM runs
        WHERE lower(run_id) = lower(asked.run_id) AND run_id <> asked.run_id AND begun),
       runs.epoch, runs.worker_id, {ROW}
FROM unnest($1::text[]) AS asked (run_id) LEFT JOIN runs USING (run_id)
"""
REWRITE = """
UPDATE runs SET
    workflow = $2, status = $3, submitted_at = $4, due_at = $5, last_seq = $6, search = $7,
    summary = $8
WHERE run_id = $1 AND $6 = (SELECT max(seq) FROM events WHERE run_id = $1)
"""
"""A run's row anew, if it was folded from the whole log."""


class Standings:
    """Reads where runs stand, through the connection that writes."""

    def __init__(self, link: Link, logs: Logs) -> None:
        self._link = link
        self._logs = logs

    async def read(self, run_ids: Iterable[str]) -> dict[str, Standing]:
        """Return how these runs stand now."""
        rows = await self._link.read(_STANDING, sorted(run_ids))
        return {row[0]: await self._standing(*row) for row in rows}

    def is_damaged(self, run_id: str) -> bool:
        """Return whether the log of a run could not be read the last time."""
        return run_id in self._logs.damaged

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
        if not found.last_seq and end is None:
            return None
        summary = believed(found)
        suspect = self.is_damaged(run_id) or found.status == Status.DAMAGED
        if summary is not None and summary.last_seq == end and not suspect:
            return summary
        return await self._rewrite(run_id)

    async def _rewrite(self, run_id: str) -> RunSummary:
        """Write the run's row anew, as the log gives it.

        Raises:
            CorruptLogError: the log is damaged.
        """
        summary = await self._logs.folded(run_id)
        await self._link.fetch(REWRITE, run_id, *text_columns(summary))
        return summary


def text_columns(summary: RunSummary) -> tuple[Any, ...]:
    """Return what a run's row holds beside its id, as Postgres takes it: a text holds no NUL."""
    *others, search, told = columns(summary)
    return (*others, search.replace("\0", " "), told)
