"""Runs of a test: on a store in memory, executed by the real worker, by a clock that skips.

Time stands still while the test does something else, and jumps only while it waits for a run: to
the next moment when something is due, once nothing can go on before that. Leases go by the
machine's clock all the time: a worker does not die of a jump.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypeVar

from flopod import paths
from flopod.context import Duration, Runtime
from flopod.control import Control
from flopod.durations import parse
from flopod.presence import stop
from flopod.registry import Workflow, as_workflow
from flopod.running import OwnRuntime, create_runtime
from flopod.stored import utc_now
from flopod.summary import Status
from flopod.testing.clock import SkippingClock
from flopod.testing.handle import RunHandle
from flopod.testing.replaying import replay
from flopod.testing.skipping import Skipping
from flopod.worker import Worker
from flopod_backends import MemoryBackend

R = TypeVar("R")


class WorkflowEnvironment:
    """Runs workflows for a test, and skips the time in which nothing happens.

    Use it with `async with`. At its end, every run that is finished is replayed.

    Args:
        now: the time to begin with; the machine's if not given.
        replay: replay finished runs at the end.
        patience: seconds of real time after which a test fails that waits for nothing.
    """

    def __init__(
        self, *, now: datetime | None = None, replay: bool = True, patience: float = 1.0
    ) -> None:
        self.clock = SkippingClock(now)
        self.backend = MemoryBackend(self.clock.now, lease_clock=utc_now)
        self.control = Control(self.backend, clock=self.clock)
        self.replay = replay
        self.raised: dict[str, Exception] = {}
        """What the body of a run raised last, by run id."""
        self._served: dict[str, Workflow[..., Any]] = {}
        self._workers: list[Worker] = []
        self._skipping = Skipping(self.clock, self.backend, self._workers, patience)
        self._open: AsyncExitStack | None = None
        self._started = 0

    async def __aenter__(self) -> Self:
        if self._open is not None:
            raise RuntimeError("this environment was opened before; make another")
        self._open = AsyncExitStack()
        loops = (self._skipping.skip(), self._skipping.listen())
        self._open.push_async_callback(stop, [asyncio.create_task(loop) for loop in loops])
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._open is not None:
            await self._open.aclose()
        if kind is None and self.replay:
            await self.replay_finished()

    async def start(
        self,
        workflow: Workflow[..., R] | Callable[..., Awaitable[R]],
        input: object = None,
        *,
        run_id: str | None = None,
    ) -> RunHandle[R]:
        """Start a run; it goes on by itself as far as it can without time passing.

        Raises:
            InvalidPayloadError, SerializableError: the input is not what the workflow takes.
            RunExistsError: the id is taken.
        """
        made: Workflow[..., R] = as_workflow(workflow)
        await self._serve(made)
        self._started += 1
        id = run_id or paths.new_run_id(made.name, self.clock.now(), self._started)
        await Control(self.backend, [made], clock=self.clock).start(made.name, input, id)
        return RunHandle(self, id, made)

    async def run(
        self,
        workflow: Workflow[..., R] | Callable[..., Awaitable[R]],
        input: object = None,
        *,
        run_id: str | None = None,
    ) -> R:
        """Start a run and return its result. See `start` and `RunHandle.result`."""
        return await (await self.start(workflow, input, run_id=run_id)).result()

    async def create_runtime(self, run_id: str | None = None) -> OwnRuntime:
        """Open a run that is authored by hand; time skips while it waits.

        It is not replayed: its body is the test.
        """
        self._check_open()
        wf = await create_runtime(run_id, self.backend, clock=self.clock)
        wf._execution.on_child = self._serve
        self._skipping.watch(wf._execution)
        return wf

    async def sleep(self, duration: Duration) -> None:
        """Let so much time pass, with all that happens in it; 0 lets runs go as far as they can."""
        over = asyncio.Event()
        self.clock.call_at(self.clock.now() + parse(duration), over.set)

        async def is_so() -> bool:
            return over.is_set() and await self._skipping.at_rest()

        await self.until(is_so)

    async def until(self, is_so: Callable[[], Awaitable[bool]]) -> None:
        """Return once something is so in the store; time skips meanwhile.

        Raises:
            StalledError: nothing can happen any more.
        """
        self._check_open()
        await self._skipping.until(is_so)

    async def replay_finished(self) -> None:
        """Replay every run that came to an end of its own.

        Raises:
            DivergenceError: one goes another way than the first time.
        """
        for run in await self.control.list_runs((Status.OK, Status.ERROR), limit=None):
            if (made := self._served.get(run.workflow)) is not None:
                await replay(made, await self.control.events(run.run_id), run_id=run.run_id)

    async def _serve(self, made: Workflow[..., Any]) -> None:
        """Have a worker for this workflow."""
        stack = self._check_open()
        known = self._served.get(made.name)
        if known is not None and known.fn is not made.fn:
            raise ValueError(f"another workflow {made.name!r} runs here already: {known.fn}")
        if known is None:
            self._served[made.name] = made
            worker = Worker(self.backend, [self._observed(made)], clock=self.clock)
            worker.on_child = self._serve
            worker.on_rest = self._skipping.stir
            self._workers.append(await stack.enter_async_context(worker))

    def _check_open(self) -> AsyncExitStack:
        if self._open is None:
            raise RuntimeError("open it first: async with WorkflowEnvironment() as env")
        return self._open

    def _observed(self, made: Workflow[..., Any]) -> Workflow[..., Any]:
        """Return the workflow, made to keep what it raises: a log knows errors by name only."""

        @functools.wraps(made.fn)
        async def body(wf: Runtime, *arguments: Any) -> Any:
            self.raised.pop(wf.run_id, None)
            try:
                return await made.fn(wf, *arguments)
            except Exception as error:
                self.raised[wf.run_id] = error
                raise

        return Workflow(body, made.name)
