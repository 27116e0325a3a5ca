"""A child that dies inside a step: after what the step does, before anybody knows of it."""

from __future__ import annotations

from typing import Any

from flopod import NeedsAttentionError, Runtime, run_workflow

STEPS = 4
RUN = "gap"


async def gap(url: str, account: Any, once: bool) -> None:
    """Run a workflow that passes `in the gap` in each of its steps; to its end, if it may.

    Args:
        once: its steps are at most once.
    """
    from faults.victim import fuse, opened

    async def job(wf: Runtime) -> int:
        def step(n: int) -> int:
            account.say("effect", n)
            fuse.passed("in the gap")
            return n

        for n in range(STEPS):
            await wf.activity(f"s{n}", lambda: step(n), at_most_once=once)  # noqa: B023
        return STEPS

    backend = opened(url)
    try:
        account.say("result", await run_workflow(job, backend=backend, run_id=RUN))
    except NeedsAttentionError as stop:
        account.say("stopped", stop.path)
    await backend.close()
