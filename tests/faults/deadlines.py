"""A delivery against the deadline of its wait: accepted in time it wins, late it is kept.

Also when no worker lives at the deadline, and whatever the order in which worker and sender run.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from faults.oracle import sound
from faults.seeded_loop import LoopClock, run
from faults.trial import Trial
from flopod import Control, Runtime, Worker, Workflow
from flopod import events as ev
from flopod.backend import Backend
from flopod.events import Event
from flopod.stored import decoded
from flopod_backends import MemoryBackend
from runtime.lives import until

RUN = "r"
DEADLINE = timedelta(seconds=60)
OFFSETS = (-1000, -2, -1, 0, 1, 2, 1000)
"""Milliseconds from the deadline to the delivery."""


async def _body(wf: Runtime) -> Any:
    first = await wf.wait("w", "go", timeout=DEADLINE)
    await wf.sleep("after", "5s")
    return first


job = Workflow(_body, "job")


def trial(seed: int) -> Trial:
    """Deliver near the deadline, with a worker there or not, in an order that the seed draws."""
    dice = random.Random(seed)
    offset, alive = dice.choice(OFFSETS), dice.random() < 0.6
    return run(seed, lambda clock: race(clock, offset, alive, seed))


async def race(clock: LoopClock, offset: int, alive: bool, seed: int | None) -> Trial:
    """Deliver so many milliseconds after the deadline."""
    backend = MemoryBackend(clock)
    control = Control(backend, [job], clock=clock)
    await control.start("job", run_id=RUN)
    worker = Worker(backend, [job], clock=clock)
    async with worker:
        opened = await until(backend, lambda run: bool(run.open_waits), RUN)
        if not alive:
            worker.stop()
        deadline = opened.open_waits[0].deadline
        assert deadline is not None
        await _reached(clock, deadline + timedelta(milliseconds=offset))
        await control.deliver(RUN, "w", "go", "payload")
        if alive:
            await until(backend, lambda run: run.finished, RUN)
    await _ended(backend, clock, RUN)
    events = await sound(backend, RUN, seed)
    await backend.append("again", events[:-1])
    await _ended(backend, clock, "again")
    result = _judged(events, seed)
    assert _judged(await sound(backend, "again", seed), seed) == result, f"seed {seed}: replayed"
    return Trial(1, 1)


async def _reached(clock: LoopClock, when: datetime) -> None:
    come = asyncio.Event()
    clock.call_at(when, come.set)
    await come.wait()


async def _ended(backend: Backend, clock: LoopClock, run_id: str) -> None:
    async with Worker(backend, [job], clock=clock):
        await until(backend, lambda run: run.finished, run_id)


def _judged(events: Sequence[Event], seed: int | None) -> object:
    """Return the result, which must be what was delivered in time, and nothing else."""
    [opened] = [e.fact for e in events if isinstance(e.fact, ev.WaitStarted)]
    [given] = [e for e in events if isinstance(e.fact, ev.EventDelivered)]
    [outcome] = [e.fact for e in events if isinstance(e.fact, ev.WaitTimedOut | ev.WaitCompleted)]
    last = events[-1].fact
    assert opened.deadline is not None and isinstance(last, ev.RunCompleted), f"seed {seed}"
    in_time = given.at <= opened.deadline
    result = decoded(last.output)
    assert isinstance(outcome, ev.WaitCompleted) == in_time, f"seed {seed}: {outcome}"
    assert result == ("payload" if in_time else None), f"seed {seed}: {result!r}"
    return result
