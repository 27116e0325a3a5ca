"""Threads of our own for steps that are plain functions.

Not the loop's default executor: there a step that hangs after its timeout would hold up others and
the end of the process. These threads are daemons, kept for reuse. A burst of quick steps shares a
few of them; a step that finds none free has one of its own a moment later: it never waits for a
thread that another step will not give back.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, NamedTuple, Protocol, TypeAlias

Job: TypeAlias = Callable[[], bool]
"""Says whether its thread goes on."""


GROW_SECONDS = 0.002
"""How long steps share the threads that are there before each has one of its own."""


class Called(NamedTuple):
    """A plain function that was handed to somebody who calls it."""

    arrival: asyncio.Future[Any]
    """What it comes to, on the loop that asked."""
    outcome: Future[Any]
    """The same as soon as it is there, also when nobody waits for it any more.

    To cancel this one succeeds only if the function was surely not begun.
    """


class Calls(Protocol):
    """Whoever calls plain functions for steps."""

    def call(self, fn: Callable[[], Any]) -> Called: ...


class Threads:
    """Calls functions in threads; the result comes back to the loop that asked."""

    def __init__(self) -> None:
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        # Both are counted on the loop alone, so that no lock is needed.
        self._threads = 0
        self._calls = 0
        """Calls under way, or waiting for a thread."""
        self._growing: asyncio.TimerHandle | None = None
        # The threads hold on to the queue alone: they end when nobody can give them work any more.
        weakref.finalize(self, self._jobs.put, _stop(self._jobs)).atexit = False

    def call(self, fn: Callable[[], Any]) -> Called:
        """Call `fn` in a thread, with the caller's context variables.

        To cancel what it returns does not stop the thread: nothing can.
        """
        loop = asyncio.get_running_loop()
        called = Called(loop.create_future(), Future())
        called.outcome.set_running_or_notify_cancel()
        context = contextvars.copy_context()

        def job() -> bool:
            value, error = None, None
            try:
                value = context.run(fn)
            except BaseException as raised:
                # SystemExit and the like are the step's failure, not the end of a worker.
                error = raised
            _keep(called.outcome, value, error)
            # The loop may be gone by now, when a step outlived its worker.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._settle, called.arrival, value, error)
            return True

        self._calls += 1
        self._jobs.put(job)
        if not self._threads:
            self._add_thread()
        elif self._calls > self._threads and self._growing is None:
            self._growing = loop.call_later(GROW_SECONDS, self._grow)
        return called

    def _grow(self) -> None:
        self._growing = None
        while self._threads < self._calls:
            self._add_thread()

    def _add_thread(self) -> None:
        self._threads += 1
        jobs = self._jobs
        threading.Thread(target=_work, args=(jobs,), name="flopod-step", daemon=True).start()

    def _settle(
        self, outcome: asyncio.Future[Any], value: Any, error: BaseException | None
    ) -> None:
        self._calls -= 1
        if outcome.done():
            return
        if error is None:
            outcome.set_result(value)
        elif isinstance(error, Exception) and not isinstance(error, StopIteration):
            outcome.set_exception(error)
        else:
            # A future refuses StopIteration, and a loop does not survive SystemExit.
            outcome.set_exception(StepExit(error))


def _keep(outcome: Future[Any], value: Any, error: BaseException | None) -> None:
    if error is None:
        outcome.set_result(value)
    else:
        outcome.set_exception(error if isinstance(error, Exception) else StepExit(error))


def _work(jobs: SimpleQueue[Job]) -> None:
    # No name for a job: one that is over must not be held while the next is waited for.
    while jobs.get()():
        pass


def _stop(jobs: SimpleQueue[Job]) -> Job:
    """Return the last job, which each thread that takes it hands on to the next."""

    def stop() -> bool:
        jobs.put(stop)
        return False

    return stop


class StepExit(Exception):
    """A step raised what would stop a loop or a generator; it counts as a failure like others."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(f"{type(error).__name__}: {error}")
        self.error = error
