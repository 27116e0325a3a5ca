"""The rename guard: what is new must not pass over what is recorded, and raises no false alarm."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from flopod import (
    STOP,
    ActivityError,
    Control,
    NondeterminismError,
    Runtime,
    UnknownBranchError,
    Worker,
    create_runtime,
)
from flopod import events as ev
from flopod.events import Event
from flopod.stored import encoded
from flopod_backends import MemoryBackend
from runtime.lives import RUN, cut, finished, told, until
from runtime.versions import changing, left_after, refuses, run
from runtime.work import job, started

Steps = Callable[[Runtime], Any]


def steps(*ids: str, calls: list[str] | None = None) -> Steps:
    """Return a body of steps with these ids."""

    async def body(wf: Runtime) -> list[str]:
        def step(id: str) -> Callable[[], str]:
            return lambda: (calls if calls is not None else []).append(id) or id

        return [await wf.activity(id, step(id)) for id in ids]

    return body


async def test_a_renamed_step_is_refused_before_it_runs() -> None:
    calls: list[str] = []
    first, second = changing(
        was=steps("fetch", "charge", "ship", "tell"),
        is_now=steps("fetch", "charge-card", "ship", calls=calls),
    )
    backend = await left_after("ActivityCompleted ship", first)

    await refuses(backend, second, "recorded: charge, ship | asked: charge-card, which is new")

    assert not calls
    stopped: Any = (await backend.events(RUN))[-1].fact
    assert stopped.recorded == ("fetch", "charge", "ship")
    assert stopped.asked == ("fetch", "charge-card")
    summary = await Control(backend).get(RUN)
    assert summary.error is not None
    assert (summary.error.type, summary.error.path) == ("NondeterminismError", "charge-card")


async def test_a_refused_run_goes_on_with_its_old_code() -> None:
    first, second = changing(was=steps("a", "b", "c"), is_now=steps("a", "B", "c"))
    backend = await left_after("ActivityCompleted b", first)
    await refuses(backend, second)

    await Control(backend).retry(RUN)

    assert await run(first, backend) == ["a", "b", "c"]
    assert (await told(backend, RUN, "ActivityStarted")).count("ActivityStarted b") == 1


KINDS: dict[str, Callable[[Runtime, str], Any]] = {
    "activity": lambda wf, id: wf.activity(id, lambda: 1),
    "attempt": lambda wf, id: wf.activity(id, lambda: 1),
    "sleep": lambda wf, id: wf.sleep(id, 0),
    "wait": lambda wf, id: wf.wait(id, "never", timeout=0),
    "var": lambda wf, id: wf.var(id, 0),
    "list": lambda wf, id: wf.list(id),
    "map": lambda wf, id: wf.map(id),
    "now": lambda wf, id: wf.now(id),
    "branch": lambda wf, id: wf.branch(id, 1, {1: lambda: 1}),
    "each": lambda wf, id: wf.each(id, [1], lambda item, index: item),
    "parallel": lambda wf, id: wf.parallel(id, [lambda: 1]),
    "repeat": lambda wf, id: wf.repeat(id, lambda iteration: STOP),
    "repeat of steps": lambda wf, id: wf.repeat(id, lambda i: in_a_repeat(wf)),
}


async def in_a_repeat(wf: Runtime) -> Any:
    await wf.activity("page", lambda: 1)
    return STOP


@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_of_call_is_guarded(kind: str) -> None:
    async def old(wf: Runtime) -> None:
        await KINDS[kind](wf, "x")
        await wf.activity("end", lambda: 1)

    async def new(wf: Runtime) -> None:
        await KINDS[kind](wf, "y")

    first, second = changing(was=old, is_now=new)
    backend = await left_after("ActivityCompleted end", first)
    await refuses(backend, second, "recorded: x, end | asked: y, which is new")


async def test_a_renamed_repeat_of_plain_code_is_refused_before_it_runs() -> None:
    calls: list[int] = []

    def version(id: str) -> Steps:
        async def body(wf: Runtime) -> Any:
            def page(iteration: int) -> Any:
                calls.append(iteration)
                return STOP if iteration == 1 else None

            return await wf.repeat(id, page)

        return body

    first, second = changing(was=version("pages"), is_now=version("all-pages"))
    backend = await left_after("RepeatIterationCompleted pages[0]", first)
    calls.clear()
    await refuses(backend, second, "recorded: pages | asked: all-pages")
    assert not calls


async def test_a_step_in_another_place_is_refused_too() -> None:
    async def inside(wf: Runtime) -> None:
        await wf.branch("kind", "a", {"a": lambda: steps("charge")(wf)})

    async def outside(wf: Runtime) -> None:
        await wf.branch("kind", "a", {"a": lambda: None})
        await wf.activity("charge", lambda: 1)

    for was, is_now, recorded in (
        (inside, outside, r"kind[a]/charge"),
        (outside, inside, "charge"),
    ):
        first, second = changing(was=was, is_now=is_now)
        backend = await left_after(f"ActivityCompleted {recorded}", first)
        await refuses(backend, second, f"recorded: {recorded} | asked: ")


async def test_a_renamed_step_inside_an_open_item_is_refused() -> None:
    def items(id: str) -> Steps:
        async def body(wf: Runtime) -> Any:
            async def item(value: int, index: int) -> Any:
                await wf.activity(id, lambda: value)
                return await wf.activity("after", lambda: value)

            return await wf.each("all", [1, 2], item, concurrency=2)

        return body

    first, second = changing(was=items("x"), is_now=items("y"))
    backend = await left_after("ActivityCompleted all[0]/x", first)
    with pytest.raises(NondeterminismError, match=r"recorded: all\[0\]/x \| asked: all\[0\]/y"):
        await run(second, backend)


async def test_what_is_new_at_the_end_runs_and_what_is_gone_at_the_end_is_told() -> None:
    first, longer = changing(was=steps("a", "b"), is_now=steps("a", "b", "c"))
    assert await run(longer, await left_after("ActivityCompleted b", first)) == ["a", "b", "c"]

    first, shorter = changing(was=steps("a", "b"), is_now=steps("a"))
    backend = await left_after("ActivityCompleted b", first)
    assert await run(shorter, backend) == ["a"]
    assert (await backend.events(RUN))[-1].data["unvisited"] == ("b",)


# No false alarm: the same code goes on


async def goes_on(body: Steps, backend: MemoryBackend) -> Any:
    """Cut the run of a body after every event, and see it end the same each time."""
    result = await run(body, backend)
    log = await backend.events(RUN)
    for length in range(1, len(log)):
        left = await cut(log[:length])
        assert await run(body, left) == result
    return result


async def test_tasks_of_the_authors_own_may_be_ahead_of_each_other() -> None:
    async def body(wf: Runtime) -> Any:
        async def line(name: str, turns: int) -> None:
            for step in range(3):
                for _ in range(turns):
                    await asyncio.sleep(0)
                await wf.activity(f"{name}{step}", lambda: None)

        await asyncio.gather(line("slow", 9), line("quick", 0))
        return await wf.activity("end", lambda: "end")

    assert await goes_on(body, MemoryBackend()) == "end"


BEGUN = [Event(ev.RunSubmitted(workflow="body")), Event(ev.RunStarted())]


def done(path: str) -> list[Event]:
    return [
        Event(ev.ActivityStarted(), path),
        Event(ev.ActivityCompleted(output=encoded(path)), path),
    ]


def beside(wf: Runtime, seconds: float) -> Any:
    """A line of the body that takes its time before its step."""

    async def line() -> None:
        await asyncio.sleep(seconds)
        await wf.activity("beside", lambda: None)

    return line()


async def test_a_task_that_has_not_had_its_turn_yet_is_waited_for() -> None:
    async def body(wf: Runtime) -> Any:
        task = asyncio.create_task(beside(wf, 0))
        for id in ("step", "next"):
            await wf.activity(id, lambda: None)
        await task
        return "end"

    assert await goes_on(body, MemoryBackend()) == "end"
    assert await run(body, await cut([*BEGUN, *done("step"), *done("beside")])) == "end"


async def test_lines_under_gather_are_in_no_order() -> None:
    async def body(wf: Runtime) -> Any:
        await asyncio.gather(steps("step", "next")(wf), beside(wf, 0.02))
        return "end"

    assert await run(body, await cut([*BEGUN, *done("step"), *done("beside")])) == "end"


async def test_steps_that_overlap_in_the_log_were_not_called_in_order() -> None:
    """A task that waits for what no replay knows is told by what it has left."""

    async def body(wf: Runtime) -> Any:
        task = asyncio.create_task(beside(wf, 0.02))
        try:
            await wf.activity("step", lambda: None)
            return await wf.activity("next", lambda: "next")
        finally:
            await task

    step, other = done("step"), done("beside")
    overlapping = [step[0], other[0], step[1], other[1]]
    assert await run(body, await cut([*BEGUN, *overlapping])) == "next"
    with pytest.raises(NondeterminismError):
        await run(body, await cut([*BEGUN, *step, *other]))


async def test_what_raised_before_it_recorded_anything_is_not_new() -> None:
    async def source() -> Any:
        raise LookupError("no items")
        yield

    async def fail(iteration: int) -> Any:
        raise LookupError("no iteration")

    async def body(wf: Runtime) -> Any:
        seen = []
        for call in (
            lambda: wf.branch("b", "x", {"y": lambda: 1}),
            lambda: wf.each("e", source(), lambda item, index: item),
            lambda: wf.repeat("r", fail),
            lambda: wf.var("v", object()),
            lambda: wf.map("m", {object(): 1}),
        ):
            try:
                await call()
            except Exception as error:
                seen.append(type(error).__name__)
            await wf.activity(f"after-{len(seen)}", lambda: None)
        return seen

    names = ["UnknownBranchError", "LookupError", "LookupError"]
    assert (await goes_on(body, MemoryBackend()))[:3] == names


async def test_after_a_retry_the_body_may_leave_out_what_it_did_to_undo() -> None:
    broken = [True]

    async def body(wf: Runtime) -> Any:
        def book() -> str:
            if broken:
                raise ConnectionError("down")
            return "booked"

        await wf.activity("first", lambda: 1)
        try:
            await wf.activity("book", book)
        except ActivityError:
            await wf.activity("undo", lambda: "undone")
            raise
        return await wf.activity("tell", lambda: "told")

    backend = MemoryBackend()
    with pytest.raises(ActivityError):
        await run(body, backend)
    broken.clear()
    await Control(backend).retry(RUN)
    assert await run(body, backend) == "told"
    log = await backend.events(RUN)
    for length in range(1, len(log)):
        left = await cut(log[:length])
        broken.clear()
        with suppress(ActivityError):
            await run(body, left)
        assert (await Control(left).get(RUN)).status in ("ok", "error")


async def test_after_a_retry_what_was_recorded_since_is_guarded_again() -> None:
    broken = [True]

    def version(last: str) -> Steps:
        async def body(wf: Runtime) -> Any:
            try:
                await wf.activity("book", lambda: 1 // (not broken))
            except ActivityError:
                await wf.activity("undo", lambda: 1)
                raise
            await wf.activity(last, lambda: 1)
            await wf.activity("end", lambda: 1)

        return body

    first, second = changing(was=version("tell"), is_now=version("tell-all"))
    backend = MemoryBackend()
    with pytest.raises(ActivityError):
        await run(first, backend)
    broken.clear()
    await Control(backend).retry(RUN)
    await run(first, backend)
    log = await backend.events(RUN)
    left = await cut([e for e in log if not (isinstance(e.fact, ev.RunCompleted))][:-2])
    await refuses(left, second, "recorded: tell | asked: tell-all")


async def test_a_cancelled_run_that_cleaned_up_can_be_retried() -> None:
    inside, calls = asyncio.Event(), []

    async def body(wf: Runtime) -> Any:
        async def hang() -> None:
            calls.append("hang")
            inside.set()
            await asyncio.Event().wait() if len(calls) == 1 else None

        try:
            await wf.activity("hang", hang)
            await wf.activity("next", lambda: calls.append("next"))
        finally:
            await wf.activity("clean", lambda: calls.append("clean"))
        return "end"

    backend, made = MemoryBackend(), job(body)
    control = await started(backend, made)
    async with Worker(backend, [made]):
        await inside.wait()
        await control.cancel(RUN)
        await until(backend, lambda run: run.status == "cancelled")
        await control.retry(RUN)
        assert (await finished(backend)).status == "ok"
    assert calls == ["hang", "clean", "hang", "next"]


async def test_a_run_cancelled_between_two_steps_that_cleaned_up_can_be_retried() -> None:
    inside, go = threading.Event(), threading.Event()

    async def body(wf: Runtime) -> Any:
        try:
            await wf.activity("slow", lambda: inside.set() or go.wait(10))
            await wf.activity("next", lambda: None)
        finally:
            await wf.activity("clean", lambda: None)
        return "end"

    backend, made = MemoryBackend(), job(body)
    control = await started(backend, made)
    async with Worker(backend, [made]):
        await asyncio.to_thread(inside.wait)
        await control.cancel(RUN)
        await until(backend, lambda run: run.inner.cancel_requested)
        go.set()
        await until(backend, lambda run: run.status == "cancelled")
        await control.retry(RUN)
        assert (await finished(backend)).status == "ok"
    steps = await told(backend, RUN, "ActivityCompleted")
    assert [line.split()[1] for line in steps] == ["slow", "clean", "next"]


async def test_a_failed_item_that_is_retried_raises_no_alarm() -> None:
    broken = [True]

    async def body(wf: Runtime) -> Any:
        async def item(value: int, index: int) -> Any:
            await wf.activity("a", lambda: value)
            if value == 1:
                await wf.activity("b", lambda: 1 // (not broken))
            return await wf.activity("c", lambda: value)

        done = await wf.each("all", range(3), item, concurrency=2)
        await wf.activity("report", lambda: len(done.errors))
        if done.errors:
            raise done.errors[0].error
        return await wf.activity("end", lambda: done.results)

    backend = MemoryBackend()
    with pytest.raises(ActivityError):
        await run(body, backend)
    broken.clear()
    await Control(backend).retry(RUN)
    assert await run(body, backend) == [0, 1, 2]


async def test_a_run_by_hand_need_not_ask_again_for_what_is_recorded() -> None:
    backend = MemoryBackend()
    async with await create_runtime(RUN, backend) as wf:
        await wf.activity("a", lambda: 1)
        await wf.close()
    async with await create_runtime(RUN, backend) as wf:
        assert await wf.activity("b", lambda: 2) == 2


async def test_a_branch_never_taken_is_asked_for_whatever_comes_after() -> None:
    async def body(wf: Runtime) -> Any:
        with suppress(UnknownBranchError):
            await wf.branch("kind", "none", {"a": lambda: 1})
        return await wf.activity("after", lambda: "after")

    assert await goes_on(body, MemoryBackend()) == "after"
