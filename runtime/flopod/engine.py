"""One run from its first event to its last: completed, failed, cancelled, or suspended for now."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from flopod import aftermath
from flopod import events as ev
from flopod.context import Runtime
from flopod.errors import (
    ErrorInfo,
    NeedsAttentionError,
    NondeterminismError,
    RunCancelledError,
    RunFinishedError,
    StaleAppendError,
    Suspended,
)
from flopod.events import Fact
from flopod.execution import Execution
from flopod.failures import describe, failed_paths, rebuild
from flopod.recall import Recall
from flopod.registry import Workflow, load_as, store_as
from flopod.scope import entered
from flopod.stored import Encoded, decoded

UNVISITED = 100
"""How many recorded paths that the body no longer reached are named at the end."""

CANCEL_SECONDS = 10.0
"""How long a body may take to clean up after it was cancelled."""

logger = logging.getLogger(__name__)


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

    async def body() -> Any:
        # Durable before anything is called: what takes the process down at once is counted too.
        await execution.record(_started(recall, worker, workflow.code))
        runtime = Runtime(execution)
        submitted = recall.submitted
        arguments = workflow.load_input(submitted.input if submitted else None)
        with entered(runtime.root):
            value = await workflow.fn(runtime, *arguments)
        return store_as(workflow.output_type, value, "result of the workflow")

    return await settle(execution, body)


def _started(recall: Recall, worker: str, code: str) -> Fact:
    """Return that the run is taken up, noting whether its source is another than before."""
    recall.code_changed = bool(recall.code and code and recall.code != code)
    return ev.RunStarted(worker=worker, code=code, was=recall.code if recall.code_changed else "")


async def settle(execution: Execution, body: Callable[[], Awaitable[Encoded]]) -> Outcome:
    """Run `body` and record what it came to, unless it is only suspended."""
    over = asyncio.Event()
    task = asyncio.create_task(_quiet(body))
    task.add_done_callback(lambda _: over.set())
    execution.on_cancel = lambda: _cancel(execution, task, over)
    if execution.recall.cancel_requested:
        execution.on_cancel()
    try:
        await over.wait()
    except asyncio.CancelledError:
        # This process is to end, not the run: nothing more begins, and the body may clean up.
        execution.drain()
        task.cancel()
        await asyncio.wait([task], timeout=CANCEL_SECONDS)
        raise
    finally:
        execution.on_cancel = _nothing
    if not task.done():
        logger.warning("run %s does not stop; it is left behind", execution.journal.run_id)
    output, error = task.result() if _has_result(task) else (None, asyncio.CancelledError())
    if isinstance(error, asyncio.CancelledError):
        # Nobody's request, if none is recorded: a failure like others.
        error = RuntimeError("the body was cancelled from within")
    return await conclude(execution, output, error)


def _cancel(execution: Execution, task: asyncio.Task[Any], over: asyncio.Event) -> None:
    """Cancel the body once, so that it may clean up; one that does not end is left behind."""

    def insist() -> None:
        execution.drain()
        task.cancel()
        loop.call_later(CANCEL_SECONDS, over.set)

    loop = asyncio.get_running_loop()
    execution.on_cancel = _nothing
    task.cancel()
    loop.call_later(CANCEL_SECONDS, insist)


def _nothing() -> None:
    """Do nothing."""


def _has_result(task: asyncio.Task[Any]) -> bool:
    return task.done() and not task.cancelled()


async def _quiet(
    body: Callable[[], Awaitable[Encoded]],
) -> tuple[Encoded | None, BaseException | None]:
    """Return what the body returned or raised, whatever it is: nothing may stop the loop."""
    try:
        return await body(), None
    except BaseException as error:
        return None, error


async def conclude(
    execution: Execution, output: Encoded | None, error: BaseException | None
) -> Outcome:
    """Record what a body came to that gave `output` or raised `error`.

    It is decided again if somebody appended meanwhile: a run has one end.
    """
    journal, recall = execution.journal, execution.recall
    with suppress(RunFinishedError):  # Somebody ended it, which is known from then on.
        await journal.flush()
    while recall.ended is None:
        fact = _verdict(execution, output, error)
        if fact is None:
            return Outcome(None)
        try:
            recall.ended = (await journal.record_if(fact, expect=journal.last_seq)).fact
        except StaleAppendError:
            await journal.refresh()
        else:
            await _tell(execution, recall.ended)
            return Outcome(recall.ended, execution.fatal or error)
    await journal.give_back()
    return Outcome(recall.ended)


async def _tell(execution: Execution, end: Fact) -> None:
    """Tell those whom the end of the run concerns, if there can be any."""
    submitted = execution.recall.submitted
    called = submitted is not None and submitted.parent is not None and submitted.parent.called
    if called or isinstance(end, ev.RunCancelled):
        journal = execution.journal
        await aftermath.settle_now(journal.backend, execution.clock, journal.run_id)


def _verdict(
    execution: Execution, output: Encoded | None, error: BaseException | None
) -> Fact | None:
    """Return how the run ends, None if it does not end here."""
    fatal = execution.fatal
    if isinstance(fatal, NondeterminismError | NeedsAttentionError):
        return _stopped(fatal)
    if fatal is not None:
        raise fatal
    if execution.recall.cancel_requested:
        return ev.RunCancelled()
    if execution.draining or isinstance(error, Suspended):
        return None
    if error is not None:
        return ev.RunFailed(error=run_error(error), failed_paths=failed_paths(error))
    assert output is not None
    unvisited = tuple(execution.recall.unvisited()[:UNVISITED])
    return ev.RunCompleted(output=output, unvisited=unvisited)


def run_error(error: BaseException) -> ErrorInfo:
    """Return what the log keeps of the error that ended a run; of several, all their messages."""
    info = describe(error, next(iter(failed_paths(error)), ""))
    if not isinstance(error, BaseExceptionGroup):
        return info
    parts = "; ".join(str(describe(part)) for part in error.exceptions)
    return ErrorInfo(type=info.type, message=f"{error.message}: {parts}", path=info.path)


def _stopped(error: NondeterminismError | NeedsAttentionError) -> Fact:
    info = ErrorInfo(type=type(error).__name__, message=str(error), path=error.path)
    recorded, asked = getattr(error, "columns", ((), ()))
    return ev.RunNeedsAttention(error=info, recorded=recorded, asked=asked)


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
