"""Where the code stands, its ids, and one workflow run to its end."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from flopod import (
    STOP,
    Control,
    DuplicateIdError,
    InvalidIdError,
    RunExistsError,
    Runtime,
    run_workflow,
)
from flopod_backends import MemoryBackend
from runtime.lives import RUN, told, until


async def run(body: Any, backend: MemoryBackend | None = None, **kw: Any) -> Any:
    async with asyncio.timeout(10):
        return await run_workflow(body, backend=backend or MemoryBackend(), run_id=RUN, **kw)


async def test_the_path_says_where_the_code_stands() -> None:
    paths: list[str] = []

    async def body(wf: Runtime) -> Any:
        async def note(*_: Any) -> None:
            paths.append(wf.path)

        async def step() -> None:
            paths.append(wf.path)

        async def item(value: int, index: int) -> None:
            await note()
            await wf.branch("kind", "a", {"a": lambda: wf.activity("step", step)})
            await note()

        await wf.each("all", [1], item)
        await wf.repeat("loop", stop_after(note))
        await note()

    await run(body)
    assert paths == ["all[0]", "all[0]/kind[a]/step", "all[0]", "loop[0]", ""]


def stop_after(note: Any) -> Any:
    async def once(iteration: int) -> Any:
        await note()
        return STOP

    return once


async def test_concurrent_branches_never_mix_their_paths() -> None:
    async def body(wf: Runtime) -> Any:
        async def item(value: int, index: int) -> Any:
            seen = []
            for place in range(5):
                await asyncio.sleep(0)
                seen.append(wf.path)
                await wf.activity(f"step-{place}", lambda: None)
            return seen == [f"all[{index}]"] * 5

        return (await wf.each("all", range(8), item, concurrency=8)).results

    assert await run(body) == [True] * 8


async def test_an_id_is_unique_within_its_scope_and_free_in_every_other() -> None:
    async def body(wf: Runtime) -> Any:
        for scope in ("a", "b"):
            await wf.branch(scope, "x", {"x": lambda: wf.activity("same", lambda: 1)})
        await wf.activity("same", lambda: 1)
        with pytest.raises(DuplicateIdError, match="'same'"):
            await wf.activity("same", lambda: 1)
        with pytest.raises(DuplicateIdError):
            await wf.sleep("same", 1)
        return "ok"

    assert await run(body) == "ok"


async def test_an_id_used_twice_ends_the_run_even_inside_an_each() -> None:
    async def body(wf: Runtime) -> None:
        async def item(value: int, index: int) -> None:
            await wf.activity("x", lambda: 1)
            await wf.activity("x", lambda: 1)

        await wf.each("all", [1, 2], item)

    with pytest.raises(DuplicateIdError, match=r"all\[0\]/x"):
        await run(body)


@pytest.mark.parametrize("id", ["", "a/b", "a[0]", "x" * 201, "a\nb", 3, None])
async def test_an_id_that_cannot_be_part_of_a_path_is_refused(id: Any) -> None:
    async def body(wf: Runtime) -> None:
        await wf.activity(id, lambda: 1)

    backend = MemoryBackend()
    with pytest.raises(InvalidIdError, match="1 to 200 characters"):
        await run(body, backend)
    assert not [line for line in await told(backend) if "Activity" in line]


async def test_replaying_says_whether_the_past_is_still_answering() -> None:
    seen: list[bool] = []

    async def body(wf: Runtime) -> None:
        seen.append(wf.replaying)
        await wf.activity("a", lambda: 1)
        seen.append(wf.replaying)
        await wf.activity("b", lambda: 1)
        seen.append(wf.replaying)
        if len(seen) == 3:
            raise LookupError

    backend = MemoryBackend()
    with pytest.raises(LookupError):
        await run(body, backend)
    await Control(backend).retry(RUN)
    await run(body, backend)
    assert seen[:3] == [False, False, False]
    assert seen[3:5] == [True, True]


# run_workflow


async def add(wf: Runtime, input: int) -> int:
    return input + 1


async def test_called_again_a_workflow_gives_the_recorded_result() -> None:
    backend = MemoryBackend()
    assert await run(add, backend, input=1) == 2
    log = await backend.events(RUN)
    assert await run(add, backend, input=1) == 2
    assert await run(add, backend) == 2
    assert await backend.events(RUN) == log


async def test_a_run_id_belongs_to_one_workflow_and_one_input() -> None:
    backend = MemoryBackend()
    await run(add, backend, input=1)
    with pytest.raises(RunExistsError, match="another input"):
        await run(add, backend, input=2)

    async def other(wf: Runtime) -> None: ...

    with pytest.raises(RunExistsError, match="workflow 'add'"):
        await run(other, backend)


async def test_what_failed_fails_again_as_recorded() -> None:
    async def bad(wf: Runtime) -> None:
        raise ValueError("no good")

    backend = MemoryBackend()
    for _ in range(2):
        with pytest.raises(ValueError, match="no good"):
            await run(bad, backend)


async def test_an_interrupted_program_leaves_the_run_to_be_continued() -> None:
    backend, cleaned = MemoryBackend(), []

    async def body(wf: Runtime) -> Any:
        try:
            await wf.activity("first", lambda: 1)
            await wf.sleep("nap", "1h" if not cleaned else 0)
        finally:
            try:
                await wf.activity("clean", lambda: cleaned.append(1))
            except BaseException as error:
                cleaned.append(type(error).__name__)
                raise

    task = asyncio.create_task(run(body, backend))
    await until(backend, lambda run: run.status == "sleeping")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert cleaned == ["Suspended"], "no step begins in a program that is to end"
    assert not (await Control(backend).get(RUN)).finished
