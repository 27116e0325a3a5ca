"""Every public call that awaits something, each made on a store of its own preparing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any

from flopod import Control, Runtime, Worker, Workflow, create_runtime, run_workflow
from flopod import events as ev
from flopod.backend import Backend, RunQuery
from flopod.errors import ErrorInfo
from flopod.events import Event
from flopod.process import this_process
from flopod.stored import encoded

Call = Callable[[Backend, str], Awaitable[Any]]
"""Made on a store and a run of which only the call knows."""

LINES = [
    Event(ev.RunSubmitted(workflow="job")),
    Event(ev.RunStarted()),
    Event(ev.WaitStarted(event="go"), "w"),
]
FAILED = ev.RunFailed(error=ErrorInfo("ValueError", "no", "", "", 1))


async def _job(wf: Runtime) -> Any:
    async def step() -> int:
        return 1

    async def item(n: int, _: int) -> Any:
        return await wf.activity("step", step)

    names = await wf.list("names")
    async_step = await wf.activity("a", step)
    await names.push(async_step)
    squares = await wf.each("all", range(2), item, concurrency=2)
    await wf.sleep("nap", "1ms")
    both = await wf.parallel("both", [lambda: wf.activity("l", step), lambda: wf.now("r")])
    return len(squares.results) + len(both)


job = Workflow(_job, "job")


async def _waiting(backend: Backend, run_id: str) -> Control:
    """Leave a run that waits for an event."""
    await backend.append(run_id, LINES)
    return Control(backend, [job])


async def start(backend: Backend, run_id: str) -> None:
    await Control(backend, [job]).start("job", run_id=run_id)


async def deliver(backend: Backend, run_id: str) -> None:
    await (await _waiting(backend, run_id)).deliver(run_id, "w", "go", 1)


async def deliver_by_id(backend: Backend, run_id: str) -> None:
    await (await _waiting(backend, run_id)).deliver(run_id, "w", "go", 1, "the id")


async def cancel(backend: Backend, run_id: str) -> None:
    await (await _waiting(backend, run_id)).cancel(run_id)


async def retry(backend: Backend, run_id: str) -> None:
    await backend.append(run_id, [*LINES, Event(FAILED)])
    await Control(backend).retry(run_id)


async def fork(backend: Backend, run_id: str) -> None:
    await (await _waiting(backend, run_id)).fork(run_id, 2, f"{run_id}-fork")


async def look(backend: Backend, run_id: str) -> None:
    control = await _waiting(backend, run_id)
    await control.get(run_id)
    await control.events(run_id)
    await control.list_runs(search=run_id)
    await control.counts()
    await control.workflows()


async def tail(backend: Backend, run_id: str) -> None:
    control = await _waiting(backend, run_id)
    async with aclosing(control.tail(run_id)) as batches:
        await anext(batches)
        await backend.append(run_id, [Event(ev.VarSet(value=encoded(1)), "v")])
        await anext(batches)


async def watch(backend: Backend, run_id: str) -> None:
    control = await _waiting(backend, run_id)
    async with aclosing(control.watch_runs()) as batches:
        await anext(batches)
        await control.deliver(run_id, "w", "go")
        await anext(batches)


async def by_hand(backend: Backend, run_id: str) -> None:
    async with await create_runtime(run_id, backend) as wf:
        await _job(wf)


async def run(backend: Backend, run_id: str) -> None:
    await run_workflow(job, backend=backend, run_id=run_id)


async def worker(backend: Backend, run_id: str) -> None:
    await Control(backend, [job]).start("job", run_id=run_id)
    async with Worker(backend, [job]), aclosing(Control(backend).tail(run_id)) as batches:
        async for batch in batches:
            if any(isinstance(event.fact, ev.RunCompleted) for event in batch):
                return


async def leases(backend: Backend, run_id: str) -> None:
    await backend.append(run_id, LINES[:1])
    me = this_process(concurrency=1)
    await backend.renew(me)
    await backend.next_due(["job"])
    for lease in await backend.claim(me, workflows=["job"], limit=1):
        await backend.release(lease, again=True)
    lease = await backend.claim_run(me, run_id)
    await backend.append(run_id, [Event(ev.RunStarted())], lease=lease)
    await backend.release(lease)
    await backend.retire(me.worker_id)
    await backend.list_runs(RunQuery())
    await backend.workers()
    await backend.delete(run_id)


CALLS: dict[str, Call] = {
    call.__name__: call
    for call in (
        start,
        deliver,
        deliver_by_id,
        cancel,
        retry,
        fork,
        look,
        tail,
        watch,
        by_hand,
        run,
        worker,
        leases,
    )
}
