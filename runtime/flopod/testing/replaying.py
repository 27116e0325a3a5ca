"""Replays a recorded run against the code of its workflow, and calls none of its steps.

The whole run is replayed from the top. What is inside an item, a branch or an iteration is answered
whole there, so the run is also replayed as if its process had died just before the end of some of
them was recorded.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flopod import events as ev
from flopod.engine import execute
from flopod.errors import NondeterminismError, brief
from flopod.events import Event, Fact
from flopod.execution import Execution
from flopod.recall import replayed
from flopod.registry import Workflow, as_workflow
from flopod.stored import decoded
from flopod.testing.failures import DivergenceError
from flopod.testing.tape import Tape, same_value
from flopod.threads import Threads

MOST_CUTS = 20
"""Before so many ends inside a run it is cut and replayed, spread over all there are."""

GRACE = 0.05
"""Seconds after which a replay is stopped in which every branch waits."""

PATIENCE = 10.0
"""Seconds after which a replay is given up."""

INNER_ENDS = (
    ev.EachItemCompleted,
    ev.EachItemFailed,
    ev.ParallelBranchCompleted,
    ev.ParallelBranchFailed,
    ev.RepeatIterationCompleted,
)


async def replay(
    workflow: Workflow[..., Any] | Callable[..., Awaitable[Any]],
    events: Sequence[Event],
    *,
    run_id: str = "replay",
) -> None:
    """Replay a run over its log, as `Control.events` gives it; no step of it is called.

    A run that has not ended, or that was cancelled, is replayed as far as its log goes.

    Raises:
        DivergenceError: the body asks for something else, calls a step again, comes to another
            result, or no longer reaches what is recorded.
    """
    made = as_workflow(workflow)
    past, end = _parts(events)
    under_way = end is None
    again = await _replayed(made, Tape(run_id, past, (), under_way))
    if (what := _early(again) if end is None else _other(end, again)) is not None:
        raise DivergenceError(run_id, what)
    for cut in cuts(past):
        again = await _replayed(made, Tape(run_id, past[:cut], past[cut:], under_way))
        if (what := _early(again)) is not None:
            raise DivergenceError(run_id, f"cut before event {past[cut].seq}, {what}")


def _parts(events: Sequence[Event]) -> tuple[Sequence[Event], Fact | None]:
    """Return what the body did, and how it ended if it came to an end of its own."""
    recall = replayed(events)
    if isinstance(recall.ended, ev.RunCompleted | ev.RunFailed):
        # Behind the end is only that it was told to others.
        place = next(place for place, event in enumerate(events) if event.fact is recall.ended)
        return events[:place], recall.ended
    for place, event in enumerate(events):
        if recall.ended is event.fact or (
            isinstance(event.fact, ev.RunCancelRequested) and recall.cancel_requested == event.seq
        ):
            return events[:place], None
    return events, None


def cuts(past: Sequence[Event]) -> list[int]:
    """Return places before the ends of items, branches and iterations."""
    ends = [place for place, event in enumerate(past) if isinstance(event.fact, INNER_ENDS)]
    step = max(1, -(-len(ends) // MOST_CUTS))
    return [place for place in ends[::step] if not replayed(past[:place]).cancel_requested]


@dataclass(frozen=True, slots=True)
class _End:
    """What a replay came to."""

    fact: Fact | None
    """None where it stopped at the end of its past."""
    unvisited: list[str]


async def _replayed(made: Workflow[..., Any], tape: Tape) -> _End:
    execution = Execution(tape, tape.clock, Threads())
    loop = asyncio.get_running_loop()

    def stop() -> None:
        if execution.blocked:
            execution.drain()

    def stop_soon() -> None:
        loop.call_later(GRACE, stop)

    execution.on_blocked = stop_soon
    tape.on_frontier = execution.drain
    try:
        async with asyncio.timeout(PATIENCE):
            await execute(execution, made, "replay")
    except TimeoutError:
        what = "the body waits for something that is not in the log"
        raise DivergenceError(tape.run_id, what) from None
    return _End(tape.end, tape.recall.unvisited())


def _other(first: Fact, again: _End) -> str | None:
    """Return in words how the end of a replay differs from that of the run, if it does."""
    match first, again.fact:
        case _, None:
            return "it waits where the first run went on"
        case _, ev.RunNeedsAttention(error=error):
            return error.message
        case ev.RunCompleted(output=before, unvisited=left), ev.RunCompleted(output=now):
            if not same_value(before, now):
                return f"it returned {_told(again.fact)}, before {_told(first)}"
            missing = [path for path in again.unvisited if path not in left]
            return f"it did not reach {', '.join(missing)}, which is recorded" if missing else None
        case ev.RunFailed(error=before), ev.RunFailed(error=now) if str(before) == str(now):
            return None
        case _:
            return f"it ended with {_told(again.fact)}, before with {_told(first)}"


def _early(again: _End) -> str | None:
    """Return in words what is wrong with an end where the log has none, if anything is."""
    match again.fact:
        case ev.RunNeedsAttention(error=error):
            # One that only a person can decide is no fault of the code.
            return error.message if error.type == NondeterminismError.__name__ else None
        case ev.RunCompleted() | ev.RunFailed() if again.unvisited:
            left = ", ".join(again.unvisited)
            return f"it ended with {_told(again.fact)}, without reaching {left}, which is recorded"
        case _:
            return None


def _told(end: Fact) -> str:
    match end:
        case ev.RunCompleted(output=output):
            return brief(decoded(output))
        case ev.RunFailed(error=error):
            return brief(str(error))
        case _:
            return type(end).__name__
