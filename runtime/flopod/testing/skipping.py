"""Lets time jump for those who wait, once nothing can go on before it does.

One task decides, whenever something may have changed: the worker came to rest, a log grew, or the
test began to wait. Who is answered acts first, so time never jumps past what a test delivers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from flopod.backend import Backend, RunQuery
from flopod.execution import Execution
from flopod.summary import STOPPED, RunSummary
from flopod.testing.clock import SkippingClock
from flopod.testing.failures import StalledError
from flopod.testing.rest import at_rest, waits
from flopod.worker import Worker


@dataclass(frozen=True, slots=True, eq=False)
class _Waiter:
    """Somebody who waits for something to be so."""

    is_so: Callable[[], Awaitable[bool]]
    told: asyncio.Future[None]


class Skipping:
    """The jumps of one clock, over what some workers do.

    Args:
        patience: seconds of real time for which nothing may happen before those who wait fail.
    """

    def __init__(
        self, clock: SkippingClock, backend: Backend, workers: Sequence[Worker], patience: float
    ) -> None:
        self._clock = clock
        self._backend = backend
        self._workers = workers
        self._patience = patience
        self._stirred = asyncio.Event()
        self._waiters: list[_Waiter] = []
        self._by_hand: list[Execution] = []
        self._until: float | None = None
        """When patience ends, by the loop's clock; None while something can happen."""

    def stir(self) -> None:
        """Look again: something may have changed."""
        self._stirred.set()

    async def until(self, is_so: Callable[[], Awaitable[bool]]) -> None:
        """Return once something is so; time skips meanwhile.

        Raises:
            StalledError: nothing can happen any more.
        """
        waiter = _Waiter(is_so, asyncio.get_running_loop().create_future())
        self._waiters.append(waiter)
        self._until = None
        self.stir()
        try:
            await waiter.told
        finally:
            self._waiters.remove(waiter)

    def watch(self, execution: Execution) -> None:
        """Let time skip while this run waits, too: its author is the test itself."""
        execution.on_blocked = self.stir
        self._by_hand.append(execution)

    async def at_rest(self) -> bool:
        """Say whether nothing can go on before time passes or the test does something."""
        return await at_rest(self._backend, self._workers, self._clock.now())

    async def listen(self) -> None:
        """Look again whenever a log grows."""
        async with aclosing(self._backend.changes()) as changes:
            async for _ in changes:
                self.stir()

    async def skip(self) -> None:
        """Answer those who wait, and let time jump for as long as somebody does."""
        while True:
            try:
                async with asyncio.timeout_at(self._until):
                    await self._stirred.wait()
            except TimeoutError:
                # The last thing to come to rest may have done so after who waits was asked.
                if not await self._answered():
                    await self._give_up()
            self._stirred.clear()
            if not await self._stalled():
                self._until = None
            elif self._until is None:
                self._until = asyncio.get_running_loop().time() + self._patience

    async def _stalled(self) -> bool:
        """Do the next thing that there is to do; say whether somebody waits and there is none."""
        if await self._answered():
            self.stir()
            await asyncio.sleep(0)  # Who was answered goes on before anything else.
            return False
        if not await self._wanted() or not await self.at_rest():
            return False
        if self._clock.next_alarm is None:
            return True
        self._clock.skip()
        self.stir()
        return False

    async def _wanted(self) -> bool:
        """Say whether the test waits for time to pass."""
        if self._waiters:
            return True
        return any([await waits(self._backend, execution) for execution in self._by_hand])

    async def _answered(self) -> bool:
        """Answer those for whom it is so; say whether there was one."""
        waiting = [waiter for waiter in self._waiters if not waiter.told.done()]
        answered = [waiter for waiter in waiting if await waiter.is_so()]
        for waiter in answered:
            if not waiter.told.done():
                waiter.told.set_result(None)
        return bool(answered)

    async def _give_up(self) -> None:
        runs = await self._backend.list_runs(RunQuery(limit=None))
        stuck = "; ".join(map(_what, (run for run in runs if run.status not in STOPPED)))
        error = StalledError(stuck or "no run is under way")
        for waiter in self._waiters:
            if not waiter.told.done():
                waiter.told.set_exception(error)
        for execution in self._by_hand:
            if execution.blocked:
                execution.drain(error)


def _what(run: RunSummary) -> str:
    """Return what a run waits for."""
    waits = ", ".join(f"{wait.event!r} at {wait.path!r}" for wait in run.open_waits)
    return f"run {run.run_id!r} " + (f"waits for {waits}" if waits else f"is {run.status}")
