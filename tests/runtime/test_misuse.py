"""Primitives where none can be: a named error, and a log that is intact."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from flopod import (
    ActivityError,
    Control,
    DuplicateIdError,
    RunFinishedError,
    Runtime,
    ScopeError,
    SerializableError,
    create_runtime,
)
from flopod_backends import MemoryBackend
from runtime.lives import RUN, told
from runtime.versions import run

CALLS: dict[str, Callable[[Runtime], Awaitable[Any]]] = {
    "activity": lambda wf: wf.activity("x", lambda: 1),
    "branch": lambda wf: wf.branch("x", 1, {1: lambda: 1}),
    "each": lambda wf: wf.each("x", [1], lambda item, index: item),
    "repeat": lambda wf: wf.repeat("x", lambda i: None),
    "parallel": lambda wf: wf.parallel("x", [lambda: 1]),
    "sleep": lambda wf: wf.sleep("x", 0),
    "wait": lambda wf: wf.wait("x", "go", timeout=0),
    "var": lambda wf: wf.var("x", 0),
    "list": lambda wf: wf.list("x"),
    "map": lambda wf: wf.map("x"),
    "now": lambda wf: wf.now("x"),
}
every_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


@every_call
async def test_an_id_is_used_once_by_whatever_call(call: Any) -> None:
    async def body(wf: Runtime) -> Any:
        await wf.activity("x", lambda: "first")
        with pytest.raises(DuplicateIdError, match="id used twice: 'x'"):
            await call(wf)
        return "intact"

    backend = MemoryBackend()
    assert await run(body, backend) == "intact"
    assert [line for line in await told(backend) if line.endswith(" x")] == [
        "ActivityStarted x",
        "ActivityCompleted x",
    ]


@every_call
async def test_no_call_can_be_made_inside_a_step(call: Any) -> None:
    async def body(wf: Runtime) -> Any:
        for id, step in {
            "on-loop": lambda: call(wf),
            "in-thread": lambda: asyncio.run(call(wf)),
        }.items():
            with pytest.raises(ActivityError, match="inside step") as caught:
                await wf.activity(id, step)
            assert caught.value.cause.type == ScopeError.__name__
        return "intact"

    assert await run(body) == "intact"


@every_call
async def test_no_call_can_be_made_from_another_loop(call: Any) -> None:
    async def body(wf: Runtime) -> Any:
        caught: list[BaseException] = []

        def elsewhere() -> None:
            try:
                asyncio.run(call(wf))
            except BaseException as error:
                caught.append(error)

        thread = threading.Thread(target=elsewhere)
        thread.start()
        await asyncio.get_running_loop().run_in_executor(None, thread.join)
        assert isinstance(caught[0], ScopeError), caught
        assert "another event loop" in str(caught[0])
        return "intact"

    backend = MemoryBackend()
    assert await run(body, backend) == "intact"
    assert await told(backend) == ["RunSubmitted", "RunStarted", "RunCompleted"]


@every_call
async def test_no_call_can_be_made_after_the_end_of_its_run(call: Any) -> None:
    kept: list[Runtime] = []

    async def body(wf: Runtime) -> str:
        kept.append(wf)
        return "ended"

    backend = MemoryBackend()
    await run(body, backend)
    log = await told(backend)
    with pytest.raises(RunFinishedError, match="at its end"):
        await call(kept[0])
    assert await told(backend) == log


async def test_a_task_that_outlives_its_body_begins_nothing() -> None:
    ended, calls, tasks = asyncio.Event(), [], []

    async def body(wf: Runtime) -> str:
        async def left_behind() -> None:
            await ended.wait()
            await wf.activity("late", lambda: calls.append("late"))

        tasks.append(asyncio.create_task(left_behind()))
        return "ended"

    backend = MemoryBackend()
    await run(body, backend)
    ended.set()
    with pytest.raises(RunFinishedError, match="begin activity 'late'"):
        await tasks[0]
    assert not calls


@every_call
async def test_no_call_can_be_made_once_a_run_by_hand_is_closed(call: Any) -> None:
    wf = await create_runtime(RUN, MemoryBackend())
    await wf.close()
    with pytest.raises(ScopeError, match="closed here"):
        await call(wf)


async def test_variables_are_changed_on_the_loop_of_their_run_alone() -> None:
    async def body(wf: Runtime) -> Any:
        total = await wf.var("total", 0)
        caught: list[BaseException] = []

        def elsewhere() -> None:
            try:
                asyncio.run(total.set(1))
            except BaseException as error:
                caught.append(error)

        await asyncio.to_thread(elsewhere)
        assert isinstance(caught[0], ScopeError), caught
        return total.value

    assert await run(body) == 0


async def test_a_call_that_was_not_awaited_is_told_where_its_value_is_used() -> None:
    async def body(wf: Runtime) -> Any:
        call = wf.activity("x", lambda: 1)
        try:
            await wf.activity("y", lambda: {"x": call})
        finally:
            call.close()

    with pytest.raises(SerializableError, match=r"result\['x'\] is a coroutine.*await it"):
        await run(body)


@pytest.mark.parametrize("concurrency", [0, -1, 1.5, True, "2", None])
async def test_a_concurrency_that_is_no_whole_number_above_zero_is_refused(
    concurrency: Any,
) -> None:
    async def body(wf: Runtime) -> None:
        await wf.each("all", [1], lambda item, index: item, concurrency=concurrency)

    backend = MemoryBackend()
    with pytest.raises(ValueError, match=r"each 'all': concurrency is .* it must be 1 or more"):
        await run(body, backend)
    assert "EachStarted all" not in await told(backend)


@pytest.mark.parametrize("cases", [(1, "1"), ("a/b", "a%2Fb"), (None, "None"), (1.5, "1.5")])
async def test_two_cases_of_a_branch_with_one_name_are_refused(cases: tuple[Any, Any]) -> None:
    async def body(wf: Runtime) -> Any:
        return await wf.branch("which", cases[0], dict.fromkeys(cases, lambda: "taken"))

    backend = MemoryBackend()
    if cases[0] == "a/b":  # what was written by hand like an escape is escaped itself
        assert await run(body, backend) == "taken"
        return
    with pytest.raises(DuplicateIdError, match=r"which\[.*first at case .*, again at case"):
        await run(body, backend)
    assert "BranchTaken which" not in await told(backend)
    assert (await Control(backend).get(RUN)).status == "error"
