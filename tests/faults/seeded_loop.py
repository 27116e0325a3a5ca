"""An event loop whose order is drawn from a seed, and whose time costs nothing.

What is ready at the same moment runs in an order that the seed shuffles. When nothing is ready,
the loop's clock jumps to the next timer. So a race is met in thousands of orders a minute, and a
seed that loses one loses it again. Nothing here may wait for a thread or a file: a loop with
nothing to do and no timer is stuck, and says so.
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from unittest.mock import patch

T = TypeVar("T")
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class SeededLoop(asyncio.SelectorEventLoop):
    """Runs what is ready in an order of its own; waits by turning its clock."""

    def __init__(self, seed: int | None) -> None:
        """Take the seed of the order; None: the order of asyncio."""
        super().__init__()
        self._dice = None if seed is None else random.Random(seed)
        self._now = 0.0
        self._ready: deque[asyncio.Handle]
        self._scheduled: list[asyncio.TimerHandle]

    def time(self) -> float:
        """Return the seconds since the loop was made, by its own clock."""
        return self._now

    def _run_once(self) -> None:
        if not self._ready:
            self._jump()
        if self._dice is not None and len(self._ready) > 1:
            ready = list(self._ready)
            self._dice.shuffle(ready)
            self._ready.clear()
            self._ready.extend(ready)
        super()._run_once()  # type: ignore[misc]

    def _jump(self) -> None:
        due = [timer.when() for timer in self._scheduled if not timer.cancelled()]
        if not due:
            raise AssertionError("the loop is stuck: nothing is ready and nothing is due")
        self._now = max(self._now, min(due))


class LoopClock:
    """The clock of a run on a seeded loop: it shows the loop's time as a date."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def now(self) -> datetime:
        """Return the time now, in UTC and whole milliseconds."""
        return NOON + timedelta(milliseconds=int(self._loop.time() * 1000 + 1e-6))

    def __call__(self) -> datetime:
        return self.now()

    def call_at(self, when: datetime, ring: Callable[[], None]) -> asyncio.TimerHandle:
        """Call `ring` when `when` has come."""
        return self._loop.call_at((when - NOON).total_seconds(), ring)


def run(seed: int | None, main: Callable[[LoopClock], Coroutine[Any, Any, T]]) -> T:
    """Run `main` on a loop of this seed, with the clock of that loop."""
    loop = SeededLoop(seed)
    with ExitStack() as stack:
        stack.callback(loop.close)
        clock = LoopClock(loop)
        stack.enter_context(everywhere("utc_now", clock))
        # The pause before a request is decided again is drawn by lot: by ours.
        dice = random.Random(seed)
        stack.enter_context(patch("secrets.randbelow", dice.randrange))
        try:
            return loop.run_until_complete(main(clock))
        finally:
            loop.run_until_complete(_let_go(asyncio.all_tasks(loop)))


@contextmanager
def everywhere(name: str, value: object) -> Iterator[None]:
    """Give a name another value in all rooms of flopod that have imported it."""
    with ExitStack() as stack:
        for room in [room for title, room in sys.modules.items() if title.startswith("flopod.")]:
            if hasattr(room, name):
                stack.enter_context(patch.object(room, name, value))
        yield


async def _let_go(tasks: set[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)


async def turns(count: int) -> None:
    """Return after so many turns of the loop."""
    for _ in range(count):
        await asyncio.sleep(0)


async def later(count: int, call: Awaitable[T]) -> T:
    """Make a call after so many turns of the loop."""
    await turns(count)
    return await call
