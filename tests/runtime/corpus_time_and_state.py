"""Tiny workflows of sleeps, waits, variables, log lines and bad ends."""

from __future__ import annotations

import logging
from typing import Any

from flopod import Runtime, SerializableError
from runtime.world import World, story

# Time


@story()
async def a_sleep(wf: Runtime, world: World) -> Any:
    await wf.activity("before", world.gives(1))
    await wf.sleep("nap", "10ms")
    return await wf.activity("after", world.gives(2))


@story(answers={"approval": {"by": "ann"}, "more": 2})
async def a_wait(wf: Runtime, world: World) -> Any:
    approval = await wf.wait("approval", "approve", type=dict[str, str])
    step = await wf.activity("use", world.gives(approval["by"]))
    return approval, step, await wf.wait("more", "more")


@story(early={("first", "go"): "early", ("second", "go"): "second"})
async def a_delivery_before_its_wait(wf: Runtime, world: World) -> Any:
    await wf.activity("before", world.gives(0))
    return await wf.wait("first", "go", timeout="1h"), await wf.wait("second", "go")


@story()
async def a_wait_that_nobody_answers(wf: Runtime, world: World) -> Any:
    nothing = await wf.wait("approval", "approve", timeout="10ms")
    return nothing, await wf.activity("after", world.gives(1))


@story(answers={"both[0]/w": "left", "both[1]/w": "right"})
async def waits_side_by_side(wf: Runtime, world: World) -> Any:
    async def side() -> Any:
        got = await wf.wait("w", "go")
        return await wf.activity("use", world.gives(got))

    async def asleep() -> Any:
        await wf.sleep("nap", "10ms")
        return "slept"

    return await wf.parallel("both", [side, side, asleep])


# State


@story()
async def a_var(wf: Runtime, world: World) -> Any:
    total = await wf.var("total", 0)
    seen = [total.value]
    await total.set(5)
    seen.append(total.value)
    await wf.activity("between", world.gives(total.value))
    seen.append(await total.update(lambda now: now + 1))

    async def add_ten(now: int) -> int:
        return now + 10

    await total.update(add_ten)
    return [*seen, total.value]


@story()
async def a_list_and_a_map(wf: Runtime, world: World) -> Any:
    names = await wf.list("names", ["zed"])
    ages = await wf.map("ages", {"zed": 1})
    seen: list[Any] = [names.items, ages.map]
    await names.push("ann", "bob")
    await ages.set("ann", {"years": 3})
    await wf.activity("between", world.gives(0))
    await names.filter(lambda name: name != "zed")
    await ages.delete("zed")
    await ages.delete("nobody")
    seen += [names.items, ages.map]
    names.items.append("not me")
    ages.map["ann"]["years"] = 99
    return [*seen, names.items, ages.map]


@story()
async def a_body_that_decides_by_a_var(wf: Runtime, world: World) -> Any:
    state = await wf.var("state", "new")
    taken = []
    if state.value == "new":
        taken.append(await wf.activity("begin", world.gives("began")))
        await state.set("begun")
    if state.value == "begun":
        taken.append(await wf.activity("finish", world.gives("finished")))
        await state.set("over")
    return taken, state.value


@story(unordered=True)
async def concurrent_changes(wf: Runtime, world: World) -> Any:
    total, seen = await wf.var("total", 0), await wf.list("seen")
    by_name: Any = await wf.map("by_name")

    async def one(item: int, index: int) -> int:
        value = await wf.activity("square", world.later(item * item))
        await total.update(lambda now: now + value)
        await seen.push(value)
        await by_name.set(f"n{item}", value)
        return int(value)

    done = await wf.each("items", range(5), one, concurrency=3)
    return done.results, total.value, sorted(seen.items), sorted(by_name.map)


@story()
async def a_large_list(wf: Runtime, world: World) -> Any:
    big = await wf.list("big", ["x" * 900] * 4)
    lengths = []
    for round in range(4):
        await big.push(f"{round}" * 700)
        lengths.append(len(big.items))
    await big.filter(lambda item: not item.startswith("x"))
    await wf.activity("look", world.gives(len(big.items)))
    await big.push("last")
    large: Any = await wf.map("large", {n: "y" * 900 for n in range(5)})
    await large.set(7, "seven")
    await large.delete(0)
    return lengths, [item[:2] for item in big.items], sorted(large.map)


@story()
async def a_change_that_is_refused(wf: Runtime, world: World) -> Any:
    total, names = await wf.var("total", 0), await wf.list("names")
    refused = []
    for change in (lambda: total.set(object()), lambda: names.push(1, object())):
        try:
            await change()
        except SerializableError as error:
            refused.append(str(error))
    await total.update(lambda now: now + 1)
    await total.update(lambda now: now + 1)
    await names.push("ann")
    await wf.activity("end", world.gives(total.value))
    return refused, total.value, names.items


# Log lines


@story()
async def log_lines(wf: Runtime, world: World) -> Any:
    wf.log("begin", user="ann", thing=object)
    await wf.activity("step", world.gives(1))
    wf.log("middle", "warning")
    logging.getLogger("corpus").warning("heard %s", "too")

    async def item(value: int, index: int) -> None:
        wf.log(f"item {value}")
        await wf.activity("x", world.gives(value))
        wf.log(f"item {value} again")

    await wf.each("items", range(2), item)
    wf.log("end")


# Ends


@story()
async def a_run_that_fails(wf: Runtime, world: World) -> Any:
    await wf.activity("good", world.gives(1))
    await wf.activity("bad", world.fails(ValueError("no good")))


@story()
async def a_body_that_raises(wf: Runtime, world: World) -> Any:
    await wf.activity("good", world.gives(1))
    raise LookupError("the body itself")
