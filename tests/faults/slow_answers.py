"""A store that answers late: its log is read, by the same program, before it has said what it took.

What a body recorded itself must never be taken for its past, nor must a start that rode with a
record be missing in front of what it began.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from faults.oracle import sound
from faults.seeded_loop import LoopClock, run, turns
from faults.trial import Trial
from flopod import Control, RunFinishedError, RunSummary, Runtime, Worker, Workflow
from flopod import events as ev
from flopod.events import Event
from flopod.stored import decoded
from flopod.summary import STOPPED
from flopod_backends import MemoryBackend
from runtime.lives import until

RUN = "r"
STEPS = 5
NEWS = 8
MOST_TURNS = 12


class Slow(MemoryBackend):
    """Takes its time to look into a log, and to say that something was recorded."""

    def __init__(self, clock: Callable[[], datetime], dice: random.Random) -> None:
        super().__init__(clock)
        self._dice = dice

    async def append(self, run_id: str, events: Sequence[Event], **given: Any) -> list[Event]:
        """Record events at once, and say so later."""
        recorded = await super().append(run_id, events, **given)
        await turns(self._dice.randrange(MOST_TURNS))
        return recorded

    async def events(self, run_id: str, after: int = 0, limit: int | None = None) -> list[Event]:
        """Return what was recorded by the time that we looked."""
        await turns(self._dice.randrange(MOST_TURNS))
        found = await super().events(run_id, after, limit)
        await turns(self._dice.randrange(MOST_TURNS))
        return found

    async def summary(self, run_id: str) -> RunSummary | None:
        """Return how a run stood when we looked."""
        found = await super().summary(run_id)
        await turns(self._dice.randrange(MOST_TURNS))
        return found


async def _body(wf: Runtime) -> list[int]:
    async def step() -> int:
        return 1

    async def item(number: int, _: int) -> int:
        wf.log(f"item {number}")
        return int(await wf.activity("step", step)) + number

    sums = [await wf.activity(f"s{n}", step) for n in range(STEPS)]
    each = await wf.each("all", range(STEPS), item, concurrency=2)
    return [*sums, *each.results]


def trial(seed: int) -> Trial:
    """Let news come to a run while it records, in an order that the seed draws."""
    return run(seed, lambda clock: told_late(clock, seed))


async def told_late(clock: LoopClock, seed: int) -> Trial:
    """Run a workflow on the slow store, and deliver what nobody waits for all the while."""
    dice = random.Random(seed)
    backend = Slow(clock, dice)
    made = Workflow(_body, "job")
    control = Control(backend, [made], clock=clock)
    await control.start("job", run_id=RUN)
    async with Worker(backend, [made], clock=clock):
        for _ in range(NEWS):
            await turns(dice.randrange(40))
            with suppress(RunFinishedError):
                await control.deliver(RUN, "nowhere", "news")
        ended = await until(backend, lambda run: run.status in STOPPED, RUN)
    events = await sound(backend, RUN, f"seed {seed}")
    assert ended.status == "ok", f"seed {seed}: {ended.status}: {ended.error}"
    last: Any = events[-1].fact
    assert decoded(last.output) == [1] * STEPS + [n + 1 for n in range(STEPS)], f"seed {seed}"
    assert last.unvisited == (), f"seed {seed}: {last.unvisited}"
    lines = [e.fact.message for e in events if isinstance(e.fact, ev.LogEmitted)]
    assert sorted(lines) == [f"item {n}" for n in range(STEPS)], f"seed {seed}: {lines}"
    return Trial(1, len(events))
