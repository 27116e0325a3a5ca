"""Replay: what an already recorded step costs when a run is taken up again, after load."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

from rounds import medians
from steps import in_sequence

from flopod import run_workflow
from flopod.engine import execute
from flopod.session import Session
from flopod_backends import MemoryBackend

STEPS = 5000


def measure(scratch: Path, rounds: int) -> dict[str, Any]:
    """Return microseconds a step, for opening the log and for the replay itself."""
    return asyncio.run(_measure(rounds))


async def _measure(rounds: int) -> dict[str, Any]:
    whole = MemoryBackend()
    await run_workflow(in_sequence, STEPS, backend=whole, run_id="run")
    unfinished = (await whole.events("run"))[:-1]
    return medians([await _round(unfinished) for _ in range(rounds)])


async def _round(events: Any) -> dict[str, float]:
    backend = MemoryBackend()
    await backend.append("run", events)
    start = time.perf_counter()
    session = await Session.open(backend, "run")
    opened = time.perf_counter()
    await execute(session.execution, in_sequence, "benchmark")
    replayed = time.perf_counter()
    await session.close(ended=True)
    return {
        "open_us_per_step": (opened - start) / STEPS * 1e6,
        "replay_us_per_step": (replayed - opened) / STEPS * 1e6,
    }
