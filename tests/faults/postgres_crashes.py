"""A server that crashes and recovers, again and again, under a worker that executes runs (R41)."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from faults.trial import Trial
from flopod import Control, Runtime, Worker, workflow
from flopod.summary import STOPPED, RunSummary, Status
from flopod_backends import PostgresBackend
from postgres_server import embedded

RUNS = 20
STEPS = 8
CRASHES = 3


class Effects:
    """What steps did, and which of their ends a body was told of."""

    def __init__(self) -> None:
        self.acknowledged: set[tuple[str, int]] = set()
        self.repeated = 0

    def did(self, run_id: str, number: int) -> int:
        """Note that a step runs."""
        self.repeated += (run_id, number) in self.acknowledged
        return number


async def trial(seed: int) -> Trial:
    """Execute some runs while the server crashes."""
    dice = random.Random(seed)
    with TemporaryDirectory() as folder:
        running = await asyncio.to_thread(embedded, Path(folder) / "data")
        try:
            return await _work(running, dice)
        finally:
            await asyncio.to_thread(running.cleanup)


async def _work(running: Any, dice: random.Random) -> Trial:
    effects = Effects()

    @workflow
    async def steps(wf: Runtime) -> int:
        total = 0
        for number in range(STEPS):
            total += await wf.activity(f"s{number}", lambda n=number: effects.did(wf.run_id, n))
            effects.acknowledged.add((wf.run_id, number))
            await asyncio.sleep(0.05)
        return total

    store = PostgresBackend(running.get_uri())
    control = Control(store, workflows=[steps])
    for number in range(RUNS):
        await control.start("steps", run_id=f"r{number}")
    async with Worker(store, workflows=[steps]):
        for _ in range(CRASHES):
            await asyncio.sleep(dice.uniform(0.05, 0.5))
            await asyncio.to_thread(_crash, running)
        async with asyncio.timeout(60):
            ended = [await _ended(control, f"r{number}") for number in range(RUNS)]
    lost = sum(run.status is not Status.OK for run in ended)
    for run in ended:
        events = await store.events(run.run_id)
        assert events[-1].data["output"] == sum(range(STEPS)), events[-1]
    await store.close()
    return Trial(1, len(effects.acknowledged), lost, effects.repeated)


async def _ended(control: Control, run_id: str) -> RunSummary:
    while True:
        run = await control.get(run_id)
        if run.status in STOPPED:
            return run
        await asyncio.sleep(0.1)  # A watch would end with the server.


def _crash(running: Any) -> None:
    """End the server at once, as a power cut would end it, and start it again."""
    os.kill(running.get_pid(), signal.SIGQUIT)
    running.get_postmaster_info().process.wait(10)
    running.ensure_postgres_running()
