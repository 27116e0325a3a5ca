"""All that a front end may do: look at runs, and append requests. It never executes one.

What it appends depends on where the run stands, which may change meanwhile. So every request is
decided from a summary and appended only if the log still ends where that summary does; if not, it
is decided again.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterable
from contextlib import aclosing, suppress
from datetime import datetime
from typing import Any, TypeVar

from flopod import aftermath, delivering, paths
from flopod import events as ev
from flopod.backend import Backend, RunQuery, WorkerInfo, WorkflowInfo
from flopod.clock import Clock, SystemClock
from flopod.delivering import Delivered, Delivery
from flopod.errors import (
    EventNotFoundError,
    RunExistsError,
    RunFinishedError,
    RunNotFoundError,
    StaleAppendError,
)
from flopod.events import Event, Fact
from flopod.pruning import Retention
from flopod.registry import Workflow, by_name
from flopod.starting import stored_input
from flopod.stored import Encoded
from flopod.summary import FINISHED, RunSummary, Status

T = TypeVar("T")


class Control(Retention):
    """The runs of a store, as a front end sees and drives them."""

    def __init__(
        self,
        backend: Backend,
        workflows: Iterable[Workflow[..., Any]] | None = None,
        *,
        clock: Clock | None = None,
    ) -> None:
        self.backend = backend
        self._given = list(workflows) if workflows is not None else None
        self._clock = clock or SystemClock()

    # Looking

    async def list_runs(
        self,
        status: Status | str | Collection[str] | None = None,
        workflow: str | None = None,
        search: str | None = None,
        limit: int | None = 100,
        before: datetime | str | None = None,
    ) -> list[RunSummary]:
        """Return summaries, newest first. Never reads a log.

        Args:
            status: one status or several, by name.
            search: part of an id, workflow, error or open wait.
            limit: at most so many; None for all.
            before: the last run id of the page before, or a time.
        """
        query = RunQuery(
            statuses=_statuses(status), workflow=workflow, search=search, limit=limit, before=before
        )
        return await self.backend.list_runs(query)

    async def counts(self) -> dict[Status, int]:
        """Return how many runs stand how."""
        return await self.backend.counts()

    async def get(self, run_id: str) -> RunSummary:
        """Return the summary of a run.

        Raises:
            RunNotFoundError: there is no such run.
        """
        summary = await self.backend.summary(run_id)
        if summary is None:
            raise RunNotFoundError(run_id)
        return summary

    async def events(self, run_id: str, after: int = 0) -> list[Event]:
        """Return the events of a run with a number above `after`.

        Raises:
            RunNotFoundError: there is no such run.
            CorruptLogError: the log is damaged; its `events` are those before the damage.
        """
        events = await self.backend.events(run_id, after)
        if not events:
            await self.get(run_id)
        return events

    async def tail(self, run_id: str, after: int = 0) -> AsyncGenerator[list[Event], None]:
        """Yield the events above `after` in batches: those that are there, then as they come.

        It goes on until you stop. The first batch may be empty.

        Raises:
            RunNotFoundError: there is no such run.
        """
        async with aclosing(self.backend.changes()) as changes:
            async for changed in changes:
                if changed and run_id not in changed:
                    continue
                batch = await self.backend.events(run_id, after)
                if not changed and not batch:
                    await self.get(run_id)
                if batch or not changed:
                    after = batch[-1].seq if batch else after
                    yield batch

    async def watch_runs(self) -> AsyncGenerator[list[RunSummary], None]:
        """Yield the summaries of runs as they change, in batches; the first is empty."""
        async with aclosing(self.backend.changes()) as changes:
            async for changed in changes:
                query = RunQuery(run_ids=frozenset(changed), limit=None)
                yield await self.backend.list_runs(query) if changed else []

    async def workers(self) -> list[WorkerInfo]:
        """Return the workers that are alive."""
        return await self.backend.workers()

    async def workflows(self) -> list[WorkflowInfo]:
        """Return the workflows that are known here or announced by a live worker, by name."""
        announced = (info for worker in await self.workers() for info in worker.workflows)
        known = {info.name: info for info in announced}
        known |= {name: made.info for name, made in self._known().items()}
        return [known[name] for name in sorted(known)]

    # Driving

    async def start(self, name: str, input: object = None, run_id: str | None = None) -> str:
        """Record a run for a worker to pick up; return its id.

        Args:
            run_id: `FLOPOD_RUN_ID`, else a new one, if not given.

        Raises:
            UnknownWorkflowError: neither this program nor a live worker nor a run knows it.
            InvalidPayloadError, SerializableError: the input is not what it takes.
            RunExistsError: the id is taken.
        """
        stored = await self._input(name, input)
        submitted = Event(ev.RunSubmitted(workflow=name, input=stored), at=self._clock.now())
        if named := paths.named_run_id(run_id):
            return await self._create(named, [submitted])
        while True:
            new = paths.new_run_id(name, submitted.at, int.from_bytes(os.urandom(8)))
            with suppress(RunExistsError):
                return await self._create(new, [submitted])

    async def deliver(
        self,
        run_id: str,
        path: str,
        event: str,
        payload: object = None,
        delivery_id: str | None = None,
    ) -> Delivered:
        """Deliver an event to the wait at `path`; kept if no such wait is open yet.

        Args:
            delivery_id: the same id twice is one delivery.

        Raises:
            RunNotFoundError: there is no such run.
            RunFinishedError: it is at its end.
            InvalidPayloadError: the payload is not what the open wait takes.
            SerializableError: the payload can't be stored.
        """
        delivery = delivering.prepare(path, event, payload, delivery_id)
        if delivery_id is not None:
            return await self._decided(run_id, lambda run: self._deliver_once(run, delivery))
        # Not repeated, so there is nothing to look for in the log: one append settles it, even
        # against a run that records without pause.
        guard = delivering.Guarded(run_id, delivery)
        now = Event(delivery.fact, path, self._clock.now())
        recorded = (await self.backend.append(run_id, [now], guard=guard))[-1]
        return guard.answer(recorded.seq)

    async def _deliver_once(self, run: RunSummary, delivery: Delivery) -> Delivered:
        from flopod.recall import replayed  # Who only looks need not load what replays.

        events = await self.backend.events(run.run_id)
        known = replayed(events).by_id.get(delivery.fact.delivery_id)
        if known is not None:
            return delivering.same_again(known, delivery)
        guard = delivering.Guarded(run.run_id, delivery)
        guard(run)
        return guard.answer((await self._append(run, delivery.fact, delivery.path)).seq)

    async def retry(self, run_id: str) -> str:
        """Let a failed, cancelled or stopped run go on; completed work is kept. Say what was done.

        Raises:
            RunNotFoundError: there is no such run.
            RunFinishedError: it did not fail.
        """

        async def once(run: RunSummary) -> str:
            if run.status not in (Status.ERROR, Status.CANCELLED, Status.NEEDS_ATTENTION):
                raise RunFinishedError(run_id, run.status, "retry what has not failed")
            from flopod.recall import replayed

            recall = replayed(await self.backend.events(run_id))
            voided = recall.voided_by_retry()
            await self._append(run, ev.RunRetried(voided=voided))
            again = f"{', '.join(voided)} will run again" if voided else "its body will run again"
            return f"run {run_id} is queued for attempt {run.attempt + 1}: {again}"

        return await self._decided(run_id, once)

    async def cancel(self, run_id: str) -> str:
        """Cancel a run; say what was done: at once, or by the worker that holds it.

        The runs that it has called and waits for are cancelled with it.

        Raises:
            RunNotFoundError: there is no such run.
            RunFinishedError: it is at its end already.
        """

        async def once(run: RunSummary) -> str:
            if run.status in FINISHED:
                raise RunFinishedError(run_id, run.status, "cancel it")
            if not await aftermath.cancel(self.backend, self._clock, run):
                return f"run {run_id} is asked to stop; worker {run.worker} holds it"
            await aftermath.settle_now(self.backend, self._clock, run_id)
            return f"run {run_id} is cancelled"

        return await self._decided(run_id, once)

    async def fork(self, run_id: str, at_seq: int, new_run_id: str | None = None) -> str:
        """Make a new run with the history of this one up to `at_seq`; return its id.

        Raises:
            RunNotFoundError: there is no such run.
            EventNotFoundError: it has no such event.
            RunExistsError: the new id is taken.
        """
        events = await self.events(run_id)
        if not 1 <= at_seq <= events[-1].seq:
            raise EventNotFoundError(run_id, at_seq, events[-1].seq)
        made = f"{run_id[:100]}-fork-{os.urandom(3).hex()}"
        id = paths.check_run_id(made if new_run_id is None else new_run_id)
        forked = Event(ev.RunForked(source=run_id, source_seq=at_seq), at=self._clock.now())
        return await self._create(id, [*events[:at_seq], forked])

    # How

    def _known(self) -> dict[str, Workflow[..., Any]]:
        return by_name(self._given)

    async def _input(self, name: str, input: object) -> Encoded:
        """Return the input as the log will hold it, checked as well as it can be from here."""
        return await stored_input(self.backend, self._known(), name, input)

    async def _create(self, run_id: str, events: list[Event]) -> str:
        try:
            await self.backend.append(run_id, events, expect=0)
        except StaleAppendError:
            raise RunExistsError(run_id) from None
        return run_id

    async def _decided(self, run_id: str, decide: Callable[[RunSummary], Awaitable[T]]) -> T:
        """Decide on the newest summary until what was decided could be recorded."""
        while True:
            try:
                return await decide(await self.get(run_id))
            except StaleAppendError:
                await asyncio.sleep(random.random() / 100)

    async def _append(self, run: RunSummary, fact: Fact, path: str = "") -> Event:
        new = [Event(fact, path, self._clock.now())]
        return (await self.backend.append(run.run_id, new, expect=run.last_seq))[-1]


def _statuses(given: Status | str | Collection[str] | None) -> frozenset[Status] | None:
    names = [given] if isinstance(given, str) else given
    return None if names is None else frozenset(map(Status, names))
