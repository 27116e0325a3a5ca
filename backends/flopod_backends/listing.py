"""Which runs a list shows and in what order: all of it for the stores that list in Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

from flopod.backend import RunQuery
from flopod.errors import RunNotFoundError
from flopod.summary import EXECUTING, RunSummary, Status, haystack

_NEVER = datetime.min.replace(tzinfo=UTC)


def listed(summaries: Iterable[RunSummary], query: RunQuery) -> list[RunSummary]:
    """Return those of the (told) summaries that the query asks for, newest first.

    Raises:
        RunNotFoundError: the run after which the page begins is not there.
    """
    runs = newest_first(summaries)
    if isinstance(query.before, datetime):
        runs = [run for run in runs if submitted(run) < query.before]
    elif query.before is not None:
        runs = _after(runs, query.before)
    return [run for run in runs if _wanted(run, query)][: query.limit]


def counted(summaries: Iterable[RunSummary]) -> dict[Status, int]:
    """Return how many of the (told) summaries stand how."""
    return dict(Counter(run.status for run in summaries))


def newest_first(summaries: Iterable[RunSummary]) -> list[RunSummary]:
    """Return the runs, the one submitted last first, equal times by id."""
    by_id = sorted(summaries, key=lambda run: run.run_id)
    return sorted(by_id, key=submitted, reverse=True)


def submitted(run: RunSummary) -> datetime:
    """Return when the run was submitted; one that never was comes last."""
    return run.submitted_at or _NEVER


def stored(wanted: frozenset[Status]) -> frozenset[Status]:
    """Return how the runs stand in a database that are to be told as one of these."""
    return wanted | EXECUTING if Status.INTERRUPTED in wanted else wanted


def _after(runs: list[RunSummary], run_id: str) -> list[RunSummary]:
    for place, run in enumerate(runs, 1):
        if run.run_id == run_id:
            return runs[place:]
    raise RunNotFoundError(run_id)


def _wanted(run: RunSummary, query: RunQuery) -> bool:
    return (
        (query.statuses is None or run.status in query.statuses)
        and (query.workflow is None or run.workflow == query.workflow)
        and (query.run_ids is None or run.run_id in query.run_ids)
        and (not query.search or query.search.lower() in haystack(run))
    )
