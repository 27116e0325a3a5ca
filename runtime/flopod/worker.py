"""A worker: claims runs that need one, executes them, and lets go of those that only wait.

Runs of dead workers come with the same claim (see `looking` for when there is one). A run in which
nothing can go on is unloaded after a moment, unless it will go on soon: it then costs a row in the
store and nothing here, and is taken up again by replay.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import Executor
from contextlib import suppress
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

from msgspec.structs import replace

from flopod import aftermath, crash_loop
from flopod.backend import LEASE_TIME, Backend, Lease, WorkerInfo
from flopod.clock import Clock, SystemClock
from flopod.engine import execute
from flopod.errors import CorruptLogError, FlopodError, LeaseLostError, RunNotFoundError
from flopod.events import Fact
from flopod.execution import Execution
from flopod.held import Held
from flopod.journal import Journal
from flopod.loglines import listen
from flopod.looking import LOOK_SECONDS, Looking
from flopod.noted import noted
from flopod.presence import alive, awake, stop
from flopod.process import this_process
from flopod.registry import Workflow, by_name, known_workflows
from flopod.threads import Calls, Threads

UNLOAD_SECONDS = 1.0
"""How long a run stays loaded in which nothing can go on."""

MOST_LOADED = 200
"""With more runs than these, one in which nothing can go on is unloaded at once."""

SOON = timedelta(seconds=10)
"""A run that goes on by itself within this time is not worth unloading."""

ASIDE_SECONDS = 5.0
"""How long a run is left alone after the store would not read or write it."""

logger = logging.getLogger(__name__)


class Worker:
    """Executes runs until it is stopped. Use it with `async with`."""

    def __init__(
        self,
        backend: Backend,
        workflows: Iterable[Workflow[..., Any]] | None = None,
        *,
        concurrency: int = 100,
        clock: Clock | None = None,
        executor: Executor | None = None,
    ) -> None:
        """Take the runs of a store, up to `concurrency` at once.

        Args:
            workflows: all that this program has defined, if not given.
            executor: calls plain functions, in place of our threads; it is not shut down here.
        """
        self._backend = backend
        self._workflows = by_name(workflows)
        self._clock = clock or SystemClock()
        self._threads: Calls = Threads() if executor is None else _pool(executor)
        infos = [made.info for made in self._workflows.values()]
        self._me = this_process(concurrency=concurrency, workflows=infos)
        self._looking = Looking(backend, self._clock, self._workflows)
        self._held: dict[str, Held] = {}
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.on_rest: Callable[[], None] = lambda: None
        """Called when there was nothing to claim, before it waits."""
        self.on_child: Callable[[Workflow[..., Any]], Awaitable[None]] | None = None
        """Called when a run of its starts another one."""

    @property
    def held(self) -> Mapping[str, Held]:
        """What it knows of the runs that it has, by id."""
        return self._held

    @property
    def info(self) -> WorkerInfo:
        """This worker, as front ends are told of it."""
        return self._me

    async def __aenter__(self) -> Self:
        listen()
        await self._renew()
        loops = (self._stay_alive(), self._listen(), self._work())
        self._tasks = [asyncio.create_task(loop) for loop in loops]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
        try:
            await self.finished()
        except asyncio.CancelledError:
            await self.cut()
            raise

    async def cut(self) -> None:
        """End at once: steps in flight are cut off, and their runs given back."""
        self.stop()
        await stop(self._in_hand())
        await self._end()

    def serve(self, made: Workflow[..., Any]) -> None:
        """Execute the runs of this workflow, too."""
        self._workflows[made.name] = made
        infos = tuple(known.info for known in self._workflows.values())
        self._me = replace(self._me, workflows=infos)
        self._looking.soon()

    def stop(self) -> None:
        """Begin no step any more; those in flight end and are recorded."""
        self._stopping.set()
        self._looking.soon()
        for held in self._held.values():
            if held.execution is not None:
                held.execution.drain()

    async def finished(self) -> None:
        """Return once the worker was stopped and has let go of everything."""
        await self._stopping.wait()
        while tasks := self._in_hand():
            await asyncio.wait(tasks)
        await self._end()

    async def _end(self) -> None:
        await stop(self._tasks)
        self._tasks = []
        with noted("not retired"):
            await self._backend.retire(self._me.worker_id)

    def _in_hand(self) -> list[asyncio.Task[None]]:
        """Return what is still done for the runs held here."""
        tasks = (task for held in self._held.values() for task in (held.task, held.reading))
        return [task for task in tasks if task is not None]

    async def _renew(self) -> None:
        self._me = alive(self._me)
        await self._backend.renew(self._me)

    async def _stay_alive(self) -> None:
        while True:
            await asyncio.sleep(LEASE_TIME.total_seconds() / 3)
            with noted("not renewed"):
                await self._renew()

    async def _listen(self) -> None:
        """Hear what other programs append: to runs held here, or to others that now need us."""
        while True:
            with noted("no news from the store"):
                async for changed in self._backend.changes():
                    self._hear(changed or dict.fromkeys(self._held, 0))
            await asyncio.sleep(LOOK_SECONDS)

    def _hear(self, changed: Mapping[str, int]) -> None:
        for run_id, last_seq in changed.items():
            if (held := self._held.get(run_id)) is None:
                self._looking.soon()
            else:
                held.hear(last_seq)

    async def _work(self) -> None:
        while not self._stopping.is_set():
            self._looking.begin()
            room = self._me.concurrency - sum(held.busy for held in self._held.values())
            taken = 0
            if room > 0:
                with noted("no runs claimed"):
                    taken = await self._claim(room)
            if not taken:
                # To one that is full no run is due: it looks again when there is room.
                due = await self._looking.next_due() if room > 0 else None
                self.on_rest()
                await self._looking.rest(due)

    async def _claim(self, room: int) -> int:
        # One that slept too long would take its own runs.
        self._me = awake(self._me)
        leases = await self._backend.claim(self._me, workflows=self._workflows, limit=room)
        for lease in leases:
            self._start(lease)
        return len(leases)

    def _start(self, lease: Lease) -> None:
        held = Held(lease)
        before = self._held.get(lease.run_id)
        self._held[lease.run_id] = held
        held.task = asyncio.create_task(self._live(held, before))

    async def _live(self, held: Held, before: Held | None) -> None:
        """Execute a run as far as it goes now, and give it back unless its end has done that."""
        if before is not None and before.task is not None:
            await asyncio.wait([before.task])
        run_id, again, ended = held.lease.run_id, True, False
        try:
            outcome = await self._execute(held)
            ended = outcome is not None
            again = held.execution is None or not held.execution.drained_blocked
        except LeaseLostError:
            logger.warning("run %s was taken over by another worker", run_id)
        except FlopodError as error:
            await self._put_aside(held, error)
        finally:
            if not ended:
                with noted("not released"):
                    await self._backend.release(held.lease, again=again)
            if self._held.get(run_id) is held:
                del self._held[run_id]
            self._looking.soon()

    async def _put_aside(self, held: Held, error: FlopodError) -> None:
        """Keep a run that can't go on from being claimed again at once; a damaged one for good."""
        logger.warning("run %s is put aside: %s", held.lease.run_id, error)
        held.aside = True
        seconds = None if isinstance(error, CorruptLogError) else ASIDE_SECONDS
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    async def _execute(self, held: Held) -> Fact | None:
        """Execute a run; return what ended it, None if it is to be continued."""
        journal = await Journal.open(self._backend, held.lease.run_id, held.lease, self._clock)
        recall = journal.recall
        if recall.submitted is None:
            raise RunNotFoundError(held.lease.run_id)
        if recall.ended is not None:
            await aftermath.settle(self._backend, self._clock, held.lease.run_id)
            await self._backend.release(held.lease)
            return recall.ended
        workflow = self._workflows.get(recall.submitted.workflow)
        if workflow is None or held.lease.owing:
            return None  # It was retried meanwhile, and is for who has its code, and room for it.
        if (stop := crash_loop.seen_in(recall)) is not None:
            return (await journal.record(stop)).fact
        execution = held.execution = self._loaded(journal)
        held.read()
        return (await execute(execution, workflow, self._me.name)).fact

    def _loaded(self, journal: Journal) -> Execution:
        execution = Execution(journal, self._clock, self._threads)
        execution.on_blocked = lambda: self._unload_later(execution)
        execution.workflows = lambda: {**known_workflows(), **self._workflows}
        execution.on_child = self.on_child or execution.on_child
        if self._stopping.is_set():
            execution.drain()
        return execution

    def _unload_later(self, execution: Execution) -> None:
        moment = UNLOAD_SECONDS if len(self._held) <= MOST_LOADED else 0
        asyncio.get_running_loop().call_later(moment, self._unload, execution)
        self._looking.soon()

    def _unload(self, execution: Execution) -> None:
        wakes = execution.wakes
        if execution.blocked and (wakes is None or wakes > self._clock.now() + SOON):
            execution.drain()


def _pool(executor: Executor) -> Calls:
    from flopod import executors  # Slow to load, and seldom used.

    return executors.Pool(executor)
