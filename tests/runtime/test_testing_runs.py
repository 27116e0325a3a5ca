"""The kit for users' tests: one run of a test, a run by hand, and the clock itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from flopod import (
    NonRetryable,
    RunCancelledError,
    RunFinishedError,
    Runtime,
    Workflow,
    create_runtime,
    run_workflow,
)
from flopod.testing import SkippingClock, StalledError, WorkflowEnvironment
from flopod_backends import MemoryBackend
from runtime.lives import told
from runtime.long import DAY, LONG_AGO, thirty_days, ticks

# One run


async def test_a_delivery_that_fits_two_waits_asks_for_a_path() -> None:
    async def body(wf: Runtime) -> Any:
        return await wf.parallel("both", [lambda: wf.wait("ask", "go", type=int)] * 2)

    async with WorkflowEnvironment() as env:
        run = await env.start(body)
        await env.sleep(0)
        with pytest.raises(ValueError, match=r"'both\[0\]/ask', 'both\[1\]/ask'; say path="):
            await run.deliver("go", 1)
        await run.deliver("go", 1, path="both[1]/ask")
        await run.deliver("go", 2)
        assert await run.result() == [2, 1]


async def test_a_run_that_ends_without_the_wait_says_so() -> None:
    async with WorkflowEnvironment() as env:
        run = await env.start(thirty_days, 5)
        with pytest.raises(RunFinishedError, match="is ok: cannot wait for 'no such event'"):
            await run.deliver("no such event")


class Refused(Exception):
    """What an author raises."""


async def test_the_result_of_a_failed_run_is_what_its_body_raised() -> None:
    async def body(wf: Runtime) -> None:
        raise Refused("by the bank")

    async with WorkflowEnvironment() as env:
        with pytest.raises(Refused, match="by the bank"):
            await env.run(body)


async def test_a_failed_run_is_retried_and_a_sleeping_one_cancelled() -> None:
    broken = [True]

    def step() -> str:
        if broken:
            raise NonRetryable("not now")
        return "done"

    async def body(wf: Runtime) -> str:
        done: str = await wf.activity("step", step)
        await wf.sleep("nap", "1d")
        return done

    async with WorkflowEnvironment() as env:
        run = await env.start(body)
        with pytest.raises(Exception, match="not now"):
            await run.result()
        broken.clear()
        await run.retry()
        assert await run.result() == "done"

        other = await env.start(body)
        await env.sleep("1h")
        await other.cancel()
        with pytest.raises(RunCancelledError):
            await other.result()


async def test_a_test_reads_state_summary_and_events() -> None:
    async with WorkflowEnvironment() as env:
        run = await env.start(thirty_days, 5)
        wait = await run.until_waiting()
        assert (wait.path, wait.event) == ("answer", "renewed")
        assert await run.state() == {}
        await run.result()
        assert await run.state() == {"attempts": 1}
        assert (await run.summary()).progress.done == 1
        assert (await run.events())[-1].type == "RunCompleted"


# By hand


async def test_time_skips_for_a_run_that_the_test_itself_authors() -> None:
    async with WorkflowEnvironment(now=LONG_AGO) as env:
        async with await env.create_runtime("by-hand") as wf:
            await wf.sleep("nap", "30d")
            assert await wf.wait("approval", "approve", timeout="1d") is None
            assert await wf.now("then") == LONG_AGO + 31 * DAY
        assert (await env.control.get("by-hand")).status == "ok"


async def test_a_run_by_hand_that_waits_for_nothing_says_so() -> None:
    async with WorkflowEnvironment(patience=0.05) as env:
        with pytest.raises(StalledError, match="waits for 'approve' at 'approval'"):
            async with await env.create_runtime("by-hand") as wf:
                await wf.wait("approval", "approve")


async def test_a_run_of_ones_own_goes_by_the_clock_that_is_given() -> None:
    async def body(wf: Runtime) -> datetime:
        return await wf.now("now")

    backend, clock = MemoryBackend(), SkippingClock(LONG_AGO)
    assert await run_workflow(body, backend=backend, run_id="a", clock=clock) == LONG_AGO
    async with await create_runtime("b", backend, clock=clock) as wf:
        assert await wf.now("now") == LONG_AGO
    assert (await backend.events("a"))[-1].at == LONG_AGO


# Use


async def test_an_environment_is_opened_once_and_before_anything_else() -> None:
    env = WorkflowEnvironment()
    for call in (lambda: env.start(thirty_days, 5), lambda: env.sleep(1), env.create_runtime):
        with pytest.raises(RuntimeError, match="open it first"):
            await call()
    async with env:
        with pytest.raises(RuntimeError, match="opened before"):
            await env.__aenter__()


async def test_two_workflows_of_one_name_are_refused() -> None:
    async def other(wf: Runtime) -> None:
        pass

    async with WorkflowEnvironment() as env:
        first = await env.start(Workflow(other, "job"), run_id="first")
        with pytest.raises(ValueError, match="another workflow 'job'"):
            await env.start(Workflow(thirty_days, "job"))
        await first.result()
        assert await told(env.backend, "first", "RunCompleted") == ["RunCompleted"]


# The clock


async def test_the_clock_rings_in_the_order_of_the_times() -> None:
    clock, rung = SkippingClock(LONG_AGO), list[str]()
    clock.call_at(LONG_AGO + 2 * DAY, lambda: rung.append("second"))
    clock.call_at(LONG_AGO + DAY, lambda: rung.append("first"))
    clock.call_at(LONG_AGO + DAY, lambda: rung.append("with it"))
    clock.call_at(LONG_AGO + DAY, lambda: rung.append("never")).cancel()
    assert clock.next_alarm == LONG_AGO + DAY
    clock.skip()
    assert (rung, clock.now()) == (["first", "with it"], LONG_AGO + DAY)
    clock.skip()
    clock.skip()
    assert (rung[2:], clock.now()) == (["second"], LONG_AGO + 2 * DAY)


async def test_what_is_due_already_rings_soon_and_only_once() -> None:
    clock, rung = SkippingClock(LONG_AGO), list[str]()
    clock.call_at(LONG_AGO, lambda: rung.append("now"))
    clock.call_at(LONG_AGO, lambda: rung.append("never")).cancel()
    assert not rung
    await ticks(2)
    assert rung == ["now"]
    assert clock.next_alarm is None
