"""Faults for a while, then none: every run that can go on comes to its end.

The store fails calls by the seed's lot (before they are done, or after: then the caller does not
know), workers come and go without a word; then all is well. Safety is checked on the way.
"""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, cast

from faults.mortal import Mortal
from faults.oracle import all_sound
from faults.seeded_loop import LoopClock, run
from faults.trial import Trial
from flopod import BackendError, Control, FlopodError, Retry, Runtime, Worker, Workflow
from flopod.events import Event
from flopod_backends import MemoryBackend

RUNS = 4
FAULTY_SECONDS = 60.0
PATIENCE = 300.0
"""Seconds of the loop's clock within which all must be over once the faults are."""


class Unreliable(MemoryBackend):
    """Fails some of its calls, before or after they are done, for as long as it is told to."""

    def __init__(self, clock: Callable[[], Any], dice: random.Random) -> None:
        super().__init__(clock)
        self.rate = 0.0
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._dice = dice

    async def append(self, run_id: str, events: Sequence[Event], **given: Any) -> list[Event]:
        """Take the appends to a run one after the other, in the order of the calls."""
        async with self._turns[run_id]:
            return cast("list[Event]", await self.perhaps("append", run_id, events, **given))

    async def perhaps(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Do one of the calls of a store, or not."""
        before, after = (self._dice.random() < self.rate for _ in range(2))
        await asyncio.sleep(self._dice.choice((0, 0, 0, 0.001, 0.1)))
        if before:
            raise BackendError("the disk is gone")
        value = await getattr(MemoryBackend, name)(self, *args, **kwargs)
        if after:
            raise BackendError("the disk went away just now")
        return value


def _failing(name: str) -> Any:
    async def call(self: Unreliable, *args: Any, **kwargs: Any) -> Any:
        return await self.perhaps(name, *args, **kwargs)

    return call


for _name in ("events", "claim", "renew", "release", "retire", "next_due", "workers"):
    setattr(Unreliable, _name, _failing(_name))


def trial(seed: int) -> Trial:
    """Let runs live through a bad minute, drawn from the seed."""
    return run(seed, lambda clock: bad_minute(clock, seed))


async def bad_minute(clock: LoopClock, seed: int) -> Trial:
    dice = random.Random(seed)
    backend = Unreliable(clock, dice)
    made = _workflow(dice)
    control = Control(backend, [made], clock=clock)
    runs = [await control.start("job", run_id=f"r{n}") for n in range(RUNS)]
    backend.rate = dice.choice((0.02, 0.2, 0.5))
    over = asyncio.create_task(asyncio.sleep(FAULTY_SECONDS))
    while not over.done():
        await _short_life(backend, made, clock, dice.uniform(0, 20))
    backend.rate = 0.0
    delivered = asyncio.create_task(_deliver(control, runs))
    async with Worker(backend, [made], clock=clock):
        await _all_ended(control, seed)
    await delivered
    await all_sound(backend, f"seed {seed}")
    return Trial(1, RUNS)


def _workflow(dice: random.Random) -> Workflow[..., Any]:
    async def body(wf: Runtime) -> Any:
        async def step() -> int:
            await asyncio.sleep(dice.choice((0, 0, 0.05, 2)))
            if dice.random() < 0.2:
                raise ConnectionError("not now")
            return 1

        async def item(n: int, _: int) -> Any:
            return await wf.activity("step", step, retry=Retry(50, delay="1s"))

        tally = await wf.var("tally", 0)
        for n in range(3):
            await tally.set(n)
            await wf.sleep(f"nap-{n}", dice.choice((0.01, 5, 30)))
            await wf.each(f"all-{n}", range(3), item, concurrency=2)
        return await wf.wait("w", "go")

    return Workflow(body, "job")


async def _short_life(
    backend: Unreliable, made: Workflow[..., Any], clock: LoopClock, seconds: float
) -> None:
    """Let a worker live for a while; then it vanishes in the middle of whatever it does."""

    mortal: Any = Mortal(backend)

    async def live() -> None:
        # It can not even begin where the store is gone just then.
        with suppress(FlopodError):
            async with Worker(mortal, [made], clock=clock):
                await asyncio.Event().wait()

    life = asyncio.create_task(live())
    await asyncio.wait([life], timeout=seconds)
    mortal.die()
    life.cancel()
    await asyncio.wait([life])
    await asyncio.sleep(1)


async def _deliver(control: Control, runs: list[str]) -> None:
    for run_id in runs:
        await control.deliver(run_id, "w", "go", 1)


async def _all_ended(control: Control, seed: int) -> None:
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                listed = await control.list_runs()
                if all(run.finished for run in listed):
                    break
                await asyncio.sleep(1)
    except TimeoutError:
        raise AssertionError(f"seed {seed}: still not at an end: {listed}") from None
    assert [run.status for run in listed] == ["ok"] * RUNS, f"seed {seed}: {listed}"
