"""Tiny workflows of steps, branches, each, repeat and parallel."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from flopod import STOP, ActivityError, Retry, Runtime, SerializableError, UnknownBranchError
from runtime.world import EAGER, Colour, Size, World, story

# Steps


@story()
async def a_body_without_steps(wf: Runtime, world: World) -> Any:
    return "nothing to do"


@story()
async def steps_of_every_kind(wf: Runtime, world: World) -> Any:
    plain = await wf.activity("plain", world.gives(1))
    later = await wf.activity("later", world.later(2))
    awaited = await wf.activity("awaited", lambda: world.later(3)())
    nothing = await wf.activity("nothing", world.gives(None))
    return [plain, later, awaited, nothing]


@story()
async def a_step_that_recovers(wf: Runtime, world: World) -> Any:
    return await wf.activity("flaky", world.recovers("at last"), retry=EAGER)


@story()
async def a_step_that_backs_off(wf: Runtime, world: World) -> Any:
    patient = Retry(20, "exponential", delay="10ms", jitter=0.5)
    return await wf.activity("flaky", world.recovers("at last"), retry=patient)


@story()
async def attempts(wf: Runtime, world: World) -> Any:
    lost = await wf.attempt("lost", world.fails(ValueError("never")), Retry(2, delay=0))
    found = await wf.attempt("found", world.recovers("yes"), EAGER)
    return lost, found


@story()
async def an_error_that_the_body_lives_with(wf: Runtime, world: World) -> Any:
    try:
        await wf.activity("bad", world.fails(ValueError("no good")))
    except ActivityError as error:
        told = str(error), error.path, error.attempts, error.cause.type
    return told, await wf.activity("instead", world.gives("plan b"))


@story()
async def a_result_that_cannot_be_stored(wf: Runtime, world: World) -> Any:
    try:
        await wf.activity("file", world.gives(object()), retry=EAGER)
    except SerializableError as error:
        return str(error), await wf.activity("next", world.gives(1))


@story()
async def typed_results(wf: Runtime, world: World) -> Any:
    size = await wf.activity("size", world.gives(Size(3, Colour.RED)), type=Size)
    sizes = await wf.activity("sizes", world.gives([Size(1, Colour.RED)]), type=list[Size])
    assert isinstance(size.colour, Colour)
    return size.width, sizes[0].colour.value


@story()
async def what_differs_every_time(wf: Runtime, world: World) -> Any:
    now, chance, made = await wf.now("now"), await wf.random("chance"), await wf.uuid("id")
    again = await wf.activity("use", world.gives(0))
    return isinstance(chance, float), now.tzinfo is not None, made.version, again


# Branches


@story()
async def a_branch(wf: Runtime, world: World) -> Any:
    size = await wf.activity("measure", world.gives(7))
    cases = {
        True: lambda: wf.activity("large", world.gives("L")),
        False: lambda: wf.activity("small", world.gives("S")),
    }
    return await wf.branch("size", size > 5, cases)


@story()
async def a_default_branch(wf: Runtime, world: World) -> Any:
    other = await wf.branch(
        "kind", "odd/one", {"known": lambda: 1}, default=lambda: wf.activity("x", world.gives(2))
    )
    try:
        await wf.branch("gap", "none", {"known": lambda: 1})
    except UnknownBranchError as error:
        return other, str(error), await wf.branch("plain", 1, {1: lambda: "sync"})


# Each


@story()
async def each_in_order(wf: Runtime, world: World) -> Any:
    async def double(item: int, index: int) -> int:
        return int(await wf.activity("double", world.gives(item * 2))) + index

    done = await wf.each("numbers", [1, 2, 3], double)
    return done.results, await wf.activity("after", world.gives("done"))


@story()
async def each_at_once(wf: Runtime, world: World) -> Any:
    async def double(item: int, index: int) -> int:
        await wf.activity("a", world.gives(item))
        return int(await wf.activity("b", world.later(item * 2)))

    return (await wf.each("numbers", range(5), double, concurrency=3)).results


@story()
async def each_with_failures(wf: Runtime, world: World) -> Any:
    async def choosy(item: int, index: int) -> int:
        if item == 1:
            raise ValueError("not one")
        if item == 2:
            await wf.activity("bad", world.fails(ValueError("not two")))
        return int(await wf.activity("good", world.gives(item)))

    done = await wf.each("numbers", range(4), choosy, concurrency=2)
    return done.results, [(failed.index, str(failed.error)) for failed in done.errors]


@story()
async def each_in_each(wf: Runtime, world: World) -> Any:
    async def row(item: int, index: int) -> list[int]:
        async def cell(inner: int, place: int) -> int:
            return int(await wf.activity("cell", world.gives(10 * item + inner)))

        return (await wf.each("cells", range(2), cell)).results

    return (await wf.each("rows", range(2), row, concurrency=2)).results


@story()
async def each_of_an_async_iterable(wf: Runtime, world: World) -> Any:
    async def source() -> AsyncIterator[str]:
        for letter in "ab":
            yield letter

    letters = await wf.each("letters", source(), lambda letter, index: letter.upper())
    nobody = await wf.each("nobody", [], lambda item, index: item)
    return letters.results, nobody.results


# Repeat


@story()
async def a_repeat(wf: Runtime, world: World) -> Any:
    async def page(iteration: int) -> Any:
        await wf.activity("page", world.gives(iteration))
        return STOP if iteration == 2 else None

    return await wf.repeat("pages", page)


@story()
async def a_repeat_with_branches_in_a_repeat(wf: Runtime, world: World) -> Any:
    total = await wf.var("total", 0)

    async def outer(i: int) -> Any:
        async def inner(j: int) -> Any:
            async def add() -> None:
                value = await wf.activity("value", world.gives(i + j))
                await total.update(lambda now: now + value)

            await wf.branch("even", (i + j) % 2 == 0, {True: add}, default=lambda: None)
            return STOP if j == 1 else None

        await wf.repeat("inner", inner)
        return STOP if total.value >= 2 else None

    return await wf.repeat("outer", outer), total.value


@story()
async def a_repeat_that_looks_at_its_past(wf: Runtime, world: World) -> Any:
    count, seen = await wf.var("count", 0), []

    async def step(i: int) -> Any:
        await count.set(count.value + 1)
        return STOP if count.value == 3 else None

    await wf.repeat("steps", step)
    seen.append(count.value)
    await wf.activity("look", world.gives(count.value))
    await count.set(100)
    seen.append(count.value)
    return seen, await wf.activity("end", world.gives("end"))


# Parallel


@story()
async def a_parallel(wf: Runtime, world: World) -> Any:
    return await wf.parallel(
        "both",
        [
            lambda: wf.activity("a", world.gives("a")),
            lambda: wf.activity("a", world.later("b")),
            lambda: "c",
        ],
    )


@story()
async def a_parallel_in_each(wf: Runtime, world: World) -> Any:
    async def item(number: int, index: int) -> Any:
        async def half() -> int:
            await wf.sleep("nap", "5ms")
            return int(await wf.activity("half", world.gives(number // 2)))

        return await wf.parallel("two", [half, lambda: wf.activity("all", world.gives(number))])

    return (await wf.each("items", [4, 6], item, concurrency=2)).results


@story()
async def errors_of_a_parallel(wf: Runtime, world: World) -> Any:
    async def body_error() -> None:
        raise KeyError("mine")

    told: list[Any] = []
    try:
        await wf.parallel("one", [lambda: wf.activity("z", world.gives(0)), body_error])
    except Exception as error:
        told.append((type(error).__name__, str(error)))
    try:
        await wf.parallel(
            "two",
            [
                lambda: wf.activity("x", world.fails(ValueError("left"))),
                body_error,
                lambda: wf.activity("y", world.gives(1)),
            ],
        )
    except ExceptionGroup as group:
        told.append((group.message, [str(error) for error in group.exceptions]))
    return told, await wf.activity("after", world.gives("still here"))
