"""Children that execute runs of several steps, and append to a log of their own beside them.

Nothing sleeps here: a child is killed, or kills itself, while all of it is under way.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from functools import partial
from typing import Any

from flopod import Control, Runtime, Worker, Workflow
from flopod import events as ev
from flopod.backend import Backend
from flopod.events import Event
from flopod.process import this_process
from flopod.stored import encoded

STEPS = 4
RAW = "raw"


def expected(number: int) -> list[Any]:
    """Return what a run gives, as if nobody had ever been killed."""
    return [sum(range(STEPS)) + number, [n * n for n in range(3)], list(range(STEPS))]


def job_for(account: Any) -> Workflow[..., Any]:
    """Return the workflow, which tells the account of its calls and of what was recorded."""
    from faults.victim import fuse

    async def job(wf: Runtime, number: int) -> Any:
        async def step(id: str, value: int) -> int:
            async def call() -> int:
                fuse.passed("before a step")
                account.say("called", wf.run_id, path)
                fuse.passed("in a step")
                return value

            path = f"{wf.path}/{id}" if wf.path else id
            result: int = await wf.activity(id, call)
            fuse.passed("after a step")
            account.say("done", wf.run_id, path)
            return result

        names = await wf.list("names")
        total = number
        for n in range(STEPS):
            total += await step(f"s{n}", n)
            await names.push(n)
        squares = await wf.each("all", range(3), lambda n, _: step("square", n * n), concurrency=3)
        return [total, squares.results, list(names.items)]

    return Workflow(job, "job")


async def work(url: str, account: Any, life: int, runs: int) -> None:
    """Start runs, execute whatever there is, and append; until killed."""
    from faults.victim import opened

    backend = opened(url)
    made = job_for(account)
    async with Worker(backend, [made]), asyncio.TaskGroup() as tasks:
        tasks.create_task(_start(Control(backend, [made]), account, life, runs))
        tasks.create_task(_append(backend, account))
        await asyncio.Event().wait()


async def finish(url: str, account: Any) -> None:
    """Execute whatever there is until all runs are at their end."""
    from faults.victim import opened

    backend = opened(url)
    async with Worker(backend, [job_for(account)]):
        await all_finished(Control(backend))
    await backend.close()


async def all_finished(control: Control) -> None:
    """Return when no run is left that goes on."""
    async with aclosing(control.watch_runs()) as changes:
        async for _ in changes:
            runs = await control.list_runs(limit=None)
            if all(run.finished for run in runs if run.workflow == "job"):
                return


async def _start(control: Control, account: Any, life: int, runs: int) -> None:
    for number in range(runs):
        run_id = await control.start("job", number, f"run-{life}-{number}")
        account.say("started", run_id)


async def _append(backend: Backend, account: Any) -> None:
    """Append events, three at a time, to a log that no worker holds."""
    lease = await backend.claim_run(this_process(), RAW)
    step = partial(Event, ev.LogEmitted(level="info", message="x" * 300))
    set_to = partial(Event, ev.VarSet(value=encoded(1), by=""), "v")
    while True:
        recorded = await backend.append(RAW, [step(), step(), set_to()], lease=lease)
        account.say("appended", RAW, recorded[-1].seq)
