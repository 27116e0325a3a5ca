"""Random workflows as data: a plan is run by one body, and can be changed like code.

Every step has an id, which may change, and a *work*, which may not: what it does outside. A step
returns its work and the indices it stands at, so that the log tells which work is done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from flopod import STOP, ActivityError, Retry, Runtime
from flopod import events as ev
from flopod.events import Event
from flopod.stored import decoded

KINDS = ("step", "step", "step", "sleep", "var", "list", "map", "wait", "attempt", "lost")
"""What holds nothing else; `lost` is a step that fails, and the body lives with it."""

HOLDERS = ("branch", "each", "repeat", "parallel", "undoing", "cleaning")
"""What holds other parts; `undoing` undoes a step that fails, `cleaning` cleans up in any case."""


@dataclass(frozen=True)
class Part:
    """A call of a primitive."""

    kind: str
    id: str
    work: str
    size: int = 0
    """How many items, iterations or branches; of these, `concurrency` at a time."""
    concurrency: int = 1
    inside: tuple[Part, ...] = ()
    quick: bool = True
    """The step is async and at once; else it runs in a thread or takes some turns."""


Plan = tuple[Part, ...]
Work = tuple[str, tuple[int, ...]]


@dataclass
class Outside:
    """What steps did, and which of them fail."""

    done: list[Work] = field(default_factory=list)
    broken: frozenset[str] = frozenset()


def random_plan(random: Random, depth: int = 3, most: int = 4) -> Plan:
    """Return a plan of a few parts, nested `depth` deep at most."""
    names = iter(random.sample("abcdefghijklmnop", most))
    count = random.randint(1, most)
    return tuple(_random_part(random, depth, next(names)) for _ in range(count))


def _random_part(random: Random, depth: int, id: str) -> Part:
    kind = random.choice(HOLDERS if depth > 0 and random.random() < 0.5 else KINDS)
    work = f"{kind} {random.randrange(10**9)}"
    if kind not in HOLDERS:
        return Part(kind, id, work, quick=random.random() < 0.7)
    inside = random_plan(random, depth - 1, 3)
    return Part(kind, id, work, random.randint(1, 3), random.randint(1, 3), inside)


def walk(plan: Plan) -> Iterator[Part]:
    """Yield all parts of a plan, the outer ones first."""
    for part in plan:
        yield part
        yield from walk(part.inside)


async def play(plan: Plan, wf: Runtime, outside: Outside, at: tuple[int, ...] = ()) -> list[Any]:
    """Run a plan as the body of a workflow."""
    return [await _part(part, wf, outside, at) for part in plan]


async def _part(part: Part, wf: Runtime, outside: Outside, at: tuple[int, ...]) -> Any:
    if part.kind in HOLDERS:
        return await _holder(part, wf, outside, at)
    step = _step(part, outside, at)
    match part.kind:
        case "step":
            return await wf.activity(part.id, step)
        case "attempt":
            return await wf.attempt(part.id, step, Retry(2, delay=0))
        case "lost":
            return await _lost(part, wf)
        case "sleep":
            return await wf.sleep(part.id, 0)
        case "wait":
            return await wf.wait(part.id, "never", timeout=0)
        case "var":
            var = await wf.var(part.id, 0)
            await var.set(var.value + 1)
            return await var.update(lambda now: now + 10)
        case "list":
            items = await wf.list(part.id)
            await items.push(*at, part.work)
            return items.items
        case _:
            entries: Any = await wf.map(part.id)
            await entries.set(at, part.work)
            return entries.map


async def _lost(part: Part, wf: Runtime) -> str:
    async def fail() -> None:
        raise ValueError(part.work)

    try:
        await wf.activity(part.id, fail)
    except ActivityError as error:
        return str(error)
    raise AssertionError(f"{part.id} did not fail")


async def _holder(part: Part, wf: Runtime, outside: Outside, at: tuple[int, ...]) -> Any:
    async def inside(*index: int) -> list[Any]:
        return await play(part.inside, wf, outside, (*at, *index))

    match part.kind:
        case "branch":
            return await wf.branch(part.id, part.size, {part.size: inside})
        case "each":
            done = await wf.each(
                part.id,
                range(part.size),
                lambda item, index: inside(index),
                concurrency=part.concurrency,
            )
            return done.results, [str(failed.error) for failed in done.errors]
        case "parallel":
            return await wf.parallel(part.id, [lambda n=n: inside(n) for n in range(part.size)])
        case "cleaning":
            try:
                return await wf.branch(f"{part.id}-body", 1, {1: inside})
            finally:
                await wf.activity(f"{part.id}-clean", _step(part, outside, at))
        case "undoing":
            return await _undoing(part, wf, outside, at)
        case _:

            async def iteration(number: int) -> Any:
                await inside(number)
                return STOP if number + 1 >= part.size else None

            return await wf.repeat(part.id, iteration)


async def _undoing(part: Part, wf: Runtime, outside: Outside, at: tuple[int, ...]) -> Any:
    """Run the inside; if it fails, undo what was done, and fail."""
    undo = Part("step", f"{part.id}-undo", f"undo {part.work}")
    guarded = Part("step", part.id, part.work)
    try:
        first = await wf.activity(guarded.id, _step(guarded, outside, at))
    except ActivityError:
        await wf.activity(undo.id, _step(undo, outside, at))
        raise
    return first, await wf.branch(
        f"{part.id}-rest", "rest", {"rest": lambda: play(part.inside, wf, outside, at)}
    )


def _step(part: Part, outside: Outside, at: tuple[int, ...]) -> Any:
    def work() -> Work:
        outside.done.append((part.work, at))
        if part.work in outside.broken:
            raise ConnectionError(part.work)
        return part.work, at

    async def later() -> Work:
        for _ in range(hash(at) % 3):
            await asyncio.sleep(0)
        return work()

    return later if part.quick else work


def recorded(log: list[Event]) -> set[Work]:
    """Return the work that the log holds as done."""
    outputs = (decoded(e.fact.output) for e in log if isinstance(e.fact, ev.ActivityCompleted))
    return {output for output in outputs if isinstance(output, tuple)}
