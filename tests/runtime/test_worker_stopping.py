"""The worker at its end: stopped, fenced, cut off from its store, or with a run that kills it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from flopod import BackendError, Control, Runtime, Worker, crash_loop, run_workflow
from flopod import events as ev
from flopod.backend import Backend
from flopod.events import Event
from flopod.process import this_process
from flopod.recall import replayed
from flopod.stored import encoded
from flopod_backends import MemoryBackend
from runtime.lives import RUN, cut, finished, let_go, told, until
from runtime.work import job, started


async def test_a_stopped_worker_lets_steps_end_and_begins_none(backend: Backend) -> None:
    calls, inside, go = [], asyncio.Event(), asyncio.Event()

    async def body(wf: Runtime) -> Any:
        async def slow() -> str:
            calls.append("slow")
            inside.set()
            await go.wait()
            return "ended"

        async def other() -> None:
            await wf.sleep("nap", "20ms")
            await wf.activity("other", lambda: calls.append("other"))

        try:
            return (await wf.parallel("both", [lambda: wf.activity("slow", slow), other]))[0]
        finally:
            await wf.activity("clean", lambda: calls.append("clean"))

    made = job(body)
    await started(backend, made)
    worker = Worker(backend, [made])
    async with worker:
        await inside.wait()
        worker.stop()
        go.set()
        async with asyncio.timeout(5):
            await worker.finished()
        assert calls == ["slow"]
        assert "ActivityCompleted both[0]/slow" in await told(backend)
        summary = await Control(backend).get(RUN)
        assert (summary.finished, summary.worker) == (False, None)
    async with Worker(backend, [made]):
        assert (await finished(backend)).status == "ok"
    assert calls == ["slow", "other", "clean"]
    assert (await backend.events(RUN))[-1].data["output"] == "ended"


@pytest.mark.parametrize("turns", range(30))
async def test_a_run_let_go_at_any_moment_is_taken_up_again(turns: int) -> None:
    """What it waits for was delivered before, so nobody will wake it: only its lease tells."""

    async def body(wf: Runtime) -> Any:
        await wf.each("all", range(4), lambda item, index: item, concurrency=2)
        return await wf.wait("w", "go")

    left = [Event(ev.RunSubmitted(workflow="job")), Event(ev.RunStarted())]
    left += [Event(ev.EventDelivered(event="go", payload=encoded(1), delivery_id="1"), "w")]
    left += [Event(ev.EachItemCompleted(output=encoded(n)), f"all[{n}]") for n in range(4)]
    backend = await cut([*left, Event(ev.WaitStarted(event="go"), "w")])
    await backend.release(await backend.claim_run(this_process(), RUN), again=True)
    async with Worker(backend, [job(body)]):
        for _ in range(turns):
            await asyncio.sleep(0)
    run = await backend.summary(RUN)
    assert run is not None
    assert run.finished or await backend.next_due(["job"]) is not None


@pytest.mark.parametrize("swallowed", [BaseException, Exception])
async def test_a_body_that_swallows_everything_does_not_spoil_its_log(
    swallowed: type[BaseException], quick: None
) -> None:
    backend, calls = MemoryBackend(), []

    async def greedy(wf: Runtime) -> Any:
        got = None
        for id in ("a", "b"):
            try:
                await wf.activity(id, lambda: calls.append(id))  # noqa: B023
                got = await wf.wait(f"wait-{id}", "go")
            except swallowed:
                continue
        return got

    made = job(greedy)
    control = await started(backend, made)
    async with Worker(backend, [made]):
        for id in ("a", "b"):
            await until(backend, lambda run: any(w.path == f"wait-{id}" for w in run.open_waits))  # noqa: B023
            await let_go(backend)
            await control.deliver(RUN, f"wait-{id}", "go", id)
        await finished(backend)
    assert calls == ["a", "b"]
    assert (await backend.events(RUN))[-1].data["output"] == "b"


async def test_a_body_with_a_task_group_of_its_own_can_be_let_go(quick: None) -> None:
    backend = MemoryBackend()

    async def body(wf: Runtime) -> Any:
        async with asyncio.TaskGroup() as group:
            one = group.create_task(wf.wait("one", "go"))
            two = group.create_task(wf.wait("two", "go"))
        return one.result(), two.result()

    made = job(body)
    control = await started(backend, made)
    async with Worker(backend, [made]):
        await until(backend, lambda run: len(run.open_waits) == 2)
        for path in ("one", "two"):
            await control.deliver(RUN, path, "go", path)
        await until(backend, lambda run: run.status == "ok")


async def test_a_run_that_kills_its_worker_over_and_over_needs_attention() -> None:
    calls = []

    async def body(wf: Runtime) -> None:
        await wf.activity("deadly", lambda: calls.append(1))

    log = [Event(ev.RunSubmitted(workflow="job"))]
    for n in range(10):
        log += [Event(ev.RunStarted(worker=f"gone:{n}")), Event(ev.ActivityStarted(), "deadly")]
    backend = await cut(log)
    async with Worker(backend, [job(body)]):
        summary = await until(backend, lambda run: run.status == "needs_attention")
        assert summary.error is not None
        assert "10 times in a row" in summary.error.message
        assert not calls
        await Control(backend).retry(RUN)
        await until(backend, lambda run: run.status == "ok")


async def test_a_run_that_only_waited_is_not_stopped_for_what_brought_its_worker_down() -> None:
    async def body(wf: Runtime) -> Any:
        return await wf.wait("approval", "approved")

    opened = Event(ev.WaitStarted(event="approved"), "approval")
    log = [Event(ev.RunSubmitted(workflow="job")), Event(ev.RunStarted(worker="gone:0")), opened]
    log += [Event(ev.RunStarted(worker=f"gone:{n}")) for n in range(1, 30)]
    backend = await cut(log)
    async with Worker(backend, [job(body)]):
        await Control(backend).deliver(RUN, "approval", "approved", "yes")
        assert (await until(backend, lambda run: run.finished)).status == "ok"


async def test_one_that_begins_a_step_beside_a_wait_is_stopped_all_the_same() -> None:
    log = [Event(ev.RunSubmitted(workflow="job")), Event(ev.RunStarted(worker="gone:0"))]
    log += [Event(ev.WaitStarted(event="approved"), "approval")]
    for n in range(10):
        log += [Event(ev.RunStarted(worker=f"gone:{n}")), Event(ev.ActivityStarted(), "deadly")]
    assert crash_loop.seen_in(replayed(log)) is not None
    assert crash_loop.seen_in(replayed(log[:-2])) is None


async def test_that_a_run_was_begun_is_durable_before_its_body_is_entered() -> None:
    """A body that takes the process down at once would never be counted otherwise."""
    backend, seen = MemoryBackend(), []

    async def body(wf: Runtime) -> None:
        seen.extend(await told(backend))

    await run_workflow(body, backend=backend, run_id=RUN)
    assert seen == ["RunSubmitted", "RunStarted"]


async def test_a_worker_that_lost_its_lease_records_nothing_more() -> None:
    backend, inside, go = MemoryBackend(), asyncio.Event(), asyncio.Event()

    async def body(wf: Runtime) -> Any:
        async def step() -> str:
            inside.set()
            await go.wait()
            return "late"

        await wf.activity("step", step)
        await wf.activity("next", lambda: 1)

    made = job(body)
    await started(backend, made)
    async with Worker(backend, [made]):
        await inside.wait()
        log = await told(backend)
        await backend.claim_run(this_process(), RUN)
        go.set()
        for _ in range(20):
            await asyncio.sleep(0)
        assert await told(backend) == log


@pytest.mark.parametrize("kind", ["parked", "at work"])
async def test_a_worker_whose_store_is_closed_stops_without_a_noise(
    kind: str, backend: Backend
) -> None:
    inside = asyncio.Event()

    async def body(wf: Runtime) -> None:
        async def step() -> None:
            inside.set()
            if kind == "at work":
                await asyncio.sleep(0.02)

        await wf.activity("step", step)
        await wf.sleep("nap", "1h")

    made = job(body)
    await started(backend, made)
    async with asyncio.timeout(5), Worker(backend, [made]):
        await inside.wait()
        await backend.close()


async def test_a_run_of_ones_own_whose_store_is_closed_says_so(backend: Backend) -> None:
    async def body(wf: Runtime) -> None:
        await wf.wait("w", "never")

    task = asyncio.create_task(run_workflow(job(body), backend=backend, run_id=RUN))
    await until(backend, lambda run: bool(run.open_waits))
    await backend.close()
    with pytest.raises(BackendError):
        async with asyncio.timeout(5):
            await task
