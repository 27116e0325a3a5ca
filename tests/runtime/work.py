"""Runs of a workflow called `job`, for the tests of the worker."""

from __future__ import annotations

from typing import Any

from flopod import Control, Workflow
from flopod.backend import Backend
from runtime.lives import RUN, told


def job(fn: Any) -> Workflow[..., Any]:
    return Workflow(fn, "job")


async def started(backend: Backend, made: Workflow[..., Any], *run_ids: str) -> Control:
    control = Control(backend, [made])
    for run_id in run_ids or (RUN,):
        await control.start("job", run_id=run_id)
    return control


async def lives_of(backend: Backend, run_id: str = RUN) -> int:
    return (await told(backend, run_id)).count("RunStarted")
