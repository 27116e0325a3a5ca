"""Calling an author's function: async on the loop, plain in a thread, within a time limit.

A thread can't be stopped. When a plain function outlives its timeout, its next attempt waits for
it, and fails as stuck if it does not end: a step never runs twice at once. A result that comes too
late is noted in the run's log and thrown away.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flopod import events as ev
from flopod.errors import NonRetryable
from flopod.scope import Scope, entered

LEAST_GRACE = 1.0
"""Seconds that a next attempt waits at least for a thread of the one before."""


class TooLong(Exception):
    """A step took longer than its timeout."""


class ActivityStuck(NonRetryable):
    """A plain function goes on after its timeout; calling it again would run it twice at once."""


class Caller:
    """Calls one step, attempt by attempt, and never twice at once."""

    def __init__(
        self, scope: Scope, path: str, fn: Callable[[], Any], timeout: timedelta | None
    ) -> None:
        self.execution = scope.execution
        self.path = path
        self._inside = Scope(scope.execution, path, scope.line, leaf=True)
        self._fn = fn
        self._seconds = timeout.total_seconds() if timeout is not None else None
        self._thread: asyncio.Future[Any] | None = None

    async def call(self) -> Any:
        """Return what the function returns.

        Raises:
            TooLong: it took longer than the timeout.
            ActivityStuck: the attempt before still runs.
        """
        await self._let_end()
        try:
            with entered(self._inside):
                return await (self._value() if self._seconds is None else self._in_time())
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise RuntimeError("the step was cancelled from within") from error

    async def _in_time(self) -> Any:
        try:
            async with asyncio.timeout(self._seconds) as limit:
                return await self._value()
        except TimeoutError:
            if not limit.expired():
                raise  # the step's own, not ours
            raise TooLong(f"took longer than {self._seconds:g} s") from None

    async def _value(self) -> Any:
        if inspect.iscoroutinefunction(self._fn):
            return await self._fn()
        thread = self.execution.threads.call(self._fn)
        value = await (thread if self._seconds is None else self._left_behind(thread))
        return await value if inspect.isawaitable(value) else value

    async def _left_behind(self, thread: asyncio.Future[Any]) -> Any:
        """Wait for a thread that a timeout leaves behind, to come back to it."""
        self._thread = thread
        thread.add_done_callback(_looked_at)
        try:
            return await asyncio.shield(thread)
        finally:
            if thread.done():
                self._thread = None

    async def _let_end(self) -> None:
        late = self._thread
        if late is None:
            return
        if not late.done():
            await asyncio.wait([late], timeout=max(self._seconds or 0, LEAST_GRACE))
        if not late.done():
            raise ActivityStuck(f"{self.path!r} still runs after its timeout")
        self._thread = None
        self.execution.journal.ride(
            ev.LogEmitted(level="warning", message="a result came too late and was discarded"),
            self.path,
        )


def _looked_at(late: asyncio.Future[Any]) -> None:
    # An error that comes too late is nobody's to handle.
    if not late.cancelled():
        late.exception()
