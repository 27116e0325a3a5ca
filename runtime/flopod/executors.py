"""Steps that are plain functions, called by an executor: processes, or a cluster's workers.

What a function raises there comes back as data, not as the exception: one that cannot be read again
here would break a pool of processes. What the executor itself raises is told as its own failure.
"""

from __future__ import annotations

import asyncio
import contextvars
import itertools
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from concurrent.futures import ThreadPoolExecutor as ThreadPool
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pickle import PicklingError
from typing import Any

from flopod.errors import ErrorInfo, FlopodError, NonRetryable, brief
from flopod.failures import POINTLESS, RecordedError, describe
from flopod.processes import Processes
from flopod.threads import Called

_UNSENDABLE = (PicklingError, AttributeError, TypeError)
_TRUTHFUL = (ThreadPool, ProcessPoolExecutor, Processes)
"""Executors that say truly whether a call was cancelled before it began."""


class ExecutorError(FlopodError):
    """An executor did not do what it was given; the step's policy decides on another attempt."""


class UnsentError(NonRetryable):
    """A function, or what it returned, cannot be sent to an executor's workers, or back."""


class FinalError(RecordedError, NonRetryable):
    """A step raised there what says that trying again is of no use."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a function came to, in a form that can always be sent back if its value can."""

    value: Any = None
    error: ErrorInfo | None = None
    final: bool = False
    """Another attempt would only meet the error again."""

    def unwrapped(self) -> Any:
        """Return the value.

        Raises:
            RecordedError: the function raised.
        """
        if self.error is not None:
            raise (FinalError if self.final else RecordedError)(self.error)
        return self.value


def answer(fn: Callable[[], Any], call: int) -> Answer:
    """Call a function where the executor does.

    Args:
        call: another number for every call: Dask takes two calls of the same for one.
    """
    try:
        return Answer(fn())
    except BaseException as error:
        # SystemExit and the like are the step's failure, not the end of a worker.
        return Answer(error=describe(error), final=isinstance(error, POINTLESS))


class Pool:
    """Hands plain functions to an executor of somebody else's, who also shuts it down."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._calls = itertools.count()

    def call(self, fn: Callable[[], Any]) -> Called:
        """Have `fn` called; within threads of this process, with the caller's context variables."""
        loop = asyncio.get_running_loop()
        arrival: asyncio.Future[Any] = loop.create_future()
        outcome = _Outcome()
        outcome.add_done_callback(partial(_hand_over, loop, arrival))
        try:
            sent = self._submit(fn)
        except Exception as error:
            outcome.set_exception(self._failure(fn, error))
        else:
            outcome.sent = sent if isinstance(self._executor, _TRUTHFUL) else None
            sent.add_done_callback(partial(self._settle, fn, outcome))
        return Called(arrival, outcome)

    def _submit(self, fn: Callable[[], Any]) -> Future[Answer]:
        call = next(self._calls)
        if isinstance(self._executor, ThreadPool):
            return self._executor.submit(contextvars.copy_context().run, answer, fn, call)
        return self._executor.submit(answer, fn, call)

    def _settle(self, fn: Callable[[], Any], outcome: _Outcome, sent: Future[Answer]) -> None:
        if sent.cancelled() and outcome.given_up:
            outcome.was_cancelled()
            return
        try:
            told = sent.result()
        except BaseException as error:
            outcome.set_exception(self._failure(fn, error))
            return
        try:
            outcome.set_result(told.unwrapped())
        except RecordedError as error:
            outcome.set_exception(error)

    def _failure(self, fn: Callable[[], Any], error: BaseException) -> Exception:
        """Return what the step is told of an error that the function did not raise."""
        name, what = type(self._executor).__name__, brief(_name(fn))
        why = f"{type(error).__name__}: {brief(str(error), 200)}"
        if isinstance(error, BrokenExecutor):
            return ExecutorError(
                f"the executor {name} broke while it had {what}, which may have taken effect: {why}"
            )
        if isinstance(error, _UNSENDABLE):
            return UnsentError(
                f"the executor {name} cannot be sent {what}, or cannot send back what it returned: "
                f"{why}; give the step a function of a module's top level, or functools.partial "
                "of one, and return plain data"
            )
        return ExecutorError(f"the executor {name} did not call {what}: {why}")


class _Outcome(Future[Any]):
    """What a call comes to; cancelled only if it surely was not begun."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: Future[Answer] | None = None
        self.given_up = False

    def cancel(self) -> bool:
        """Let it not begin; return whether that came in time."""
        if self.sent is not None and not self.done():
            self.given_up = True
            self.sent.cancel()
        return self.cancelled()

    def was_cancelled(self) -> None:
        """Be cancelled: it has not begun."""
        super().cancel()


def _hand_over(
    loop: asyncio.AbstractEventLoop, arrival: asyncio.Future[Any], outcome: Future[Any]
) -> None:
    # The loop may be gone by now, when a step outlived its worker.
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(_arrive, arrival, outcome)


def _arrive(arrival: asyncio.Future[Any], outcome: Future[Any]) -> None:
    if arrival.done():
        return
    if outcome.cancelled():
        arrival.cancel()
    elif (error := outcome.exception()) is not None:
        arrival.set_exception(error)
    else:
        arrival.set_result(outcome.result())


def _name(fn: Callable[[], Any]) -> str:
    inner = fn.func if isinstance(fn, partial) else fn
    return str(getattr(inner, "__qualname__", type(inner).__name__))
