"""Branch, each, repeat, parallel: what was decided or finished is not done again."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from flopod import (
    STOP,
    ActivityError,
    Control,
    Runtime,
    UnknownBranchError,
)
from flopod.failures import RecordedError
from flopod_backends import MemoryBackend
from runtime.lives import RUN, told
from runtime.versions import changing, left_after, refuses, run


async def test_a_branch_stays_what_it_was_whatever_the_key_is_later() -> None:
    cases = {"a": lambda: "took a", "b": lambda: "took b"}
    first, second = changing(
        was=lambda wf: wf.branch("which", "a", cases),
        is_now=lambda wf: wf.branch("which", "b", cases),
    )
    backend = await left_after("BranchTaken which", first)

    assert await run(second, backend) == "took a"


async def test_a_branch_whose_key_is_no_longer_a_case_is_refused() -> None:
    first, second = changing(
        was=lambda wf: wf.branch("which", "a", {"a": lambda: 1}),
        is_now=lambda wf: wf.branch("which", "b", {"b": lambda: 1}, default=lambda: 2),
    )
    backend = await left_after("BranchTaken which", first)

    await refuses(backend, second, "'which'", "the branch 'a'", "b")


async def test_a_branch_without_a_case_names_the_cases_there_are() -> None:
    async def body(wf: Runtime) -> None:
        await wf.branch("which", "x", {"a": lambda: 1, 2: lambda: 2})

    with pytest.raises(UnknownBranchError, match=r"no case 'x' and no default; cases: 'a', '2'"):
        await run(body)


async def test_the_key_of_a_branch_stands_in_the_paths_inside() -> None:
    async def body(wf: Runtime) -> Any:
        async def inside() -> str:
            return wf.path

        return [
            await wf.branch("a", True, {True: inside}),
            await wf.branch("b", "x/y[0]", {}, default=inside),
            wf.path,
        ]

    assert await run(body) == ["a[True]", "b[x%2Fy%5B0%5D]", ""]


@pytest.mark.parametrize(
    "items",
    [[1, 2], [1, 2, 3, 4], [3, 2, 1], ["1", "2", "3"]],
    ids=["fewer", "more", "order", "kind"],
)
async def test_an_each_over_other_items_than_recorded_is_refused(items: list[Any]) -> None:
    async def item(value: Any, index: int) -> Any:
        return value

    first, second = changing(
        was=lambda wf: wf.each("all", [1, 2, 3], item),
        is_now=lambda wf: wf.each("all", items, item),
    )
    backend = await left_after("EachItemCompleted all[0]", first)

    await refuses(backend, second, "'all'", "an each of 3 items")


async def test_items_that_cannot_be_stored_are_known_by_their_number() -> None:
    async def body(wf: Runtime) -> Any:
        return (await wf.each("all", [object(), object()], lambda item, index: index)).results

    backend = await left_after("EachItemCompleted all[0]", body)
    assert await run(body, backend) == [0, 1]


async def test_an_each_keeps_to_its_concurrency_and_to_the_order_of_its_items() -> None:
    running, most = 0, 0

    async def body(wf: Runtime) -> Any:
        async def item(value: int, index: int) -> int:
            nonlocal running, most
            running += 1
            most = max(most, running)
            for _ in range(10 - value):
                await asyncio.sleep(0)
            running -= 1
            return value

        return (await wf.each("all", range(10), item, concurrency=4)).results

    assert await run(body) == list(range(10))
    assert most == 4


@pytest.mark.parametrize("concurrency", [0, -1])
async def test_a_concurrency_below_one_is_refused(concurrency: int) -> None:
    async def body(wf: Runtime) -> None:
        await wf.each("all", [1], lambda item, index: item, concurrency=concurrency)

    with pytest.raises(ValueError, match="it must be 1 or more"):
        await run(body)


async def test_a_failed_item_hurts_no_other_and_stays_failed() -> None:
    class OfMine(Exception):
        pass

    async def body(wf: Runtime) -> Any:
        def item(value: int, index: int) -> int:
            if value == 1:
                raise OfMine("one")
            return value

        done = await wf.each("all", [0, 1, 2], item)
        assert [type(failed.error) for failed in done.errors] == [RecordedError]
        return done.results, [(failed.index, str(failed.error)) for failed in done.errors]

    expected = ([0, None, 2], [(1, "OfMine: one")])
    assert await run(body) == expected
    assert await run(body, await left_after("EachItemCompleted all[2]", body)) == expected


async def test_an_items_result_is_what_a_replay_would_give() -> None:
    mine = [1]

    async def body(wf: Runtime) -> Any:
        done = await wf.each("all", [0], lambda item, index: mine)
        assert done.results[0] is not mine
        both = await wf.parallel("both", [lambda: mine, lambda: (1, 2)])
        assert both[0] is not mine
        return both

    assert await run(body) == [[1], (1, 2)]


async def test_an_error_of_the_run_itself_is_no_items_error() -> None:
    first, second = changing(
        was=lambda wf: wf.each("all", [1, 2], lambda item, index: wf.activity("x", lambda: 1)),
        is_now=lambda wf: wf.each("all", [1, 2], lambda item, index: wf.sleep("x", 0)),
    )
    backend = await left_after("ActivityCompleted all[0]/x", first)

    await refuses(backend, second, "'all[0]/x'", "an activity", "a sleep")


async def test_a_repeat_counts_its_iterations_and_skips_finished_ones() -> None:
    seen = []

    async def body(wf: Runtime) -> int:
        async def step(iteration: int) -> Any:
            seen.append(iteration)
            return STOP if iteration == 3 else None

        return await wf.repeat("loop", step)

    backend = await left_after("RepeatIterationCompleted loop[1]", body)
    seen.clear()
    assert await run(body, backend) == 4
    assert seen == [2, 3]


async def test_an_iteration_that_raises_ends_the_repeat() -> None:
    async def body(wf: Runtime) -> Any:
        def step(iteration: int) -> None:
            raise ValueError(f"in {iteration}")

        try:
            await wf.repeat("loop", step)
        except ValueError as error:
            return str(error)

    assert await run(body) == "in 0"


async def test_every_branch_of_a_parallel_settles_before_an_error_is_raised() -> None:
    settled = []

    async def body(wf: Runtime) -> None:
        async def bad() -> None:
            await wf.activity("bad", lambda: 1 / 0)

        async def slow() -> None:
            for _ in range(20):
                await asyncio.sleep(0)
            settled.append(await wf.activity("slow", lambda: "slow"))

        await wf.parallel("both", [bad, slow])

    backend = MemoryBackend()
    with pytest.raises(ActivityError, match="ZeroDivisionError"):
        await run(body, backend)
    assert settled == ["slow"]
    assert "ParallelBranchCompleted both[1]" in await told(backend)


async def test_several_errors_of_a_parallel_come_as_a_group_and_name_all_in_the_run() -> None:
    async def body(wf: Runtime) -> None:
        def fail(text: str) -> Any:
            return lambda: wf.activity(text, lambda: {}[text])

        await wf.parallel("all", [fail("x"), lambda: 1, fail("y")])

    backend = MemoryBackend()
    with pytest.raises(ExceptionGroup, match="2 branches of parallel 'all' failed") as caught:
        await run(body, backend)
    assert [error.path for error in caught.value.exceptions] == ["all[0]/x", "all[2]/y"]
    error = (await Control(backend).get(RUN)).error
    assert error is not None
    assert "KeyError: 'x'" in error.message and "KeyError: 'y'" in error.message


async def test_a_parallel_of_nothing_gives_nothing() -> None:
    async def body(wf: Runtime) -> Any:
        return await wf.parallel("none", [])

    assert await run(body) == []


async def test_a_parallel_of_another_size_than_recorded_is_refused() -> None:
    ones = [lambda: 1, lambda: 1]
    first, second = changing(
        was=lambda wf: wf.parallel("all", ones), is_now=lambda wf: wf.parallel("all", ones[:1])
    )
    await refuses(await left_after("ParallelBranchCompleted all[0]", first), second, "2 branches")
