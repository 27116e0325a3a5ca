"""The open waits of a store, as the deliver form offers them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from flopod.control import Control
from flopod.errors import FlopodError
from flopod.inner import OpenWait
from flopod.summary import RunSummary, Status

HOLDING = frozenset({Status.WAITING, Status.RUNNING, Status.INTERRUPTED})
"""Statuses of runs that can have an open wait."""
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class WaitOf:
    """An open wait and the run that it is in."""

    run_id: str
    wait: OpenWait


async def open_waits(
    control: Control, run: RunSummary | None = None, path: str | None = None
) -> list[WaitOf]:
    """Return the open waits: those of the run first (the path's before all), then by deadline."""
    runs = list(await control.list_runs(status=HOLDING, limit=500))
    if run is not None:
        runs = [await current(control, run), *(r for r in runs if r.run_id != run.run_id)]
    found = list(_waits(runs))
    return sorted(found, key=lambda one: _order(one, run.run_id if run else "", path))


async def current(control: Control, run: RunSummary) -> RunSummary:
    """Return the run as it is now, or as it was where it cannot be read."""
    try:
        return await control.get(run.run_id)
    except FlopodError:
        return run


def _waits(runs: Iterable[RunSummary]) -> Iterable[WaitOf]:
    for run in runs:
        for wait in run.open_waits:
            if not wait.delivered:
                yield WaitOf(run.run_id, wait)


def _order(one: WaitOf, run_id: str, path: str | None) -> tuple[bool, bool, datetime, datetime]:
    own = one.run_id == run_id
    deadline = one.wait.deadline or NEVER
    return not own, not (own and one.wait.path == path), deadline, one.wait.opened_at
