"""Children that all want the same run: to resume it, to start it, to hold on to it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from faults.seeded_loop import everywhere
from flopod import Control, RunBusyError, RunExistsError, Runtime, Workflow, run_workflow

RUN = "mine"
STEPS = 5
STARTS = 25


def job_for(account: Any, seconds: float = 0.0) -> Workflow[..., Any]:
    """Return a workflow of some steps that take so long each, and tell the account of them."""

    async def job(wf: Runtime, given: int) -> int:
        async def step(n: int) -> int:
            account.say("called", n)
            await asyncio.sleep(seconds)
            return n

        for n in range(STEPS):
            given += await wf.activity(f"s{n}", lambda: step(n))  # noqa: B023
        return given

    return Workflow(job, "job")


async def resume(url: str, account: Any) -> None:
    """Run the one run to its end, unless another process has it."""
    from faults.victim import opened

    backend = opened(url)
    try:
        account.say("result", await run_workflow(job_for(account), 1, backend=backend, run_id=RUN))
    except RunBusyError:
        account.say("busy")
    await backend.close()


async def start(url: str, account: Any, input: int) -> None:
    """Start the one run many times at once."""
    from faults.victim import opened

    backend = opened(url)
    control = Control(backend, [job_for(account)])

    async def once() -> str:
        try:
            return f"started {await control.start('job', input, RUN)}"
        except RunExistsError:
            return "exists"

    for answer in await asyncio.gather(*(once() for _ in range(STARTS))):
        account.say(answer, input)
    await backend.close()


async def hold(url: str, account: Any, lease: float) -> None:
    """Run the one run with a short lease, and tell how that ended."""
    from faults.victim import opened

    backend = opened(url)
    made = job_for(account, seconds=lease / 4)
    with everywhere("LEASE_TIME", timedelta(seconds=lease)):
        try:
            result = await run_workflow(made, 1, backend=backend, run_id=RUN)
            account.say("result", result)
        except Exception as error:
            account.say("refused", type(error).__name__)
    await backend.close()
