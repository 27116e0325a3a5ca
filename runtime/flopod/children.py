"""Child runs: to start another run from a run, or to call it and wait for what it comes to.

A child is a run like others: any worker that knows its workflow takes it. Its id follows from its
parent and path, so that a parent that dies between the two logs finds what it has begun. A call is
recorded before the child is made: a parent that is cancelled knows all that it has to cancel. That
a child has ended is told in the parent's log (see `aftermath`), and says no more than to look; what
it came to stands in the log of the child.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeAlias

from flopod import events as ev
from flopod import kin, paths
from flopod.activity import typed
from flopod.errors import (
    BackendError,
    CorruptLogError,
    ErrorInfo,
    RunCancelledError,
    RunExistsError,
    ScopeError,
    StaleAppendError,
)
from flopod.events import Event, Fact
from flopod.execution import Execution
from flopod.failures import describe, rebuild
from flopod.recall import Step, replayed
from flopod.registry import Workflow, as_workflow
from flopod.scope import Scope
from flopod.starting import stored_input
from flopod.summary import FINISHED, RunSummary

Target: TypeAlias = Workflow[..., Any] | Callable[..., Awaitable[Any]] | str

DEEPEST = 100
"""How many runs may stand one above the other over a child: what calls itself has an end."""

NEVER = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class Child:
    """A run that a body asks for."""

    run_id: str
    workflow: str
    made: Workflow[..., Any] | None
    """Its code, where that is known here."""
    parent: kin.Parent


async def start(scope: Scope, id: str, workflow: Target, input: object, run_id: str | None) -> str:
    """Start another run, once and for all; return its id."""
    path, step = scope.ask(id, "start")
    match step.outcome if step is not None else None:
        case kin.ChildStarted(child=known):
            return known
        case kin.StartRefused(error=error):
            raise rebuild(error)
    child = _child(scope.execution, path, workflow, run_id, called=False)
    submitted = await _submitted(scope.execution, child, input)
    await scope.begin(path)
    try:
        await _make(scope.execution, child, submitted)
    except RunExistsError as error:
        refused = _kept(child, describe(error))
        await scope.execution.record(kin.StartRefused(error=refused), path)
        raise rebuild(refused) from error
    await _serve(scope.execution, child)
    fact = kin.ChildStarted(child=child.run_id, workflow=child.workflow)
    await scope.execution.record(fact, path)
    return child.run_id


async def call(scope: Scope, id: str, workflow: Target, input: object, run_id: str | None) -> Any:
    """Start another run, and return its result once it has one."""
    path, step = scope.ask(id, "call")
    execution = scope.execution
    child = _child(execution, path, workflow, run_id, called=True)
    outcome = step.outcome if step is not None else None
    if outcome is None:
        outcome = await _called(scope, child, step, input)
    if isinstance(outcome, kin.ChildFailed):
        raise rebuild(outcome.error)
    assert isinstance(outcome, kin.ChildCompleted)
    kind = child.made.output_type if child.made is not None else None
    return typed(execution, path, "result of the child", outcome.output, kind)


async def _called(scope: Scope, child: Child, step: Step | None, input: object) -> Fact:
    """Return what a child came to, once it is at its end and the parent has recorded that."""
    execution, path = scope.execution, child.parent.path
    if step is None:
        # What is refused, is refused before anything is recorded.
        submitted = await _submitted(execution, child, input)
        await scope.begin(path)
        await _open(execution, child)
        outcome = await _begun(execution, child, submitted)
    else:
        recorded: Any = step.opened
        child = replace(child, run_id=recorded.child)
        outcome = await _looked_at(execution, child, input)
    await _serve(execution, child)
    while outcome is None:
        while path not in execution.recall.news:
            await execution.park(None)
        outcome = await _looked_at(execution, child, input)
        if outcome is None:
            # It goes on. Its end is told only from then on that this is recorded.
            await _open(execution, child)
            outcome = await _looked_at(execution, child, input)
    await execution.record(outcome, path)
    return outcome


async def _begun(
    execution: Execution, child: Child, submitted: Event
) -> kin.ChildCompleted | kin.ChildFailed | None:
    """Make a child that is called; return what it came to if it was there and has ended."""
    try:
        made = await _make(execution, child, submitted)
    except RunExistsError as error:
        return _failed(child, describe(error))
    if made:
        return None
    run = await _look(execution, child)
    return await _end(execution, child, run) if run is not None else None


async def _looked_at(
    execution: Execution, child: Child, input: object
) -> kin.ChildCompleted | kin.ChildFailed | None:
    """Return what a child came to if it has ended; one that is not there is made."""
    run = await _look(execution, child)
    if run is None:
        return await _begun(execution, child, await _submitted(execution, child, input))
    return await _end(execution, child, run)


async def _end(
    execution: Execution, child: Child, run: RunSummary
) -> kin.ChildCompleted | kin.ChildFailed | None:
    if not _is_ours(run, child):
        return _failed(child, describe(RunExistsError(child.run_id)))
    if run.status not in FINISHED:
        return None
    match await _last_end(execution, run):
        case ev.RunCompleted(output=output):
            return kin.ChildCompleted(output=output)
        case ev.RunFailed(error=error):
            return _failed(child, error)
        case ev.RunCancelled():
            return _failed(child, describe(RunCancelledError(child.run_id)))
        case _:
            return None


async def _last_end(execution: Execution, run: RunSummary) -> Fact | None:
    """Return how a run ended; None if it goes on meanwhile, or can't be read."""
    backend = execution.journal.backend
    try:
        # The end is the last event, or the last but one.
        for after in (run.last_seq - 2, 0):
            ended = replayed(await backend.events(run.run_id, max(after, 0))).ended
            if ended is not None:
                return ended
    except CorruptLogError:
        return None
    except BackendError as error:
        raise execution.stopped(error) from None
    return None


def _failed(child: Child, error: ErrorInfo) -> kin.ChildFailed:
    return kin.ChildFailed(error=_kept(child, error))


def _kept(child: Child, error: ErrorInfo) -> ErrorInfo:
    """Return a child's failure as its parent keeps it: at its own path, by the child's id."""
    return ErrorInfo(
        type=error.type,
        message=error.message,
        path=child.parent.path,
        traceback=error.traceback,
        kind="child",
        child=child.run_id,
    )


async def _open(execution: Execution, child: Child) -> None:
    """Record that the end of a child is waited for, and that there is no news of it."""
    path = child.parent.path
    execution.recall.news.discard(path)
    fact = kin.ChildCalled(child=child.run_id, workflow=child.workflow)
    await execution.record(fact, path)


async def _look(execution: Execution, child: Child) -> RunSummary | None:
    try:
        return await execution.looks.at(child.run_id)
    except BackendError as error:
        raise execution.stopped(error) from None


async def _serve(execution: Execution, child: Child) -> None:
    if child.made is not None:
        await execution.on_child(child.made)


def _child(
    execution: Execution, path: str, workflow: Target, run_id: str | None, *, called: bool
) -> Child:
    """Return the child that a path asks for.

    Raises:
        InvalidRunIdError: the id that is given can't name a run.
        ScopeError: too many runs stand above it.
    """
    above = execution.recall.submitted.parent if execution.recall.submitted else None
    depth = above.depth + 1 if above is not None else 1
    if depth > DEEPEST:
        raise ScopeError(f"{path!r} starts a run with more than {DEEPEST} runs above it")
    parent = kin.Parent(execution.journal.run_id, path, called, depth)
    since = execution.recall.submitted_at or NEVER
    id = paths.check_run_id(run_id) if run_id is not None else _id(parent, since)
    if isinstance(workflow, str):
        return Child(id, workflow, execution.workflows().get(workflow), parent)
    made = as_workflow(workflow)
    return Child(id, made.name, made, parent)


def _id(parent: kin.Parent, since: datetime) -> str:
    # A run that is forgotten and begun anew under its old id does not find the children of the
    # first one.
    return paths.child_run_id(parent.run_id, parent.path, since.isoformat())


async def _submitted(execution: Execution, child: Child, input: object) -> Event:
    """Return the first event of a child.

    Raises:
        UnknownWorkflowError: nobody knows its workflow.
        InvalidPayloadError, SerializableError: the input is not what it takes.
    """
    known = {child.workflow: child.made} if child.made is not None else execution.workflows()
    try:
        stored = await stored_input(execution.journal.backend, known, child.workflow, input)
    except BackendError as error:
        raise execution.stopped(error) from None
    fact = ev.RunSubmitted(workflow=child.workflow, input=stored, parent=child.parent)
    return Event(fact, at=execution.clock.now())


async def _make(execution: Execution, child: Child, submitted: Event) -> bool:
    """Record a child for a worker to take; say whether it is new.

    Raises:
        RunExistsError: its id is that of another run.
    """
    try:
        await _whole(execution.journal.backend.append(child.run_id, [submitted], expect=0))
    except (StaleAppendError, CorruptLogError):
        run = await _look(execution, child)
        if run is not None and not _is_ours(run, child):
            raise RunExistsError(child.run_id) from None
        return False
    except BackendError as error:
        raise execution.stopped(error) from None
    return True


async def _whole(append: Coroutine[Any, Any, object]) -> None:
    """Append, also when the caller is cancelled meanwhile: who cancels children must find it."""
    task = asyncio.create_task(append)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def _is_ours(run: RunSummary, child: Child) -> bool:
    return (run.parent, run.inner.parent_path) == (child.parent.run_id, child.parent.path)
