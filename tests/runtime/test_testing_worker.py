"""What the test kit found in the worker: branches that only asyncio knows of, and stale leases."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from flopod import Runtime, Worker
from flopod import events as ev
from flopod.events import Event
from flopod_backends import MemoryBackend
from runtime.lives import RUN, finished, let_go, told, until
from runtime.work import job, started


@pytest.mark.usefixtures("quick")
async def test_a_run_is_not_unloaded_while_a_step_is_in_flight_beside_a_wait() -> None:
    calls, may_end = [], asyncio.Event()

    async def step() -> str:
        calls.append("called")
        await may_end.wait()
        return "done"

    async def body(wf: Runtime) -> list[Any]:
        return await asyncio.gather(wf.wait("approval", "approve"), wf.activity("work", step))

    backend, made = MemoryBackend(), job(body)
    control = await started(backend, made)
    async with Worker(backend, [made]):
        await until(backend, lambda run: run.inner.active == 1)
        await some_time_passes()
        assert await told(backend, RUN, "RunStarted") == ["RunStarted"]
        may_end.set()
        await until(backend, lambda run: run.progress.done == 1)
        await control.deliver(RUN, "approval", "approve", "yes")
        await finished(backend)
    assert calls == ["called"]
    assert (await backend.events(RUN))[-1].data["output"] == ["yes", "done"]


@pytest.mark.usefixtures("quick")
async def test_a_run_in_which_all_of_them_wait_is_unloaded_and_goes_on() -> None:
    async def body(wf: Runtime) -> list[Any]:
        return await asyncio.gather(wf.wait("one", "go"), wf.wait("other", "go"))

    backend, made = MemoryBackend(), job(body)
    control = await started(backend, made)
    async with Worker(backend, [made]):
        await until(backend, lambda run: len(run.open_waits) == 2)
        await let_go(backend)
        await control.deliver(RUN, "one", "go", 1)
        await control.deliver(RUN, "other", "go", 2)
        await finished(backend)
    assert (await backend.events(RUN))[-1].data["output"] == [1, 2]


async def some_time_passes() -> None:
    """Return after more than the time limits that these tests have made short."""
    over = asyncio.Event()
    asyncio.get_running_loop().call_later(0.05, over.set)
    await over.wait()


async def test_a_worker_that_slept_past_its_lease_is_alive_before_it_claims(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As after its machine was suspended; else it took its own runs for those of a dead worker."""

    async def body(wf: Runtime) -> None:
        pass

    backend, looked = MemoryBackend(), asyncio.Event()
    monkeypatch.setattr("flopod.presence.LEASE_TIME", timedelta(milliseconds=5))
    async with Worker(backend, [job(body)]) as worker:
        worker.on_rest = looked.set
        await looked.wait()
        looked.clear()
        monkeypatch.undo()
        await some_time_passes()
        assert await backend.workers() == []
        await backend.append("of-others", [Event(ev.RunSubmitted(workflow="other"))])
        await looked.wait()
        assert await backend.workers() == [worker.info]
