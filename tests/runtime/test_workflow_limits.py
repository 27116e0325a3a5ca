"""`@workflow(concurrency=…)`: so many runs of a workflow at once, over all workers of a store."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from flopod import Control, Runtime, Worker, Workflow, workflow
from flopod.backend import Backend
from flopod_backends import MemoryBackend
from runtime.lives import finished, until


@pytest.mark.parametrize("wrong", [0, -1, True, False, "2", 2.0])
def test_a_limit_that_is_no_whole_number_from_1_up_is_refused(wrong: Any) -> None:
    async def sync(wf: Runtime) -> None: ...

    with pytest.raises(ValueError, match=f"'sync': concurrency is {wrong!r}; it must be a whole"):
        workflow(concurrency=wrong)(sync)


def test_a_workflow_tells_its_limit() -> None:
    @workflow(name="limit-told", concurrency=3)
    async def told(wf: Runtime) -> None: ...

    assert told.info.concurrency == 3
    assert Workflow(told.fn).info.concurrency is None


class Gate:
    """Steps that count themselves and wait to be let through."""

    def __init__(self) -> None:
        self.running = self.most = 0
        self.open, self.two = asyncio.Event(), asyncio.Event()

    async def step(self) -> None:
        self.running += 1
        self.most = max(self.most, self.running)
        if self.running == 2:
            self.two.set()
        await self.open.wait()
        self.running -= 1

    def workflow(self, concurrency: int | None, name: str = "job") -> Workflow[..., Any]:
        async def body(wf: Runtime) -> None:
            await wf.activity("step", self.step)

        return Workflow(body, name, concurrency)


async def test_two_workers_together_hold_no_more_than_the_limit(backend: Backend) -> None:
    gate, free = Gate(), Gate()
    made = [gate.workflow(2), free.workflow(None, "free")]
    control = Control(backend, made)
    runs = [await control.start("job") for _ in range(6)]
    others = [await control.start("free") for _ in range(6)]
    free.open.set()
    async with Worker(backend, made), Worker(backend, made):
        for run_id in others:
            await finished(backend, run_id)
        async with asyncio.timeout(5):
            await gate.two.wait()
        gate.open.set()
        for run_id in runs:
            await finished(backend, run_id)
    assert gate.most == 2


@pytest.mark.usefixtures("quick")
async def test_a_run_that_only_waits_makes_room() -> None:
    backend = MemoryBackend()

    async def body(wf: Runtime, wait: bool) -> None:
        if wait:
            await wf.wait("w", "go")

    made = Workflow(body, "job", concurrency=1)
    control = Control(backend, [made])
    first = await control.start("job", True, "a")
    second = await control.start("job", False, "b")
    async with Worker(backend, [made]):
        await finished(backend, second)
        assert (await control.get(first)).status == "waiting"
        await control.deliver(first, "w", "go")
        await finished(backend, first)


def limited(backend: Backend, gate: Gate) -> tuple[Workflow[..., Any], Worker]:
    made = gate.workflow(1)
    return made, Worker(backend, [made])


def limited_later(backend: Backend, gate: Gate) -> tuple[Workflow[..., Any], Worker]:
    made, worker = gate.workflow(1), Worker(backend, [gate.workflow(None, "other")])
    worker.serve(made)
    return made, worker


def full(backend: Backend, gate: Gate) -> tuple[Workflow[..., Any], Worker]:
    made = gate.workflow(None)
    return made, Worker(backend, [made], concurrency=1)


@pytest.mark.parametrize("at_its_end", [limited, limited_later, full])
async def test_a_worker_that_may_hold_no_more_does_not_look_all_the_time(at_its_end: Any) -> None:
    backend, gate = MemoryBackend(), Gate()
    made, worker = at_its_end(backend, gate)
    control = Control(backend, [made])
    first, second = [await control.start("job", run_id=run_id) for run_id in "ab"]
    async with worker:
        await until(backend, lambda run: bool(run.worker), first)
        rests = 0

        def rested() -> None:
            nonlocal rests
            rests += 1

        worker.on_rest = rested
        await asyncio.sleep(0.2)
        gate.open.set()
        await finished(backend, second)
    assert rests < 8
