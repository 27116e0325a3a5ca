"""A tiny workflow that starts and calls others."""

from __future__ import annotations

from typing import Any

from flopod import ChildFailedError, Runtime, Workflow
from runtime.world import World, story


async def _square(wf: Runtime, n: int) -> int:
    return int(await wf.activity("multiply", lambda: n * n))


async def _unlucky(wf: Runtime) -> None:
    raise ValueError("no luck")


square, unlucky = Workflow(_square, "square_of_corpus"), Workflow(_unlucky, "unlucky_of_corpus")


@story()
async def a_run_with_children(wf: Runtime, world: World) -> Any:
    first = await wf.activity("before", world.gives(2))
    later = await wf.start("later", square, first)
    one = await wf.call("one", square, first)
    both = await wf.parallel(
        "both", [lambda: wf.call("sub", square, one), lambda: wf.call("sub", square, one + 1)]
    )
    try:
        await wf.call("bad", unlucky)
    except ChildFailedError as error:
        both.append(str(error.cause))
    return later, await wf.activity("after", world.gives(both))
