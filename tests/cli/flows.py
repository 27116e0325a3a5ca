"""Workflows for the tests of the commands; loaded with `-w`, so never imported by name."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flopod import STOP, Retry, Runtime, workflow


@dataclass
class Order:
    """An input with a type."""

    id: int
    items: list[str]


@dataclass
class Approval:
    """A payload with a type."""

    by: str


def effect(name: str, value: Any = None, seconds: float = 0.0) -> Any:
    """Leave a line in the file that EFFECTS names, whole and at once; return `value`."""
    time.sleep(seconds)
    file = os.open(os.environ["EFFECTS"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        os.write(file, f"{name}\n".encode())
    finally:
        os.close(file)
    return value


def effects() -> list[str]:
    """Return the lines left so far."""
    file = Path(os.environ["EFFECTS"])
    return file.read_text().splitlines() if file.exists() else []


@workflow
async def order(wf: Runtime, input: Order) -> dict[str, Any]:
    """Pack what was ordered."""
    packed = await wf.list("packed")
    for index, item in enumerate(input.items):
        await packed.push(await wf.activity(f"pack-{index}", lambda item=item: item.upper()))
    return {"id": input.id, "packed": packed.items}


@workflow
async def broken(wf: Runtime, input: Any = None) -> Any:
    """Fail until there is a file of the name given."""

    def look() -> str:
        if not input or not os.path.exists(input):
            raise ValueError("no\x1b[31m such\nthing")
        return "found"

    before = await wf.activity("before", lambda: 1)
    return [before, await wf.activity("look", look)]


@workflow
async def approve(wf: Runtime) -> Any:
    """Wait for an approval."""
    approval = await wf.wait("approval", "approve", type=Approval)
    return await wf.activity("ship", lambda: f"approved by {approval.by}")


@workflow
async def unstorable(wf: Runtime) -> Any:
    """Return what cannot be stored."""
    return await wf.activity("open", lambda: {"rows": [{"file": sys.__stdout__}]})


@workflow
async def slow(wf: Runtime) -> str:
    """One step that takes a moment, and one after it."""

    def long() -> None:
        effect("begun")
        effect("ended", seconds=0.5)

    await wf.activity("long", long)
    await wf.activity("after", lambda: effect("after"))
    return "done"


@workflow
async def held(wf: Runtime, input: str) -> str:
    """One step that lasts until there is a file of the name given."""

    def long() -> None:
        effect("begun")
        while not os.path.exists(input):
            time.sleep(0.01)

    await wf.activity("long", long)
    return "done"


@workflow
async def everything(wf: Runtime) -> dict[str, Any]:
    """Use every primitive."""

    async def step(id: str, value: Any = None) -> Any:
        return await wf.activity(id, lambda: effect(f"{wf.path}/{id}", value, 0.005))

    total = await wf.var("total", 0)
    names = await wf.list("names")
    kinds = await wf.map("kinds")
    at, chance, name = await wf.now("at"), await wf.random("chance"), await wf.uuid("name")

    for index in range(6):
        await names.push(await step(f"plain-{index}", f"n{index}"))
    tries = await wf.var("tries", 0)

    async def flaky() -> str:
        before = await asyncio.to_thread(effects)
        effect("flaky")
        if "flaky" not in before:
            raise ConnectionError("not yet")
        return "at last"

    retried = await wf.activity("flaky", flaky, retry=Retry(5, delay="10ms"))
    given_up = await wf.attempt("hopeless", lambda: 1 / 0, Retry(2, delay="1ms"))

    async def item(value: int, index: int) -> int:
        if value == 7:
            raise ValueError("seven")
        squared: int = await step("square", value * value)
        await total.update(lambda before: before + squared)
        return squared

    each = await wf.each("each", range(32), item, concurrency=3)

    async def turn(iteration: int) -> Any:
        await step("turn")
        await tries.set(iteration)
        await kinds.set("even" if iteration % 2 == 0 else "odd", iteration)
        return STOP if iteration == 7 else None

    turns = await wf.repeat("repeat", turn)
    await names.filter(lambda each: each != "n3")
    await kinds.delete("odd")
    both = await wf.parallel("both", [lambda: step("left", "l"), lambda: step("right", "r")])
    taken = await wf.branch("branch", "b", {"a": lambda: step("a"), "b": lambda: step("b", "B")})
    await wf.sleep("nap", "50ms")
    late = await wf.wait("late", "never", timeout="50ms")
    approval = await wf.wait("approval", "approve", type=Approval)
    wf.log("nearly there", turns=turns)
    for index in range(12):
        await step(f"last-{index}")
    return {
        "at": at,
        "chance": chance,
        "name": name,
        "retried": retried,
        "given_up": given_up,
        "each": each.results,
        "failed": [failed.index for failed in each.errors],
        "turns": turns,
        "both": both,
        "taken": taken,
        "late": late,
        "by": approval.by,
        "total": total.value,
        "tries": tries.value,
        "names": names.items,
        "kinds": kinds.map,
    }
