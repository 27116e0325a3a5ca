"""The workflows of a walk, and what lies outside of them: the steps that were called."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from flopod import Runtime, Workflow


@dataclass(slots=True)
class Outside:
    """What lies outside of the runs of a store: the steps called there."""

    mended: bool = False
    """The step that failed no longer does."""
    calls: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    done: set[str] = field(default_factory=set)
    """Steps whose result the body was given."""
    again: list[str] = field(default_factory=list)
    """Steps that were called although they were done."""


def workflows(outside: Outside) -> list[Workflow[..., Any]]:
    """Return the workflows of a walk, which tell the outside of their steps."""

    async def step(wf: Runtime, id: str, value: Any) -> Any:
        async def call() -> Any:
            outside.calls[where] += 1
            if where in outside.done:
                outside.again.append(where)
            if isinstance(value, Exception) and not outside.mended:
                raise value
            return str(value)

        where = f"{wf.run_id}/{wf.path}/{id}"
        result = await wf.activity(id, call)
        outside.done.add(where)
        return result

    async def steps(wf: Runtime) -> Any:
        names = await wf.list("names")
        for n in range(2):
            await names.push(await step(wf, f"s{n}", n))
        found = await wf.each("all", range(3), lambda n, _: step(wf, "in", n), concurrency=2)
        both = await wf.parallel("both", [lambda: step(wf, "l", 1), lambda: wf.sleep("r", "1ms")])
        return [list(names.items), found.results, both]

    async def waits(wf: Runtime) -> Any:
        got = await wf.map("got")
        for n in range(2):
            await got.set(n, await wf.wait(f"w{n}", "go"))
            await step(wf, f"s{n}", n)
        return dict(got.map)

    async def fails(wf: Runtime) -> Any:
        await step(wf, "before", 1)
        await step(wf, "broken", ValueError("broken"))
        return await wf.branch("way", "right", {"right": lambda: step(wf, "turn", 1)})

    return [Workflow(body, body.__name__) for body in (steps, waits, fails)]


WORKFLOWS = ("steps", "waits", "fails")
