"""The kit for users' tests: time skips while a test waits for a run, and only then."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from flopod import (
    Control,
    Runtime,
    Workflow,
)
from flopod.process import this_process
from flopod.stored import utc_now
from flopod.testing import StalledError, WorkflowEnvironment
from flopod_backends import MemoryBackend
from runtime.lives import let_go
from runtime.long import DAY, HOUR, LONG_AGO, lives, sleeps_twice, thirty_days, ticks

# Skipping


async def test_a_workflow_of_thirty_days_skips_sleeps_time_limits_and_back_offs() -> None:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(5), WorkflowEnvironment(now=LONG_AGO) as env:
        began = loop.time()
        run = await env.start(thirty_days, 5)
        assert await run.result() == [None, 5]
        assert env.clock.now() == LONG_AGO + 30 * DAY + 12 * HOUR
        assert loop.time() - began < 5, "about 20 ms where nothing else runs"


async def test_a_skipped_workflow_waits_for_no_real_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    loop, rung = asyncio.get_running_loop(), list[float]()
    call_at = loop.call_at

    def watched(when: float, callback: Any, *args: Any, **kwargs: Any) -> asyncio.TimerHandle:
        def ring() -> None:
            rung.append(delay)
            callback(*args)

        delay = when - loop.time()
        return call_at(when, ring, **kwargs)

    monkeypatch.setattr(loop, "call_at", watched)
    async with WorkflowEnvironment() as env:
        assert await env.run(thirty_days, 5) == [None, 5]
    assert max(rung, default=0) < 0.05, "only what records a late start, after 5 ms"


async def test_a_delivery_needs_only_the_name_of_its_event() -> None:
    async with WorkflowEnvironment(now=LONG_AGO) as env:
        run = await env.start(thirty_days, 5)
        assert (await run.deliver("renewed", "yes")).waiting
        assert env.clock.now() == LONG_AGO + 29 * DAY, "time stopped when the wait opened"
        assert await run.result() == ["yes", 5]
        assert env.clock.now() == LONG_AGO + 29 * DAY + 12 * HOUR


async def test_time_stands_still_while_the_test_does_something_else() -> None:
    async with WorkflowEnvironment(now=LONG_AGO) as env:
        run = await env.start(thirty_days, 5)
        await ticks()
        assert (await run.summary()).status == "sleeping"
        assert env.clock.now() == LONG_AGO


async def test_so_much_time_passes_as_the_test_sleeps() -> None:
    async with WorkflowEnvironment(now=LONG_AGO) as env:
        run = await env.start(thirty_days, 5)
        await env.sleep("36h")
        assert env.clock.now() == LONG_AGO + 36 * HOUR
        assert (await run.summary()).wake_at == LONG_AGO + 2 * DAY
        await env.sleep("12h")
        assert (await run.summary()).wake_at == LONG_AGO + 3 * DAY, "what is due then has happened"


@pytest.mark.parametrize("together", ["parallel", "gather"])
async def test_time_stands_still_while_a_step_is_in_flight(together: str) -> None:
    at_work, may_end = asyncio.Event(), asyncio.Event()

    async def step() -> None:
        at_work.set()
        await may_end.wait()

    async def body(wf: Runtime) -> None:
        nap, work = lambda: wf.sleep("nap", "1h"), lambda: wf.activity("work", step)
        if together == "parallel":
            await wf.parallel("both", [nap, work])
        else:
            await asyncio.gather(nap(), work())

    async with asyncio.timeout(5), WorkflowEnvironment(now=LONG_AGO) as env:
        result = asyncio.create_task(env.run(body))
        await at_work.wait()
        await ticks()
        assert env.clock.now() == LONG_AGO
        may_end.set()
        await result
        assert env.clock.now() == LONG_AGO + HOUR


async def test_branches_that_only_asyncio_knows_of_sleep_side_by_side() -> None:
    async def body(wf: Runtime) -> datetime:
        await asyncio.gather(wf.sleep("a", "1h"), wf.sleep("b", "2h"), wf.sleep("c", "3h"))
        return await wf.now("then")

    async with WorkflowEnvironment(now=LONG_AGO) as env:
        assert await env.run(body) == LONG_AGO + 3 * HOUR


async def test_many_runs_wake_in_the_order_of_their_times() -> None:
    woken = []

    async def body(wf: Runtime, hours: int) -> None:
        await wf.sleep("nap", timedelta(hours=hours))
        await wf.activity("wake", lambda: woken.append(hours))

    async with WorkflowEnvironment(now=LONG_AGO) as env:
        runs = [await env.start(body, hours) for hours in (7, 1, 30, 4, 24 * 400)]
        for run in runs:
            await run.result()
        assert woken == [1, 4, 7, 30, 9600]
        assert env.clock.now() == LONG_AGO + 400 * DAY


async def test_a_run_that_was_just_started_goes_before_time_does() -> None:
    async def quick(wf: Runtime) -> datetime:
        return await wf.now("now")

    async with WorkflowEnvironment(now=LONG_AGO) as env:
        await env.start(thirty_days, 5)
        await env.sleep(0)
        assert await env.run(quick) == LONG_AGO


async def test_a_delivery_made_aside_is_heard_before_time_runs_out() -> None:
    async def body(wf: Runtime) -> Any:
        return await wf.wait("approval", "approve", timeout="1h")

    async with WorkflowEnvironment(now=LONG_AGO) as env:
        run = await env.start(body)
        await env.sleep(0)
        result = asyncio.ensure_future(run.result())
        await env.control.deliver(run.run_id, "approval", "approve", "yes")
        assert await result == "yes"
        assert env.clock.now() == LONG_AGO


async def test_a_wait_that_nobody_answers_fails_the_test_that_waits_for_it() -> None:
    async def body(wf: Runtime) -> Any:
        return await wf.wait("approval", "approve")

    async with asyncio.timeout(5), WorkflowEnvironment(patience=0.05) as env:
        run = await env.start(body)
        with pytest.raises(StalledError, match="waits for 'approve' at 'approval'"):
            await run.result()
        with pytest.raises(StalledError):
            await run.deliver("something else")
        await run.deliver("approve", "after all")
        assert await run.result() == "after all"


# Leases


@pytest.mark.parametrize("now", [LONG_AGO, None])
async def test_a_lease_outlives_any_jump(now: datetime | None) -> None:
    async with WorkflowEnvironment(now=now) as env:
        run = await env.start(thirty_days, 5)
        await env.sleep("20d")
        assert (await run.summary()).worker is not None
        await run.result()
        assert await lives(run) == 1, "nobody took it over"


async def test_a_worker_is_alive_whatever_its_clock_says() -> None:
    async def body(wf: Runtime) -> None:
        pass

    async with WorkflowEnvironment(now=LONG_AGO) as env:
        await env.run(body)
        assert len(await env.control.workers()) == 1


async def test_a_store_in_memory_tells_who_is_alive_by_a_clock_of_its_own() -> None:
    now = utc_now()
    backend = MemoryBackend(lambda: now + 30 * DAY, lease_clock=lambda: now)
    await Control(backend, [Workflow(sleeps_twice, "job")]).start("job", run_id="run")
    one, other = this_process(concurrency=1), this_process(concurrency=1)
    assert len(await backend.claim(one, workflows=["job"], limit=1)) == 1
    assert await backend.claim(other, workflows=["job"], limit=1) == []


@pytest.mark.usefixtures("quick")
async def test_a_run_that_was_unloaded_is_taken_up_when_the_clock_says_so() -> None:
    async with WorkflowEnvironment(now=LONG_AGO) as env:
        run = await env.start(sleeps_twice, run_id="the-run")
        await env.sleep(0)
        await let_go(env.backend)
        assert await run.result() == LONG_AGO + 2 * DAY
        assert await lives(run) > 1
