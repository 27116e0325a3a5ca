"""A call that is cancelled at its k-th await, and what may be left of it.

The cancellation comes as it would from outside: while the call stands at that very await.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Generator
from contextlib import suppress
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Stepped(Generic[T]):
    """Awaits a coroutine, and cancels the task that does so when it stands at a given await."""

    def __init__(self, call: Coroutine[Any, Any, T], cancel_at: int | None = None) -> None:
        self.steps = 0
        """How many awaits it has stood at."""
        self._call = call
        self._cancel_at = cancel_at

    def __await__(self) -> Generator[Any, Any, T]:
        error: BaseException | None = None
        while True:
            try:
                waits_for = self._call.throw(error) if error else self._call.send(None)
            except StopIteration as done:
                value: T = done.value
                return value
            error = None
            self._cancel_if_due()
            try:
                yield waits_for
            except BaseException as thrown:
                error = thrown

    def _cancel_if_due(self) -> None:
        self.steps += 1
        if self.steps == self._cancel_at:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()


async def awaits_of(call: Coroutine[Any, Any, Any]) -> int:
    """Return how many awaits a call stands at that nobody disturbs."""
    stepped = Stepped(call)
    await stepped
    return stepped.steps


async def cancelled_at(call: Coroutine[Any, Any, Any], at: int) -> bool:
    """Cancel a call at this await; return whether it got that far.

    A call that was cancelled must say so: to end as if nothing had been is to swallow it.
    """
    stepped = Stepped(call, at)

    async def wait() -> Any:
        return await stepped

    task = asyncio.create_task(wait())
    with suppress(asyncio.CancelledError):
        await task
    reached = stepped.steps >= at
    assert task.cancelled() or not reached, f"cancelled at await {at}, it returned {task!r}"
    return reached
