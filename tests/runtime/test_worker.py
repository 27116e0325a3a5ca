"""The worker: takes up what needs one, lets go of what only waits, and survives its neighbours."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from flopod import Control, InvalidIdError, Runtime, Worker, run_workflow
from flopod import events as ev
from flopod.backend import Backend
from flopod.events import Event
from flopod.process import this_process
from flopod.stored import encoded
from flopod_backends import MemoryBackend, SqliteBackend, open_backend
from runtime.lives import RUN, cut, finished, let_go, told, until
from runtime.work import job, lives_of, started


async def test_queued_runs_are_claimed_and_ended(backend: Backend) -> None:
    made = job(simple)
    control = await started(backend, made, "a", "b", "c")
    async with Worker(backend, [made]) as worker:
        assert worker.info.name == this_process().name
        for run_id in ("a", "b", "c"):
            summary = await finished(backend, run_id)
            assert summary.status == "ok"
        late = await control.start("job")
        assert (await finished(backend, late)).status == "ok"
    assert await control.workers() == []
    assert all(run.worker is None for run in await control.list_runs())


async def simple(wf: Runtime) -> int:
    return int(await wf.activity("step", lambda: 1))


async def test_runs_of_other_workflows_and_by_hand_are_nobodys() -> None:
    backend = MemoryBackend()
    await backend.append("other", [Event(ev.RunSubmitted(workflow="other"))])
    await backend.append("by-hand", [Event(ev.RunSubmitted(workflow=""))])
    made = job(simple)
    await started(backend, made)
    async with Worker(backend, [made]):
        await finished(backend)
    assert await told(backend, "other") == await told(backend, "by-hand") == ["RunSubmitted"]


async def test_a_run_whose_worker_died_is_resumed() -> None:
    backend = await cut(
        [
            Event(ev.RunSubmitted(workflow="job")),
            Event(ev.RunStarted(worker="gone:1")),
            Event(ev.ActivityCompleted(output=encoded("kept")), "step"),
        ]
    )
    assert (await Control(backend).get(RUN)).status == "interrupted"

    async def body(wf: Runtime) -> Any:
        return [await wf.activity("step", lambda: "again"), await wf.activity("next", lambda: 2)]

    async with Worker(backend, [job(body)]):
        await finished(backend)
    assert (await backend.events(RUN))[-1].data["output"] == ["kept", 2]


async def test_many_runs_share_a_worker_within_its_concurrency(backend: Backend) -> None:
    running, most = 0, 0
    together = asyncio.Barrier(3)

    async def body(wf: Runtime) -> None:
        async def step() -> None:
            nonlocal running, most
            running += 1
            most = max(most, running)
            await together.wait()
            running -= 1

        await wf.activity("step", step)

    made = job(body)
    ids = [f"run-{n}" for n in range(9)]
    await started(backend, made, *ids)
    async with Worker(backend, [made], concurrency=3):
        for run_id in ids:
            await finished(backend, run_id)
    assert most == 3


async def test_runs_that_only_wait_take_no_place() -> None:
    backend = MemoryBackend()

    async def body(wf: Runtime) -> Any:
        return await wf.wait("w", "go")

    made = job(body)
    ids = [f"run-{n}" for n in range(5)]
    control = await started(backend, made, *ids)
    async with Worker(backend, [made], concurrency=1):
        for run_id in ids:
            await until(backend, lambda run: bool(run.open_waits), run_id)
        for run_id in ids:
            await control.deliver(run_id, "w", "go", run_id)
            await finished(backend, run_id)


async def test_two_workers_share_the_work_and_no_step_runs_twice(backend: Backend) -> None:
    calls: list[str] = []

    async def body(wf: Runtime) -> None:
        async def step() -> None:
            calls.append(wf.run_id)
            await asyncio.sleep(0.001)

        await wf.activity("step", step)

    made = job(body)
    ids = [f"run-{n}" for n in range(12)]
    await started(backend, made, *ids)
    async with Worker(backend, [made], concurrency=3), Worker(backend, [made], concurrency=3):
        for run_id in ids:
            await finished(backend, run_id)
    assert Counter(calls) == Counter(ids)


async def asleep(wf: Runtime) -> Any:
    await wf.activity("before", lambda: 1)
    await wf.sleep("nap", "60ms")
    return await wf.activity("after", lambda: 2)


async def test_a_sleeper_is_let_go_and_taken_up_when_it_is_due(
    backend: Backend, quick: None
) -> None:
    made = job(asleep)
    control = await started(backend, made)
    async with Worker(backend, [made]):
        summary = await until(backend, lambda run: run.status == "sleeping")
        wake_at = summary.wake_at
        assert wake_at is not None
        assert (await finished(backend)).status == "ok"
    assert 1 <= await lives_of(backend) <= 3
    over = next(e for e in await control.events(RUN) if isinstance(e.fact, ev.SleepCompleted))
    assert over.at >= wake_at


async def waits(wf: Runtime) -> Any:
    both = await wf.parallel("both", [lambda: wf.wait("w", "go"), lambda: wf.sleep("nap", "1h")])
    return both


async def test_a_waiting_run_is_let_go_once_and_stays_so(quick: None) -> None:
    backend = MemoryBackend()
    made = job(waits)
    control = await started(backend, made)
    async with Worker(backend, [made]):
        await until(backend, lambda run: bool(run.open_waits))
        await let_go(backend)
        log = await told(backend)
        for _ in range(3):
            other = await control.start("job")
            await until(backend, lambda run: bool(run.open_waits), other)
        assert await told(backend) == log
        assert (await control.get(RUN)).status == "waiting"


async def test_a_delivery_wakes_a_run_that_was_let_go(backend: Backend, quick: None) -> None:
    async def body(wf: Runtime) -> Any:
        return await wf.wait("w", "go"), await wf.wait("v", "go")

    made = job(body)
    await started(backend, made)
    async with Worker(backend, [made]):
        for path in ("w", "v"):
            await until(backend, lambda run: any(w.path == path for w in run.open_waits))  # noqa: B023
            await let_go(backend)
            await Control(backend).deliver(RUN, path, "go", path)
        await finished(backend)
    assert (await backend.events(RUN))[-1].data["output"] == ("w", "v")


async def test_a_delivery_wakes_a_run_that_is_still_loaded(backend: Backend) -> None:
    async def body(wf: Runtime) -> Any:
        return await wf.wait("w", "go")

    made = job(body)
    await started(backend, made)
    async with Worker(backend, [made]):
        await until(backend, lambda run: bool(run.open_waits))
        await Control(backend).deliver(RUN, "w", "go", 1)
        await finished(backend)
    assert await lives_of(backend) == 1


async def test_a_delivery_through_another_handle_is_heard_at_once(tmp_path: Path) -> None:
    for url in (f"sqlite:{tmp_path}/runs.db", f"file:{tmp_path}/runs"):
        mine, other = open_backend(url), open_backend(url)

        async def body(wf: Runtime) -> Any:
            return await wf.wait("w", "go")

        made = job(body)
        await started(mine, made)
        async with Worker(mine, [made]):
            await until(other, lambda run: bool(run.open_waits))
            await Control(other).deliver(RUN, "w", "go", 1)
            before = asyncio.get_running_loop().time()
            await finished(other)
            assert asyncio.get_running_loop().time() - before < 0.5
        await mine.close()
        await other.close()


async def test_a_cancellation_reaches_a_run_that_was_let_go(quick: None) -> None:
    backend = MemoryBackend()
    made = job(waits)
    control = await started(backend, made)
    async with Worker(backend, [made]):
        await until(backend, lambda run: bool(run.open_waits))
        await let_go(backend)
        await control.cancel(RUN)
        assert (await finished(backend)).status == "cancelled"


async def test_a_retry_is_taken_up() -> None:
    backend, broken = MemoryBackend(), [True]

    async def body(wf: Runtime) -> Any:
        return await wf.activity("step", lambda: 1 / (0 if broken else 1))

    made = job(body)
    control = await started(backend, made)
    async with Worker(backend, [made]):
        assert (await finished(backend)).status == "error"
        broken.clear()
        await control.retry(RUN)
        await until(backend, lambda run: run.status == "ok")


async def test_a_damaged_run_is_put_aside_once_and_hurts_no_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    backend, made = SqliteBackend(tmp_path / "runs.db"), job(simple)
    control = Control(backend, [made])
    begun = [Event(ev.RunSubmitted(workflow="job")), Event(ev.RunStarted(worker="gone:1"))]
    await backend.append("hurt", begun)
    with closing(sqlite3.connect(tmp_path / "runs.db")) as hand, hand:
        hand.execute("UPDATE events SET seq = 7 WHERE run_id = 'hurt' AND seq = 2")
    async with Worker(backend, [made], concurrency=1):
        for run_id in ("a", "b", "c"):
            await control.start("job", run_id=run_id)
            await finished(backend, run_id)
    aside = [record for record in caplog.records if "hurt is put aside" in record.message]
    assert len(aside) == 1
    await backend.close()


async def test_the_name_of_an_event_is_held_to_what_can_be_delivered() -> None:
    backend = MemoryBackend()

    async def body(wf: Runtime) -> None:
        await wf.wait("approval", "no[such]event")

    with pytest.raises(InvalidIdError):
        await run_workflow(body, backend=backend, run_id=RUN)
    assert "WaitStarted" not in await told(backend)
