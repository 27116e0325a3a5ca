"""The replay of the test kit, inside of items, branches and iterations: it cuts the run there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import count
from typing import Any

import pytest

from flopod import STOP, Runtime, Workflow
from flopod.testing import DivergenceError, replay
from flopod.testing.replaying import MOST_CUTS, cuts
from runtime.replaying import diverges, nothing, recorded


async def in_an_each(wf: Runtime, inner: Callable[[], Awaitable[Any]]) -> None:
    async def item(value: int, index: int) -> Any:
        return await inner()

    await wf.each("items", range(2), item)


async def in_a_parallel(wf: Runtime, inner: Callable[[], Awaitable[Any]]) -> None:
    await wf.parallel("both", [inner, inner])


async def in_a_repeat(wf: Runtime, inner: Callable[[], Awaitable[Any]]) -> None:
    async def once(iteration: int) -> Any:
        await inner()
        return STOP if iteration else None

    await wf.repeat("loop", once)


INSIDES = [in_an_each, in_a_parallel, in_a_repeat]


@pytest.mark.parametrize("inside", INSIDES)
async def test_another_step_inside_is_told(inside: Any) -> None:
    calls = count()

    async def body(wf: Runtime) -> None:
        async def inner() -> None:
            await wf.activity("first" if next(calls) < 2 else "other", nothing)

        await inside(wf, inner)

    events = await recorded(body)
    calls = count()
    await replay(Workflow(body, "job"), events)
    calls = count(2)
    assert (await diverges(body, events)).startswith("cut before event ")


@pytest.mark.parametrize("inside", INSIDES[:2])
async def test_another_result_inside_is_told(inside: Any) -> None:
    calls = count()

    async def body(wf: Runtime) -> None:
        async def inner() -> int:
            await wf.activity("step", nothing)
            return next(calls)

        await inside(wf, inner)

    what = await diverges(body, await recorded(body))
    assert what.startswith("cut before event ")
    assert "Completed, asked is one with another value" in what


async def test_a_repeat_that_stops_elsewhere_is_told() -> None:
    calls = count()

    async def body(wf: Runtime) -> None:
        async def once(iteration: int) -> Any:
            await wf.activity("step", nothing)
            return STOP if next(calls) > 1 else None

        await wf.repeat("loop", once)

    assert "'loop[0]'" in await diverges(body, await recorded(body))


async def test_of_many_ends_some_are_tried_all_over_the_run() -> None:
    items = count()

    async def body(wf: Runtime) -> None:
        async def item(value: int, index: int) -> int:
            await wf.activity("step", nothing)
            return next(items)

        await wf.each("items", range(100), item)

    events = await recorded(body)
    items = count()
    with suppress(DivergenceError):
        await replay(Workflow(body, "job"), events)
    assert next(items) <= MOST_CUTS
    places = [events[cut].seq for cut in cuts(events[:-1])]
    assert len(places) == MOST_CUTS
    assert places[0] < 10 and places[-1] > len(events) - 20
