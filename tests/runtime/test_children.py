"""Child runs: started once and for all, called and waited for, cancelled with their caller."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from flopod import (
    ChildFailedError,
    Control,
    InvalidPayloadError,
    RunExistsError,
    Runtime,
    UnknownWorkflowError,
    Worker,
    create_runtime,
    run_workflow,
    workflow,
)
from flopod import events as ev
from flopod.backend import Backend
from flopod.paths import child_run_id
from flopod.summary import Status
from flopod.testing import WorkflowEnvironment
from flopod.tree import fold_tree, plain_tree
from flopod_backends import MemoryBackend
from runtime.families import (
    FAMILY,
    approval,
    asks,
    calls_and_waits,
    child,
    children,
    news,
    settled,
    square,
    squares,
    unlucky,
)
from runtime.lives import RUN, finished, let_go, until
from runtime.work import lives_of


@dataclass
class Size:
    width: int


@workflow
async def measure(wf: Runtime) -> Size:
    return Size(3)


@workflow
async def catches(wf: Runtime) -> list[str]:
    try:
        await wf.call("sub", unlucky, "out of paper")
    except ChildFailedError as error:
        return [error.path, error.run_id, error.cause.type, error.cause.message]
    return []


@workflow
async def relies(wf: Runtime) -> None:
    await wf.call("sub", unlucky)


# What a call gives


async def test_a_call_gives_the_result_of_the_child_as_its_type() -> None:
    @workflow
    async def buys(wf: Runtime) -> int:
        size = await wf.call("size", measure)
        return (await wf.call("area", square, size.width)) + (await wf.call("more", "square", 2))

    async with WorkflowEnvironment() as env:
        assert await env.run(buys) == 13


async def test_a_failed_child_is_an_error_that_the_body_can_live_with() -> None:
    async with WorkflowEnvironment() as env:
        run = await env.start(catches, run_id=RUN)
        path, run_id, *cause = await run.result()
        assert path == "sub"
        assert run_id == await child(env.backend)
        assert cause == ["ValueError", "out of paper"]


async def test_the_error_of_a_child_is_that_of_its_parent_and_says_which_run_it_was() -> None:
    async with WorkflowEnvironment() as env:
        run = await env.start(relies, run_id=RUN)
        with pytest.raises(ChildFailedError, match=r"child run '.*' called at 'sub'.*no luck"):
            await run.result()
        error = (await run.summary()).error
        assert error is not None and (error.path, error.kind) == ("sub", "child")
        assert error.child == await child(env.backend)


async def test_errors_of_children_in_an_each_are_their_items() -> None:
    @workflow
    async def tries(wf: Runtime) -> list[str]:
        done = await wf.each("all", ["a", "b"], lambda why, _: wf.call("sub", unlucky, why))
        assert all(isinstance(failed.error, ChildFailedError) for failed in done.errors)
        return [str(getattr(failed.error, "cause", "")) for failed in done.errors]

    async with WorkflowEnvironment() as env:
        assert await env.run(tries) == ["ValueError: a", "ValueError: b"]


async def test_a_child_cancelled_by_hand_makes_the_call_raise() -> None:
    async with WorkflowEnvironment() as env:
        run = await env.start(asks, run_id=RUN)
        await env.sleep(0)
        await env.control.cancel(await child(env.backend))
        with pytest.raises(ChildFailedError, match="was cancelled"):
            await run.result()


async def test_a_child_may_sleep_and_time_skips() -> None:
    @workflow
    async def naps(wf: Runtime) -> str:
        await wf.sleep("nap", "3d")
        return "awake"

    @workflow
    async def waits_for_naps(wf: Runtime) -> list[str]:
        return await wf.parallel("two", [lambda: wf.call("nap", naps), lambda: wf.call("n2", naps)])

    async with WorkflowEnvironment() as env:
        assert await env.run(waits_for_naps) == ["awake", "awake"]


# Whose child it is


async def test_a_child_shows_its_parent_and_the_parent_its_child() -> None:
    @workflow
    async def starts(wf: Runtime) -> str:
        await wf.call("now", square, 2)
        return await wf.start("later", square, 3)

    async with WorkflowEnvironment() as env:
        later = await env.run(starts, run_id=RUN)
        await env.sleep(0)
        [first, *_] = await env.control.events(later)
        assert isinstance(first.fact, ev.RunSubmitted) and first.fact.parent is not None
        assert (first.fact.parent.run_id, first.fact.parent.path) == (RUN, "later")
        assert {run.parent for run in await children(env.backend)} == {RUN}
        root = fold_tree(await env.control.events(RUN))
        assert [(node.path, node.kind, node.status, node.note) for node in root.children] == [
            ("now", "call", Status.OK, "→ square"),
            ("later", "start", Status.OK, "→ square"),
        ]
        assert plain_tree(root)["children"][1]["child"] == later == root.children[1].child


async def test_what_is_started_goes_its_own_way() -> None:
    @workflow
    async def leaves(wf: Runtime) -> str:
        return await wf.start("later", asks)

    async with WorkflowEnvironment() as env:
        later = await env.run(leaves)
        await env.sleep(0)
        assert (await env.control.get(later)).status is Status.WAITING
        await env.control.cancel(later)
        assert not (await env.control.get(later)).inner.owes


def test_the_id_of_a_child_is_its_parents_and_its_places() -> None:
    assert child_run_id("order-7", "items[3]/pay", "now").startswith("order-7.items-3-pay.")
    assert child_run_id("a", "b", "now") == child_run_id("a", "b", "now")
    others = [("a", "c", "now"), ("b", "b", "now"), ("a", "b", "later"), ("a", "[b]", "now")]
    assert len({child_run_id("a", "b", "now"), *(child_run_id(*one) for one in others)}) == 5
    assert len(child_run_id("r" * 128, "ü" * 200, "now")) <= 128


# What is refused


async def test_what_no_child_can_be_is_refused_before_anything_is_recorded() -> None:
    backend = MemoryBackend()
    async with await create_runtime(RUN, backend) as wf:
        for ask in (wf.call, wf.start):
            with pytest.raises(UnknownWorkflowError, match="no workflow 'nobody'"):
                await ask(f"{ask.__name__} a", "nobody")
            with pytest.raises(InvalidPayloadError):
                await ask(f"{ask.__name__} b", square, "two")
    assert await children(backend) == []
    assert not any(event.path for event in await backend.events(RUN))


async def test_an_id_that_another_run_has_is_refused() -> None:
    @workflow
    async def takes(wf: Runtime) -> list[str]:
        told = []
        try:
            await wf.start("a", square, 1, run_id="taken")
        except RunExistsError as error:
            told.append(str(error))
        try:
            await wf.call("b", square, 1, run_id="taken")
        except RunExistsError as error:
            told.append(str(error))
        return told

    async with WorkflowEnvironment() as env:
        await env.run(square, 5, run_id="taken")
        assert await env.run(takes) == ["run 'taken' exists already"] * 2
        assert await env.run(asks_by_id) == 9


@workflow
async def asks_by_id(wf: Runtime) -> int:
    started = await wf.start("a", square, 1, run_id="mine")
    assert started == "mine"
    return await wf.call("b", square, 3, run_id="mine-too")


async def test_a_hundred_runs_may_stand_one_above_the_other_and_no_more() -> None:
    @workflow
    async def digs(wf: Runtime, depth: int) -> int:
        return 1 + (await wf.call("deeper", "digs", depth - 1)) if depth else 0

    backend = MemoryBackend()
    assert await run_workflow(digs, 100, backend=backend, run_id=RUN) == 100
    with pytest.raises(ChildFailedError, match="more than 100 runs above it"):
        await run_workflow(digs, 101, backend=backend)


async def test_a_call_where_a_start_is_recorded_stops_the_run() -> None:
    backend = MemoryBackend()

    async def body(wf: Runtime) -> None:
        await wf.start("sub", asks)
        await wf.wait("w", "never")

    async def changed(wf: Runtime) -> None:
        await wf.call("sub", asks)

    control = Control(backend, [made := workflow(name="job")(body)])
    await control.start("job", run_id=RUN)
    async with Worker(backend, [made]):
        await until(backend, lambda run: bool(run.open_waits))
    async with Worker(backend, [workflow(name="job")(changed)]):
        await control.deliver(RUN, "w", "never")
        run = await until(backend, lambda run: run.status is Status.NEEDS_ATTENTION)
    assert run.error is not None and "recorded is a start, asked is a call" in run.error.message


# Cancel


async def test_cancelling_a_run_cancels_what_it_called_once_and_nothing_else() -> None:
    @workflow
    async def has_both(wf: Runtime) -> None:
        await wf.start("own way", approval)
        await wf.call("sub", asks)

    async with WorkflowEnvironment() as env:
        run = await env.start(has_both, run_id=RUN)
        await env.sleep(0)
        await run.cancel()
        await env.sleep("5s")
        below = {run.workflow: run for run in await children(env.backend)}
        assert below["asks"].status is Status.CANCELLED
        assert below["approval"].status is Status.WAITING
        grandchild = await child(env.backend, below["asks"].run_id)
        for run_id in (below["asks"].run_id, grandchild):
            log = await env.control.events(run_id)
            assert sum(isinstance(e.fact, ev.RunCancelled) for e in log) == 1
            assert sum(isinstance(e.fact, ev.RunCancelRequested) for e in log) <= 1
        assert news(await run.events()) == []


# Retry


async def test_a_run_retried_after_a_call_failed_looks_at_the_child_again() -> None:
    luck = [False]

    @workflow
    async def moody(wf: Runtime) -> str:
        def step() -> str:
            if not luck[0]:
                raise ValueError("not today")
            return "fine"

        return str(await wf.activity("step", step))

    @workflow
    async def relies_on_moody(wf: Runtime) -> str:
        return await wf.call("sub", moody)

    async with WorkflowEnvironment() as env:
        run = await env.start(relies_on_moody, run_id=RUN)
        with pytest.raises(ChildFailedError):
            await run.result()
        await run.retry()
        with pytest.raises(ChildFailedError):
            await run.result()
        luck[0] = True
        await env.control.retry(await child(env.backend))
        await run.retry()
        assert await run.result() == "fine"
        assert len(await children(env.backend)) == 1


async def test_a_run_whose_child_was_retried_before_it_heard_of_the_failure_waits_on() -> None:
    backend = MemoryBackend()
    control = Control(backend, FAMILY)
    await control.start("asks", run_id=RUN)
    async with Worker(backend, [asks, approval]):
        called = await calls_and_waits(backend)
    await control.cancel(called)
    assert news(await backend.events(RUN)) == ["ask"]
    await control.retry(called)
    async with Worker(backend, [asks, approval]):
        await until(backend, lambda run: not run.inner.news)
        await control.deliver(called, "approval", "approve", "yes")
        assert (await finished(backend)).status is Status.OK
    assert news(await backend.events(RUN)) == ["ask", "ask"]


async def test_a_cancelled_run_that_is_retried_finds_what_became_of_its_child() -> None:
    async with WorkflowEnvironment() as env:
        run = await env.start(asks, run_id=RUN)
        await env.sleep(0)
        called = await child(env.backend)
        await run.cancel()
        await env.sleep("5s")
        await env.control.retry(called)
        await run.retry()
        await env.control.deliver(called, "approval", "approve", "yes")
        assert await run.result() == "asked: yes"


# Fork


async def test_a_fork_of_a_run_that_waits_calls_a_child_of_its_own() -> None:
    async with WorkflowEnvironment() as env:
        run = await env.start(asks, run_id=RUN)
        await env.sleep(0)
        last = (await run.summary()).last_seq
        fork = await env.control.fork(RUN, last)
        await env.sleep(0)
        own, of_fork = await child(env.backend), await child(env.backend, fork)
        assert own != of_fork
        await env.control.cancel(fork)
        await env.sleep("5s")
        assert (await env.control.get(of_fork)).status is Status.CANCELLED
        await env.control.deliver(own, "approval", "approve", "yes")
        assert await run.result() == "asked: yes"


async def test_a_fork_keeps_what_a_child_came_to_and_starts_nothing_again() -> None:
    @workflow
    async def starts_and_waits(wf: Runtime) -> Any:
        started = await wf.start("a", square, 2)
        return started, await wf.call("b", square, 3), await wf.wait("w", "go")

    async with WorkflowEnvironment() as env:
        run = await env.start(starts_and_waits, run_id=RUN)
        await run.until_waiting("go")
        fork = await env.control.fork(RUN, (await run.summary()).last_seq)
        await env.control.deliver(fork, "w", "go", 1)
        await run.deliver("go", 1)
        result = await run.result()
        await env.sleep(0)
        completed = (await env.control.events(fork))[-1].fact
        assert isinstance(completed, ev.RunCompleted)
        assert (await env.control.events(RUN))[-1].fact.output == completed.output  # type: ignore[union-attr]
        assert await children(env.backend, fork) == []
        assert result[1] == 9


async def test_a_fork_of_a_child_is_nobodys_child() -> None:
    async with WorkflowEnvironment() as env:
        run = await env.start(asks, run_id=RUN)
        await env.sleep(0)
        called = await child(env.backend)
        fork = await env.control.fork(called, (await env.control.get(called)).last_seq)
        assert (await env.control.get(fork)).parent is None
        await env.control.deliver(fork, "approval", "approve", "of the fork")
        await env.sleep("5s")
        assert (await env.control.get(fork)).status is Status.OK
        assert news(await run.events()) == []


# Without a worker


async def test_a_run_in_this_process_executes_its_children_here(backend: Backend) -> None:
    async with asyncio.timeout(10):
        assert await run_workflow(squares, 4, backend=backend, run_id=RUN) == 14
    assert {run.status for run in await children(backend)} == {Status.OK}
    assert await backend.workers() == []


async def test_a_run_by_hand_has_its_children_executed_here_too() -> None:
    backend = MemoryBackend()
    async with await create_runtime(RUN, backend) as wf:
        assert await wf.call("a", square, 3) == 9
    assert await backend.workers() == []


async def test_a_run_that_waits_for_a_child_costs_a_row(backend: Backend, quick: None) -> None:
    control = Control(backend, FAMILY)
    await control.start("asks", run_id=RUN)
    async with Worker(backend, [asks, approval]) as worker:
        called = await calls_and_waits(backend)
        await let_go(backend)
        assert RUN not in worker.held
        assert (await control.get(RUN)).status is Status.WAITING
        await control.deliver(called, "approval", "approve", "yes")
        await finished(backend)
        await settled(backend, called)
    assert news(await backend.events(RUN)) == ["ask"]
    assert await lives_of(backend) == 2
