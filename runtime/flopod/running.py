"""One run in this process: authored by hand (`create_runtime`), or a workflow to its end."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self, TypeVar

from flopod import events as ev
from flopod.aftermath import settle_now
from flopod.backend import Backend
from flopod.clock import Clock
from flopod.context import Runtime
from flopod.engine import Outcome, conclude, execute, result_of
from flopod.errors import (
    FlopodError,
    RunBusyError,
    RunCancelledError,
    RunExistsError,
    ScopeError,
)
from flopod.execution import Execution
from flopod.helping import Helper
from flopod.paths import named_run_id, new_run_id
from flopod.registry import Workflow, as_workflow
from flopod.session import Session
from flopod.stored import encoded, utc_now

R = TypeVar("R")

_entropy = itertools.count(secrets.randbits(64))
"""Counted, so that no two runs of this process that begin in one second get the same id."""


async def create_runtime(
    run_id: str | None = None, backend: Backend | None = None, *, clock: Clock | None = None
) -> OwnRuntime:
    """Open a run that is authored by hand; its primitives then work as in a workflow.

    Opened again, a run goes on where it was, also after a failure. Opened again in the same
    process, the newer object takes over. Use it with `async with`, so that its end is recorded.

    Args:
        run_id: `FLOPOD_RUN_ID`, else `main-run`, if not given.
        clock: what the run goes by; the machine's own if not given.

    Raises:
        RunBusyError: another live process holds the run.
        RunExistsError: the id is that of a workflow's run.
    """
    if backend is None:
        raise TypeError("create_runtime needs a backend: create_runtime(run_id, backend)")
    run_id = named_run_id(run_id) or "main-run"
    session = await Session.open(backend, run_id, clock)
    try:
        await _begin_by_hand(session)
    except BaseException:
        await session.close()
        raise
    return OwnRuntime(session, backend)


async def run_workflow(
    workflow: Workflow[..., R] | Callable[..., Awaitable[R]],
    input: object = None,
    *,
    backend: Backend,
    run_id: str | None = None,
    clock: Clock | None = None,
) -> R:
    """Run a workflow to its end in this process and return its result.

    Called again with the same id, it goes on where it was, or gives the recorded result. From its
    first child on, this process is a worker of the workflows that it starts, until it returns; of
    its children, those that it did not wait for are then left to other workers.

    Args:
        run_id: `FLOPOD_RUN_ID`, else a new one, if not given.
        clock: what the run goes by; the machine's own if not given.

    Raises:
        RunBusyError: another live process holds the run.
        RunExistsError: the id is that of a run of another workflow, or with another input.
        InvalidPayloadError: the input is not what the workflow takes.
        RunCancelledError: it was cancelled.
        NondeterminismError, NeedsAttentionError: the run stopped before doing something twice.
        Exception: what the workflow raised.
    """
    made = as_workflow(workflow)
    session = await _open(backend, run_id, made.name, clock)
    id = session.execution.journal.run_id
    helper = Helper(backend, clock)
    session.execution.on_child = helper.serve
    again = ended = cut = False
    try:
        await _submit(session.execution, made, input)
        if (before := session.execution.recall.ended) is not None:
            await settle_now(backend, session.execution.clock, id)
            result: R = result_of(id, before, made)
            return result
        again = True
        session.follow()
        outcome = await execute(session.execution, made, session.me.name)
        ended = outcome.fact is not None
        return _result(id, made, outcome)
    except asyncio.CancelledError:
        cut = True
        raise
    finally:
        try:
            await helper.close(at_once=cut)
        finally:
            await session.close(again=again, ended=ended)


def _result(run_id: str, made: Workflow[..., R], outcome: Outcome) -> R:
    """Return the result of a run that was executed here, or raise what the body raised."""
    if outcome.fact is None:
        raise FlopodError(f"run {run_id!r} was stopped before its end; run it again to go on")
    if outcome.error is not None and not isinstance(outcome.fact, ev.RunCancelled):
        raise outcome.error
    result: R = result_of(run_id, outcome.fact, made)
    return result


async def _submit(execution: Execution, made: Workflow[..., Any], input: object) -> None:
    """Record the run if it is new; refuse one that is another."""
    submitted = execution.recall.submitted
    if submitted is None:
        await _add(execution, ev.RunSubmitted(workflow=made.name, input=made.store_input(input)))
        return
    run_id = execution.journal.run_id
    if submitted.workflow != made.name:
        what = f"workflow {submitted.workflow!r}" if submitted.workflow else "authored by hand"
        raise RunExistsError(run_id, what)
    if input is not None and made.store_input(input) != submitted.input:
        raise RunExistsError(run_id, "with another input")


async def _begin_by_hand(session: Session) -> None:
    execution = session.execution
    recall = execution.recall
    if recall.submitted is None:
        await _add(execution, ev.RunSubmitted(workflow=""))
    elif recall.submitted.workflow:
        run_id = execution.journal.run_id
        raise RunExistsError(run_id, f"workflow {recall.submitted.workflow!r}")
    if isinstance(recall.ended, ev.RunFailed | ev.RunNeedsAttention):
        await _add(execution, ev.RunRetried(voided=recall.voided_by_retry()))
    if recall.ended is None:
        execution.journal.ride(ev.RunStarted(worker=session.me.name))
    else:
        await settle_now(execution.journal.backend, execution.clock, execution.journal.run_id)


async def _add(execution: Execution, fact: ev.Fact) -> None:
    execution.recall.add(await execution.journal.record(fact))


async def _open(backend: Backend, run_id: str | None, name: str, clock: Clock | None) -> Session:
    """Take the run of this id; without one, a run that is new, whichever new ids are taken."""
    if named := named_run_id(run_id):
        return await Session.open(backend, named, clock)
    while True:
        with suppress(RunBusyError):
            new = new_run_id(name, utc_now(), next(_entropy))
            session = await Session.open(backend, new, clock)
            if session.execution.recall.submitted is None:
                return session
            await session.close(again=session.execution.recall.ended is None)


class OwnRuntime(Runtime):
    """A run authored by hand, with its end in the author's hands too."""

    def __init__(self, session: Session, backend: Backend) -> None:
        super().__init__(session.execution)
        session.execution.by_hand = True
        session.execution.on_cancel = self._cancelled
        self._helper = Helper(backend, session.execution.clock)
        session.execution.on_child = self._helper.serve
        self._session = session
        self._closed = self._ended = False
        if session.execution.recall.cancel_requested:
            self._cancelled()

    async def close(self) -> None:
        """Give the run back; opened again, it goes on where it is. One to be cancelled is."""
        if self._closed:
            return
        self._closed = True
        execution = self._execution
        try:
            if execution.recall.cancel_requested and execution.fatal is None:
                await self._conclude(RunCancelledError(self.run_id))
        finally:
            closed = f"run {self.run_id!r} is closed here; open it again to go on"
            execution.drain(ScopeError(closed))
            await self._helper.close()
            await self._session.close(ended=self._ended)

    def _cancelled(self) -> None:
        """Somebody asked to cancel the run: tell the author at the next call."""
        if not self._closed:
            self._execution.drain(RunCancelledError(self.run_id))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if not self._closed:
                await self._conclude(error)
        finally:
            await self.close()

    async def _conclude(self, error: BaseException | None) -> None:
        """Record the end: good, or by an exception. A cancelled program only interrupts the run."""
        if self._execution.recall.ended is not None:
            return
        if error is None:
            outcome = await conclude(self._execution, encoded(None), None)
        elif isinstance(error, Exception):
            outcome = await conclude(self._execution, None, error)
        else:
            return
        self._ended = outcome.fact is not None
