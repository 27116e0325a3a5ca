"""No thread of a step is left once nobody can give it work."""

from __future__ import annotations

import asyncio
import gc
import threading

from flopod import Runtime
from runtime.versions import run


def of_steps() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "flopod-step"}


async def test_runs_that_are_over_leave_no_thread_behind() -> None:
    async def body(wf: Runtime) -> int:
        async def item(value: int, index: int) -> int:
            return int(await wf.activity("step", lambda: value))

        return sum((await wf.each("all", range(4), item, concurrency=4)).results)

    before = of_steps()
    for _ in range(20):
        assert await run(body) == 6
    assert of_steps() - before, "plain steps run in threads"
    await asyncio.sleep(0.01)  # a timer of a millisecond holds on to the last of them
    gc.collect()
    for thread in of_steps() - before:
        thread.join(5)
        assert not thread.is_alive()
