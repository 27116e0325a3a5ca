"""A program that ends: `python exits.py HOW URL`. Nobody closes anything that he need not.

It says what was acknowledged, then ends in one way or another. Whatever the way, it is gone in a
moment, says nothing that it was not asked for, and what it said is in the store.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from typing import Any

from flopod import Control, Runtime, Worker, Workflow, create_runtime, run_workflow
from flopod.backend import Backend
from flopod_backends import open_backend

RUN = "r"
HANGS = 60.0


async def _body(wf: Runtime) -> None:
    await wf.activity("first", lambda: print("acknowledged", flush=True))
    await wf.wait("w", "never")


async def _hanging(wf: Runtime) -> None:
    def hang() -> None:
        print("acknowledged", flush=True)
        time.sleep(HANGS)

    await wf.activity("hang", hang, timeout="50ms")


async def _raising(wf: Runtime) -> None:
    await wf.activity("first", lambda: print("acknowledged", flush=True))
    raise ValueError("the workflow is wrong")


async def unclosed(backend: Backend) -> None:
    """End without closing the store."""
    await Control(backend, [_job(_body)]).start("job", run_id=RUN)
    print("acknowledged", flush=True)


async def unclosed_run(backend: Backend) -> None:
    """End without closing a run of one's own."""
    wf = await create_runtime(RUN, backend)
    await wf.activity("first", lambda: print("acknowledged", flush=True))


async def raises(backend: Backend) -> None:
    """End by an exception in the middle of a run of one's own."""
    async with await create_runtime(RUN, backend) as wf:
        await wf.activity("first", lambda: print("acknowledged", flush=True))
        raise SystemExit(7)


async def leaves(backend: Backend) -> None:
    """End by an exception while a worker executes a run."""
    await Control(backend, [_job(_body)]).start("job", run_id=RUN)
    async with Worker(backend, [_job(_body)]):
        await _waits(backend)
        raise SystemExit(7)


async def waits(backend: Backend) -> None:
    """Run a workflow that waits for ever, until interrupted."""
    await run_workflow(_job(_body), backend=backend, run_id=RUN)


async def hangs(backend: Backend) -> None:
    """Run a workflow of which a step never ends, in a thread that nobody can stop."""
    try:
        await run_workflow(_job(_hanging), backend=backend, run_id=RUN)
    except Exception as error:
        sys.exit(7 if "took longer" in str(error) else 1)


async def fails(backend: Backend) -> None:
    """Run a workflow that fails."""
    try:
        await run_workflow(_job(_raising), backend=backend, run_id=RUN)
    except ValueError:
        sys.exit(7)


async def watches(backend: Backend) -> None:
    """Stop watching, and leave the store open."""
    await Control(backend, [_job(_body)]).start("job", run_id=RUN)
    async with aclosing(Control(backend).watch_runs()) as batches:
        await anext(batches)
        print("acknowledged", flush=True)


def _job(body: Callable[[Runtime], Coroutine[Any, Any, None]]) -> Workflow[..., Any]:
    return Workflow(body, "job")


async def _waits(backend: Backend) -> None:
    async with aclosing(Control(backend).watch_runs()) as batches:
        async for runs in batches:
            if any(run.open_waits for run in runs):
                return


WAYS = {
    way.__name__: way
    for way in (unclosed, unclosed_run, raises, leaves, waits, hangs, fails, watches)
}

if __name__ == "__main__":
    # A program that does not end is told where it stands, and ends.
    timer = threading.Timer(20, lambda: os.abort())
    timer.daemon = True
    timer.start()
    asyncio.run(WAYS[sys.argv[1]](open_backend(sys.argv[2])))
