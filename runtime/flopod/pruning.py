"""Retention: which ended runs are old enough to be forgotten, found and deleted a page at a time.

A run is deleted only as it was seen: one that somebody retries, or holds, meanwhile stays. So
whatever interrupts this leaves whole runs.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection
from datetime import datetime, timedelta

from msgspec.structs import replace

from flopod import durations
from flopod.backend import Backend, RunQuery
from flopod.clock import Clock
from flopod.durations import Duration
from flopod.errors import RunNotFoundError, brief
from flopod.summary import FINISHED, RunSummary, Status

PAGE = 500
"""How many summaries are in hand at a time."""
_MOMENT = timedelta(milliseconds=1)


class Retention:
    """What a front end may do about runs that have ended."""

    backend: Backend
    _clock: Clock

    def prune(
        self,
        older_than: Duration,
        *,
        keep_failed: bool = False,
        workflow: str | None = None,
        status: Status | str | Collection[str] | None = None,
        dry_run: bool = False,
    ) -> AsyncGenerator[list[RunSummary], None]:
        """Delete runs that ended longer ago than that; yield them as they were, page by page.

        Runs that have not ended, need attention, are damaged, are held by a worker, or whose
        parent has not ended stay.

        Args:
            older_than: as "30d"; 0 for all that have ended.
            keep_failed: leave runs that ended with an error.
            workflow: only runs of this workflow.
            status: only these of `ok`, `error` and `cancelled`.
            dry_run: only yield those that would be deleted.

        Raises:
            InvalidDurationError: `older_than` is none.
            ValueError: runs of a status are never deleted.
        """
        before = self._clock.now() - durations.parse(older_than)
        return _prune(self.backend, before, prunable(status, keep_failed), workflow, dry_run)


async def _prune(
    backend: Backend,
    before: datetime,
    statuses: frozenset[Status],
    workflow: str | None,
    dry_run: bool,
) -> AsyncGenerator[list[RunSummary], None]:
    """Delete runs that ended before a time; yield them as they were."""
    # What was submitted later has not ended earlier; and a fork is as old as itself.
    query = RunQuery(statuses=statuses, workflow=workflow, before=before, limit=PAGE)
    page = await backend.list_runs(query)
    while page:
        # Before this page is gone: the next one begins after its last run.
        following = await _after(backend, query, page[-1]) if len(page) == PAGE else []
        old = [run for run in page if run.worker is None and run.ended_at and run.ended_at < before]
        old = await _not_awaited(backend, old)
        yield old if dry_run else [run for run in old if await _delete(backend, run)]
        page = following


def prunable(
    status: Status | str | Collection[str] | None = None, keep_failed: bool = False
) -> frozenset[Status]:
    """Return the statuses of the runs that may be deleted.

    Raises:
        ValueError: runs of this status are never deleted.
    """
    names = [status] if isinstance(status, str) else FINISHED if status is None else status
    for name in names:
        if name not in FINISHED:
            taken = ", ".join(sorted(FINISHED))
            raise ValueError(f"runs of status {brief(name)} are kept; taken: {taken}")
    wanted = frozenset(map(Status, names))
    return wanted - {Status.ERROR} if keep_failed else wanted


async def _after(backend: Backend, query: RunQuery, last: RunSummary) -> list[RunSummary]:
    """Return the page after a run, though somebody else may have deleted that one meanwhile."""
    try:
        return await backend.list_runs(replace(query, before=last.run_id))
    except RunNotFoundError:
        since = last.submitted_at
        return await backend.list_runs(replace(query, before=since + _MOMENT)) if since else []


async def _not_awaited(backend: Backend, runs: list[RunSummary]) -> list[RunSummary]:
    """Return the runs without those whose parent has not ended: it may look at them again."""
    wanted = frozenset(run.parent for run in runs if run.parent)
    if not wanted:
        return runs
    parents = await backend.list_runs(RunQuery(run_ids=wanted, limit=None))
    awaited = {parent.run_id for parent in parents if parent.status not in FINISHED}
    return [run for run in runs if run.parent not in awaited]


async def _delete(backend: Backend, run: RunSummary) -> bool:
    return await backend.delete(run.run_id, expect=run.last_seq)
