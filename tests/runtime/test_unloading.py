"""Runs in which nothing can go on cost a row in the store, and nothing in the worker."""

from __future__ import annotations

import asyncio

import pytest

from flopod import Control, Runtime, Worker, workflow
from flopod.summary import Status
from flopod_backends import MemoryBackend

RUNS = 300


@workflow
async def sleeper(wf: Runtime, number: int) -> int:
    await wf.sleep("nap", "1h")
    return number


async def asleep(control: Control, runs: int) -> None:
    """Return once so many runs sleep."""
    async with asyncio.timeout(60):
        async for _ in control.watch_runs():
            if (await control.counts()).get(Status.SLEEPING) == runs:
                return


async def turns(loop_turns: int) -> None:
    """Let the loop go on."""
    for _ in range(loop_turns):
        await asyncio.sleep(0)


async def test_sleepers_leave_no_task_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flopod.worker.UNLOAD_SECONDS", 3600.0)
    monkeypatch.setattr("flopod.worker.MOST_LOADED", 50)
    backend = MemoryBackend()
    control = Control(backend, [sleeper])
    for number in range(RUNS):
        await control.start("sleeper", number, run_id=f"run-{number}")
    async with Worker(backend, [sleeper]) as worker:
        alone = len(asyncio.all_tasks())
        await asleep(control, RUNS)
        await turns(1000)
        assert len(worker.held) <= 50
        assert len(asyncio.all_tasks()) <= alone + 4 * 50


async def test_a_few_stay_loaded_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flopod.worker.UNLOAD_SECONDS", 3600.0)
    backend = MemoryBackend()
    control = Control(backend, [sleeper])
    await control.start("sleeper", 1, run_id="run")
    async with Worker(backend, [sleeper]) as worker:
        await asleep(control, 1)
        await turns(1000)
        assert "run" in worker.held


async def test_a_worker_with_sleepers_stops_at_once() -> None:
    backend = MemoryBackend()
    control = Control(backend, [sleeper])
    for number in range(RUNS):
        await control.start("sleeper", number, run_id=f"run-{number}")
    loop = asyncio.get_running_loop()
    async with Worker(backend, [sleeper]):
        await asleep(control, RUNS)
        began = loop.time()
    assert loop.time() - began < 1
