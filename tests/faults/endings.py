"""Cancel against completion against delivery: a run has one end, and every answer is true.

The three calls are made while the last step of a run is about to end, each some turns of the loop
later than the other; with a seed, in an order that the seed draws as well.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence

from faults.oracle import deliveries, sound
from faults.seeded_loop import LoopClock, later, run, turns
from faults.slow_answers import Slow
from faults.trial import Trial
from flopod import Control, RunFinishedError, Runtime, Worker, Workflow
from flopod import events as ev
from flopod.delivering import Delivered
from flopod.events import Event
from flopod_backends import MemoryBackend
from runtime.lives import until

RUN = "r"
Answer = str | Delivered | RunFinishedError


def trial(seed: int) -> Trial:
    """Let cancel, deliver and the end of the run meet, at moments that the seed draws."""
    dice = random.Random(seed)
    held = dice.random() < 0.5
    # Where no worker has it yet, one is about to: within a few turns.
    delays = [dice.randrange(40 if held else 6), dice.randrange(40), dice.randrange(40)]
    slow = dice.random() < 0.6
    return run(seed, lambda clock: race(clock, delays, held, dice if slow else None, seed))


async def race(
    clock: LoopClock,
    delays: Sequence[int],
    held: bool,
    slow: random.Random | None = None,
    seed: int | None = None,
) -> Trial:
    """Cancel, deliver and finish a step, each after so many turns of the loop.

    Args:
        slow: how late the store answers; at once, if not given.
        held: a worker has the run already; else one takes it up at the same time.
    """
    finish = asyncio.Event()

    async def body(wf: Runtime) -> object:
        await wf.activity("last", finish.wait)
        return await wf.wait("w", "go")

    made = Workflow(body, "job")
    backend = Slow(clock, slow) if slow else MemoryBackend(clock)
    control = Control(backend, [made], clock=clock)
    await control.start("job", run_id=RUN)
    async with Worker(backend, [made], clock=clock):
        if held:
            await until(backend, lambda run: run.worker is not None, RUN)
        to_cancel, to_deliver, to_finish = delays
        cancelled, delivered, _ = await asyncio.gather(
            _answer(later(to_cancel, control.cancel(RUN))),
            _answer(later(to_deliver, control.deliver(RUN, "w", "go", 1))),
            _set(finish, to_finish),
        )
        await until(backend, lambda run: run.finished, RUN)
    events = await sound(backend, RUN, f"{delays}, seed {seed}")
    check_answers(events, cancelled, delivered, f"delays {delays}, seed {seed}")
    return Trial(1, 2)


async def _set(event: asyncio.Event, delay: int) -> None:
    await turns(delay)
    event.set()


async def _answer(call: asyncio.Future[Answer] | object) -> Answer:
    try:
        return await call  # type: ignore[misc, no-any-return]
    except RunFinishedError as refused:
        return refused


def check_answers(events: Sequence[Event], cancelled: Answer, delivered: Answer, why: str) -> None:
    """See that what was answered is what the log says."""
    types = [event.type for event in events]
    told = f"{why}: {types}, told {cancelled!r}"
    if isinstance(cancelled, RunFinishedError):
        assert types[-1] == "RunCompleted" and "RunCancelRequested" not in types, told
    else:
        assert types[-1] == "RunCancelled", told
        asked = "asked to stop" in str(cancelled)
        assert asked == ("RunCancelRequested" in types), told
    if isinstance(delivered, Delivered):
        assert isinstance(events[delivered.seq - 1].fact, ev.EventDelivered), told
    else:
        assert not deliveries(events), f"{why}: refused, and yet there"
    if types[-1] == "RunCompleted":
        assert isinstance(delivered, Delivered), told
