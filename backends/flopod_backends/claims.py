"""Who may take which run: the rules of leases, pure, for the stores that decide in Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from flopod.backend import Lease, WorkerInfo
from flopod.errors import LeaseLostError, RunBusyError
from flopod.summary import STOPPED, RunSummary, Status, due_at
from flopod_backends.liveness import same_process
from flopod_backends.moments import milliseconds, moment

Living: TypeAlias = Mapping[str, WorkerInfo]
"""The workers alive, by id."""

AT_ONCE = moment(0)
"""When a run is due that a dead worker left."""


class Hold(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a run is held."""

    epoch: int = 0
    worker_id: str | None = None
    """Whose it is; None: nobody's."""
    again: bool = False
    """It was given back with work left to do."""


def claiming(living: Living, held: Mapping[str | None, int]) -> list[WorkerInfo]:
    """Return the workers that claim runs, oldest first, each with the number that it holds."""
    infos = (info for info in living.values() if info.concurrency > 0)
    told = (replace(info, held=held.get(info.worker_id, 0)) for info in infos)
    return sorted(told, key=lambda info: (info.since, info.worker_id))


def held_by(holds: Iterable[Hold]) -> Counter[str | None]:
    """Return how many runs each worker holds, by its id."""
    return Counter(hold.worker_id for hold in holds)


def holder(hold: Hold | None, living: Living) -> WorkerInfo | None:
    """Return the live worker that holds a run, if any."""
    return living.get(hold.worker_id) if hold and hold.worker_id else None


def holder_name(hold: Hold | None, living: Living) -> str | None:
    """Return the live worker that holds a run as `host:pid`, if any."""
    info = holder(hold, living)
    return info.name if info else None


def taken(hold: Hold | None, worker_id: str, now: datetime) -> Hold:
    """Return the hold after `worker_id` took the run."""
    # Never below the clock: a run deleted and begun again must not hand out an old number.
    epoch = max(hold.epoch + 1 if hold else 1, milliseconds(now))
    return Hold(epoch, worker_id)


def given_back(hold: Hold | None, lease: Lease, again: bool) -> Hold | None:
    """Return the hold after `lease` was given back; None: the lease is void, nothing changes."""
    if not holds(hold, lease):
        return None
    return Hold(lease.epoch, None, again)


def holds(hold: Hold | None, lease: Lease) -> bool:
    """Return whether `lease` is the newest of its run and not given back."""
    return hold is not None and (hold.worker_id, hold.epoch) == (lease.worker_id, lease.epoch)


def check_lease(hold: Hold | None, lease: Lease | None) -> None:
    """Refuse an append under a lease that is void.

    Raises:
        LeaseLostError: somebody else took the run.
    """
    if lease is not None and not holds(hold, lease):
        raise LeaseLostError(lease.run_id)


def busy(run_id: str, hold: Hold | None, living: Living) -> RunBusyError | None:
    """Return why a run can't be taken: a live worker of another process has it."""
    info = holder(hold, living)
    return RunBusyError(run_id, info.name) if info and not same_process(info) else None


def check_free(run_id: str, hold: Hold | None, living: Living) -> None:
    """Refuse to take a run from a live worker of another process.

    Raises:
        RunBusyError: there is one.
    """
    if error := busy(run_id, hold, living):
        raise error


def steady_due_at(summary: RunSummary) -> datetime | None:
    """Return `due_at`, but the same time for as long as the run is running.

    So an index over it, and its order, need not follow every single event.
    """
    if summary.status is Status.RUNNING and summary.started_at:
        return summary.started_at
    return due_at(summary)


def owing(summary: RunSummary) -> bool:
    """Return whether the run is at its end and has yet to tell somebody of that."""
    return summary.status in STOPPED and due_at(summary) is not None


def claimable(summary: RunSummary, hold: Hold | None, living: Living, now: datetime) -> bool:
    """Return whether the run needs a worker now."""
    if summary.status in STOPPED and not owing(summary):
        return False
    if hold and (hold.again or hold.worker_id):
        return holder(hold, living) is None
    due = steady_due_at(summary)
    return due is not None and due <= now


def longest_due(summaries: Iterable[RunSummary]) -> list[RunSummary]:
    """Return the runs in the order in which they are to be claimed."""
    return sorted(summaries, key=lambda s: (steady_due_at(s) or AT_ONCE, s.run_id))


def earliest_due(
    summaries: Iterable[RunSummary], holds: Mapping[str, Hold], living: Living
) -> datetime | None:
    """Return when the first of these runs that no live worker holds is due."""
    free = (s for s in summaries if holder(holds.get(s.run_id), living) is None)
    return min((due for s in free if (due := _wanted_at(s, holds.get(s.run_id)))), default=None)


def limits(worker: WorkerInfo, workflows: Collection[str]) -> dict[str, int]:
    """Return how many runs of a workflow may be held at once, for those that have a limit."""
    infos = (info for info in worker.workflows if info.name in workflows)
    return {info.name: info.concurrency for info in infos if info.concurrency is not None}


def voided(
    summaries: Mapping[str, RunSummary],
    holds: Mapping[str, Hold],
    living: Living,
    limits: Mapping[str, int],
) -> dict[str, Hold]:
    """Return the holds of dead workers on runs that have a limit, given back.

    Else they would count again, beside those that took their place, if such a worker came back.
    """
    left = {
        run_id: hold
        for run_id, hold in holds.items()
        if hold.worker_id and hold.worker_id not in living
    }
    return {
        run_id: Hold(hold.epoch, None, again=True)
        for run_id, hold in left.items()
        if run_id in summaries and summaries[run_id].workflow in limits
    }


def room(
    summaries: Mapping[str, RunSummary], holds: Mapping[str, Hold], limits: Mapping[str, int]
) -> dict[str, int]:
    """Return how many more runs of each workflow that has a limit may be held."""
    held = (run_id for run_id, hold in holds.items() if hold.worker_id and run_id in summaries)
    counts = Counter(summaries[run_id].workflow for run_id in held) if limits else {}
    return {name: most - counts.get(name, 0) for name, most in limits.items()}


def within(runs: Iterable[RunSummary], room: Mapping[str, int], most: int) -> list[RunSummary]:
    """Return the first runs for which there is room, at most so many.

    One that only has to tell of its end executes nothing, so no limit holds it up.
    """
    left, taken = dict(room), list[RunSummary]()
    for run in runs:
        if len(taken) >= most:
            break
        limited = run.workflow in left and not owing(run)
        if limited and left[run.workflow] <= 0:
            continue
        if limited:
            left[run.workflow] -= 1
        taken.append(run)
    return taken


def of_concern(summaries: Iterable[RunSummary], workflows: Collection[str]) -> Iterable[RunSummary]:
    """Return the runs of these workflows, and those of any that have to tell of their end."""
    return (s for s in summaries if s.workflow in workflows or owing(s))


def _wanted_at(summary: RunSummary, hold: Hold | None) -> datetime | None:
    left_over = hold is not None and (hold.again or hold.worker_id is not None)
    if left_over and summary.status not in STOPPED:
        return AT_ONCE
    return steady_due_at(summary)
