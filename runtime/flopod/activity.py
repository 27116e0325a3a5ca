"""Steps: the unit of work. Look, else do, record, return."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from flopod import events as ev
from flopod import shapes
from flopod.calls import Caller, NotBegun, TooLong
from flopod.errors import (
    ActivityError,
    ErrorInfo,
    NeedsAttentionError,
    NondeterminismError,
    SerializableError,
    Suspended,
    brief,
)
from flopod.execution import Execution
from flopod.failures import POINTLESS, describe, rebuild
from flopod.moments import Moment
from flopod.recall import Step
from flopod.retry import Retry
from flopod.scope import Scope
from flopod.stored import Encoded, decoded, encoded, whole_ms

ONCE = Retry(1)


@dataclass(frozen=True, slots=True)
class Options:
    """How a step is to be called."""

    timeout: timedelta | None = None
    retry: Retry = ONCE
    type: Any = None
    at_most_once: bool = False


async def activity(scope: Scope, id: str, fn: Callable[[], Any], options: Options) -> Any:
    """Return what the step at `id` returned: from the log, or by calling it now."""
    path, step = scope.ask(id, "activity")
    if step is not None and step.outcome is not None:
        return _outcome(scope.execution, path, step.outcome, options.type)
    if step is None:
        await scope.begin(path)
    attempt = await _first_attempt(scope.execution, path, step, options)
    caller = Caller(scope, path, fn, options.timeout)
    while True:
        try:
            output = await _try(caller, attempt, options)
        except _Failed as failed:
            await _retry_or_fail(scope.execution, path, attempt, failed, options)
            attempt += 1
        else:
            event = await scope.execution.record(
                ev.ActivityCompleted(output=output, attempt=attempt), path
            )
            return _outcome(scope.execution, path, event.fact, options.type)


async def attempt(scope: Scope, id: str, fn: Callable[[], Any], retry: Retry) -> Any:
    """Return what the step returned, or None when every attempt failed."""
    try:
        return await activity(scope, id, fn, Options(retry=retry))
    except ActivityError:
        return None


async def once(scope: Scope, id: str, make: Callable[[], Any]) -> Any:
    """Return what `make` gave the first time: for what is quick, local and never fails."""
    path, step = scope.ask(id, "activity")
    if step is not None and step.outcome is not None:
        return _outcome(scope.execution, path, step.outcome, None)
    if step is None:
        await scope.begin(path)
    scope.execution.journal.ride(ev.ActivityStarted(), path)
    event = await scope.execution.record(ev.ActivityCompleted(output=encoded(make())), path)
    return _outcome(scope.execution, path, event.fact, None)


class _Failed(Exception):
    """An attempt failed; the cause is what the step raised."""

    def __init__(self, error: BaseException, info: ErrorInfo) -> None:
        self.error = error
        self.info = info


def _outcome(execution: Execution, path: str, outcome: Any, type: Any) -> Any:
    if isinstance(outcome, ev.ActivityFailed):
        raise rebuild(outcome.error)
    return typed(execution, path, "result", outcome.output, type)


def typed(execution: Execution, path: str, what: str, recorded: Encoded, type: Any) -> Any:
    """Return a recorded value as the author's type.

    Raises:
        NondeterminismError: it does not fit. It did when it was recorded: the type has changed.
    """
    value = decoded(recorded)
    if type is None:
        return value
    try:
        return shapes.convert(value, type, f"{what} of {path!r}")
    except Exception as error:
        # Whatever a type raises, the body must not take it for its step's failure and go on.
        why = brief(str(error), 200)
        asked = f"type {getattr(type, '__name__', type)}, which does not take it ({why})"
        mismatch = NondeterminismError(path, f"a {what} of another type", asked)
        raise execution.stopped(mismatch) from error


async def _first_attempt(
    execution: Execution, path: str, step: Step | None, options: Options
) -> int:
    """Return the number of the attempt to begin with, at its time: a restart resets neither."""
    match step.opened if step is not None else None:
        case ev.ActivityRetrying(attempt=failed, next_at=next_at):
            await Moment(execution, next_at, path).come()
            return failed + 1
        case ev.ActivityStarted() if options.at_most_once:
            raise execution.stopped(
                NeedsAttentionError(
                    path,
                    "a step with at_most_once was begun and its end is not recorded; "
                    "find out whether it took effect, then retry the run",
                )
            )
        case ev.ActivityStarted(attempt=cut_off):
            return cut_off
        case _:
            return 1


async def _try(caller: Caller, attempt: int, options: Options) -> Encoded:
    """Call the step once; return its result as the log will hold it."""
    execution, path = caller.execution, caller.path
    started = ev.ActivityStarted(attempt=attempt)
    if options.at_most_once:
        await execution.record(started, path)
    else:
        execution.journal.ride(started, path)
    try:
        return _storable(await caller.call(), path, options.type)
    except asyncio.CancelledError:
        if execution.recall.cancel_requested or execution.draining:
            await _cut_off(caller, attempt, options)
        raise
    except (GeneratorExit, Suspended):
        raise
    except BaseException as error:
        # SystemExit and the like are the step's failure, not the end of a worker.
        kind = "timeout" if isinstance(error, TooLong) else "activity"
        info = replace(describe(error, path), path=path, attempts=attempt, kind=kind)
        raise _Failed(error, info) from error


async def _cut_off(caller: Caller, attempt: int, options: Options) -> None:
    """Record the end of a step in flight whose run is cancelled or put down, if it comes soon.

    Of a cancelled run, the log says what is not known: nothing may follow to tell it.
    """
    execution, path = caller.execution, caller.path
    why = "it was cut off"
    try:
        output = _storable(await caller.late_value(), path, options.type)
    except NotBegun:
        why = "it was not begun"
    except TooLong:
        pass
    except Exception as error:
        why = f"it raised {describe(error)}"
    else:
        await execution.record(ev.ActivityCompleted(output=output, attempt=attempt), path)
        return
    if not execution.recall.cancel_requested:
        return
    message = f"in flight when the run was cancelled, its end is not recorded: {why}"
    execution.journal.ride(ev.LogEmitted(level="warning", message=message), path)


def _storable(value: object, path: str, type: Any) -> Encoded:
    try:
        output = encoded(shapes.reduce(value, type, "result"), "result")
    except SerializableError as error:
        raise SerializableError(f"activity {path!r}: {error.where}", error.reason) from None
    if type is not None:
        shapes.convert(decoded(output), type, f"result of {path!r}")
    return output


async def _retry_or_fail(
    execution: Execution, path: str, attempt: int, failed: _Failed, options: Options
) -> None:
    """Return when it is time for the next attempt, or raise the step's failure."""
    pause = None
    # Of a step that took too long nobody knows whether it took effect.
    unknown = options.at_most_once and isinstance(failed.error, TooLong)
    if not unknown and not isinstance(failed.error, POINTLESS):
        pause = options.retry.pause(attempt, random.random())
    if pause is None:
        await execution.record(ev.ActivityFailed(error=failed.info), path)
        raise rebuild(failed.info) from failed.error
    next_at = whole_ms(execution.clock.now() + pause)
    again = Moment(execution, next_at, path)
    await execution.record(
        ev.ActivityRetrying(attempt=attempt, error=failed.info, next_at=next_at), path
    )
    await again.come()
