"""One run from its first event to its last: completed, failed, cancelled, or suspended for now."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from flopod import events as ev
from flopod.context import Runtime
from flopod.errors import (
    ErrorInfo,
    FlopodError,
    NeedsAttentionError,
    NondeterminismError,
    RunCancelledError,
    Suspended,
)
from flopod.events import Fact, decoded
from flopod.execution import Execution
from flopod.failures import describe, failed_paths, rebuild
from flopod.registry import Workflow, load_as, store_as
from flopod.scope import entered

UNVISITED = 100
"""How many recorded paths that the body no longer reached are named at the end."""

CANCEL_SECONDS = 10.0
"""How long a body may take to clean up after it was cancelled."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one life of a run came to."""

    fact: Fact | None
    """RunCompleted, RunFailed, RunCancelled or RunNeedsAttention; None: to be continued."""
    error: BaseException | None = None
    """What was raised, in this process; after a replay it is rebuilt from the fact."""


async def execute(execution: Execution, workflow: Workflow[..., Any], worker: str) -> Outcome:
    """Run the body from the top over what is recorded, to its end or until it must stop.

    Raises:
        LeaseLostError: another worker has the run now.
        BackendError: the store can't be written any more.
    """
    recall = execution.recall
    execution.journal.ride(ev.RunStarted(worker=worker, code=workflow.code))

    async def body() -> Any:
        runtime = Runtime(execution)
        submitted = recall.submitted
        arguments = workflow.load_input(submitted.input if submitted else None)
        with entered(runtime.root):
            value = await workflow.fn(runtime, *arguments)
        return store_as(workflow.output_type, value, "result of the workflow")

    return await settle(execution, body)


async def settle(execution: Execution, body: Callable[[], Awaitable[ev.Encoded]]) -> Outcome:
    """Run `body` and record what it came to, unless it is only suspended."""
    task = asyncio.ensure_future(_quiet(body()))
    execution.on_cancel = task.cancel
    if execution.recall.cancel_requested:
        task.cancel()
    try:
        output, error = await task
    except asyncio.CancelledError as cancelled:
        if not execution.recall.cancel_requested:
            execution.drain()
            raise
        output, error = None, cancelled
    finally:
        execution.on_cancel = lambda: None
    return await conclude(execution, output, error)


async def _quiet(
    body: Awaitable[ev.Encoded],
) -> tuple[ev.Encoded | None, BaseException | None]:
    """Return what the body returned or raised; only a cancellation goes through."""
    try:
        return await body, None
    except (Exception, Suspended, SystemExit, KeyboardInterrupt) as error:
        return None, error


async def conclude(
    execution: Execution, output: ev.Encoded | None, error: BaseException | None
) -> Outcome:
    """Record what a body came to that gave `output` or raised `error`."""
    fatal = execution.fatal
    if isinstance(fatal, NondeterminismError | NeedsAttentionError):
        return await _end(execution, ev.RunNeedsAttention(error=_stop_info(fatal)), fatal)
    if fatal is not None:
        raise fatal
    if isinstance(error, asyncio.CancelledError):
        return await _end(execution, ev.RunCancelled(), error)
    if execution.draining or isinstance(error, Suspended):
        await execution.journal.flush()
        return Outcome(None)
    if error is not None:
        failure = ev.RunFailed(error=run_error(error), failed_paths=failed_paths(error))
        return await _end(execution, failure, error)
    assert output is not None
    unvisited = tuple(execution.recall.unvisited()[:UNVISITED])
    return await _end(execution, ev.RunCompleted(output=output, unvisited=unvisited))


async def _end(execution: Execution, fact: Fact, error: BaseException | None = None) -> Outcome:
    event = await execution.journal.record(fact)
    return Outcome(event.fact, error)


def run_error(error: BaseException) -> ErrorInfo:
    """Return what the log keeps of the error that ended a run; of several, all their messages."""
    info = describe(error, next(iter(failed_paths(error)), ""))
    if not isinstance(error, BaseExceptionGroup):
        return info
    parts = "; ".join(str(describe(part)) for part in error.exceptions)
    return ErrorInfo(type=info.type, message=f"{error.message}: {parts}", path=info.path)


def _stop_info(error: FlopodError) -> ErrorInfo:
    return ErrorInfo(type=type(error).__name__, message=str(error), path=getattr(error, "path", ""))


def result_of(run_id: str, fact: Fact, workflow: Workflow[..., Any] | None = None) -> Any:
    """Return the result of a run at its end, or raise what ended it.

    Raises:
        RunCancelledError: it was cancelled.
        NeedsAttentionError: a person has to decide.
        Exception: what its body raised.
    """
    match fact:
        case ev.RunCompleted(output=output):
            kind = workflow.output_type if workflow is not None else None
            return load_as(kind, decoded(output), "result of the workflow")
        case ev.RunFailed(error=error):
            raise rebuild(error)
        case ev.RunNeedsAttention(error=error):
            raise NeedsAttentionError(error.path, error.message)
        case _:
            raise RunCancelledError(run_id)
