"""What must be true of every log, whatever happened to its writers: the oracles of the fault tests.

A broken promise is told as an AssertionError whose text names the seed that leads to it again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import reduce

from flopod import RunSummary, kin
from flopod import events as ev
from flopod.backend import Backend, RunQuery
from flopod.events import Event
from flopod.summary import fold
from flopod.summary import told as told_with

OUTCOMES = (
    ev.ActivityCompleted,
    ev.ActivityFailed,
    ev.BranchTaken,
    ev.EachItemCompleted,
    ev.EachItemFailed,
    ev.RepeatIterationCompleted,
    ev.ParallelBranchCompleted,
    ev.ParallelBranchFailed,
    ev.SleepCompleted,
    ev.WaitCompleted,
    ev.WaitTimedOut,
)
"""Facts of which a path has one, until a retry makes it void."""

ENDS = (ev.RunCompleted, ev.RunFailed, ev.RunCancelled, ev.RunNeedsAttention)
GO_ON = (ev.RunRetried, ev.RunForked)


async def sound(backend: Backend, run_id: str, why: object) -> list[Event]:
    """Return the log of a run after every oracle has looked at it."""
    events = await backend.events(run_id)
    check_log(events, f"run {run_id} ({why})")
    told = await backend.summary(run_id)
    if events or told is not None:
        check_summary(told, events, f"run {run_id} ({why})")
    return events


async def all_sound(backend: Backend, why: object) -> dict[str, list[Event]]:
    """Return the logs of all runs after every oracle has looked at them."""
    runs = await backend.list_runs(RunQuery(limit=None))
    return {run.run_id: await sound(backend, run.run_id, why) for run in runs}


def check_log(events: Sequence[Event], why: object) -> None:
    """See that the log has no gap, one outcome a path, one end, and no delivery taken twice."""
    assert [event.seq for event in events] == list(range(1, len(events) + 1)), why
    _check_outcomes(events, why)
    _check_end(events, why)
    taken = [e.fact.delivery_id for e in events if isinstance(e.fact, ev.WaitCompleted)]
    assert not _doubled(taken), f"{why}: taken twice: {_doubled(taken)}"
    known = deliveries(events)
    assert not _doubled(known), f"{why}: recorded twice: {_doubled(known)}"
    assert set(taken) <= set(known), f"{why}: taken from nowhere"


def check_summary(told: RunSummary | None, events: Iterable[Event], why: object) -> None:
    """See that a summary is the fold of its log, told with whoever holds the run."""
    assert told is not None, why
    folded = reduce(fold, events, RunSummary(run_id=told.run_id))
    assert told == told_with(folded, told.worker), f"{why}: {told}"


def deliveries(events: Iterable[Event]) -> list[str]:
    """Return the ids of what was delivered, in the order of the log."""
    return [event.fact.delivery_id for event in events if isinstance(event.fact, ev.EventDelivered)]


def completed(events: Iterable[Event]) -> set[str]:
    """Return the paths of the steps whose result is recorded."""
    return {event.path for event in events if isinstance(event.fact, ev.ActivityCompleted)}


def _check_outcomes(events: Iterable[Event], why: object) -> None:
    settled: set[str] = set()
    for event in events:
        if isinstance(event.fact, ev.RunRetried):
            settled -= set(event.fact.voided)
        elif isinstance(event.fact, OUTCOMES):
            assert event.path not in settled, f"{why}: {event.path} has two outcomes"
            settled.add(event.path)


def _check_end(events: Iterable[Event], why: object) -> None:
    ended = None
    for event in events:
        if isinstance(event.fact, GO_ON):
            ended = None
        elif ended is not None and not isinstance(event.fact, kin.EndTold):
            # A run that waits for a person takes deliveries, and may be cancelled.
            waits = isinstance(ended, ev.RunNeedsAttention)
            allowed = waits and isinstance(event.fact, ev.EventDelivered | ev.RunCancelled)
            assert allowed, f"{why}: {event.type} (event {event.seq}) after {type(ended).__name__}"
        if isinstance(event.fact, ENDS):
            ended = event.fact


def _doubled(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]
