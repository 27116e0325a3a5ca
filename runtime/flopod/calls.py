"""Calling an author's function: async on the loop, plain in a thread, within a time limit.

A thread can't be stopped. When a plain function outlives its timeout, its next attempt waits for
it, and fails as stuck if it does not end: a step never runs twice at once. A result that comes too
late is noted in the run's log and thrown away.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from datetime import timedelta
from typing import Any
from weakref import WeakKeyDictionary

from flopod import events as ev
from flopod.errors import NonRetryable
from flopod.scope import Scope, entered
from flopod.threads import Called, Calls

LEAST_GRACE = 1.0
"""Seconds that a next attempt waits at least for a thread of the one before."""


class TooLong(Exception):
    """A step took longer than its timeout."""


class NotBegun(TooLong):
    """A step was given up before it began."""


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
        self._outcome: Future[Any] | None = None
        """Of the plain function in flight, or the last one: not lost when nobody waits for it."""
        self._seconds = timeout.total_seconds() if timeout is not None else None
        self._thread: asyncio.Future[Any] | None = None

    async def call(self) -> Any:
        """Return what the function returns.

        Raises:
            TooLong: it took longer than the timeout.
            ActivityStuck: the attempt before still runs.
        """
        await self._let_end()
        self._outcome = None
        self.execution.step_began()
        try:
            with entered(self._inside):
                return await (self._value() if self._seconds is None else self._in_time())
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise RuntimeError("the step was cancelled from within") from error
        finally:
            self.execution.step_ended()
            outcome = self._outcome
            if outcome is not None and not outcome.done() and not outcome.cancel():
                self._leave(outcome)

    @property
    def _left(self) -> dict[tuple[str, str], Future[Any]]:
        """Return the plain functions that go on in threads though nobody waits, by run and path."""
        return _still_running.setdefault(self.execution.threads, {})

    @property
    def _place(self) -> tuple[str, str]:
        return self.execution.journal.run_id, self.path

    def _leave(self, outcome: Future[Any]) -> None:
        """Note that the function goes on, until it ends."""
        left, place = self._left, self._place
        left[place] = outcome
        outcome.add_done_callback(lambda _: left.pop(place, None))

    async def late_value(self) -> Any:
        """Return what a plain function comes to whose caller was cancelled.

        Raises:
            NotBegun: it was not called, and will not be.
            TooLong: it goes on for long, or was cut off on the loop: nobody knows what it did.
            Exception: what it raised.
        """
        outcome = self._outcome
        if outcome is None or not await _over(outcome, self.execution.loop, LEAST_GRACE):
            raise TooLong
        if outcome.cancelled():
            raise NotBegun
        value = outcome.result()
        if inspect.isawaitable(value):
            raise TooLong
        return value

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
        called = self.execution.threads.call(self._fn)
        self._outcome = called.outcome
        value = await (called.arrival if self._seconds is None else self._left_behind(called))
        return await value if inspect.isawaitable(value) else value

    async def _left_behind(self, called: Called) -> Any:
        """Wait for a thread that a timeout leaves behind, to come back to it."""
        self._thread = called.arrival
        called.arrival.add_done_callback(_looked_at)
        try:
            return await asyncio.shield(called.arrival)
        finally:
            if called.arrival.done() or called.outcome.cancel():
                self._thread = None

    async def _let_end(self) -> None:
        late = self._thread
        if late is None:
            await self._let_earlier_life_end()
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

    async def _let_earlier_life_end(self) -> None:
        """Wait for the call that a cancelled or stuck life of this run has left in its thread."""
        if not _still_running or inspect.iscoroutinefunction(self._fn):
            return
        if (outcome := self._left.get(self._place)) is None:
            return
        seconds = max(self._seconds or 0, LEAST_GRACE)
        if not await _over(outcome, self.execution.loop, seconds):
            raise ActivityStuck(f"{self.path!r} still runs since before the run was retried")


_still_running: WeakKeyDictionary[Calls, dict[tuple[str, str], Future[Any]]] = WeakKeyDictionary()


async def _over(outcome: Future[Any], loop: asyncio.AbstractEventLoop, seconds: float) -> bool:
    """Say whether a call in a thread is over within so many seconds."""
    over = asyncio.Event()

    def ring(_: object) -> None:
        # The loop may be gone by then.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(over.set)

    outcome.add_done_callback(ring)
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await over.wait()
    return outcome.done()


def _looked_at(late: asyncio.Future[Any]) -> None:
    # An error that comes too late is nobody's to handle.
    if not late.cancelled():
        late.exception()
