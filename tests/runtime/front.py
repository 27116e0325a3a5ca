"""Two workflows that the tests of Control drive, and a run that waits."""

from __future__ import annotations

import asyncio
from typing import Any

from flopod import (
    Control,
    Runtime,
    Workflow,
    run_workflow,
)
from flopod.backend import Backend
from runtime.lives import (
    RUN,
    until,
)


def named(fn: Any, name: str = "job") -> Workflow[..., Any]:
    return Workflow(fn, name)


async def add(wf: Runtime, input: int) -> int:
    return input + 1


async def waits(wf: Runtime) -> Any:
    await wf.activity("before", lambda: 1)
    return await wf.wait("approval", "approve", timeout="1h", type=dict[str, str])


ADD, WAITS = named(add, "add"), named(waits, "waits")


def control_of(backend: Backend) -> Control:
    return Control(backend, [ADD, WAITS])


async def waiting(backend: Backend) -> asyncio.Task[Any]:
    """Start the run that waits, and return once it does."""
    task = asyncio.create_task(run_workflow(WAITS, backend=backend, run_id=RUN))
    await until(backend, lambda run: bool(run.open_waits))
    return task
