"""From a delivery in one process until the body goes on in another; and what an idle worker costs.

The delivering process notes the time before it calls `deliver`, the body when `wait` gave it the
payload: both by the machine's one monotonic clock.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from rounds import rounded

from flopod import Control, Runtime, Worker, workflow
from flopod.backend import Backend
from flopod_backends import open_backend

DELIVERIES = 200
IDLE_SECONDS = 5.0
ARRIVED: list[float] = []

SENDER = f"""
import asyncio, sys, time
from flopod import Control
from flopod_backends import open_backend

async def main():
    backend = open_backend(sys.argv[1])
    control = Control(backend)
    for number in range({DELIVERIES}):
        path = f"loop[{{number}}]/reply"
        while not any(wait.path == path for wait in (await control.get("run")).open_waits):
            await asyncio.sleep(0.002)
        await asyncio.sleep(0.03 * (number % 4))
        sent = time.perf_counter()
        await control.deliver("run", path, "reply", number)
        print(sent, flush=True)
    await backend.close()

asyncio.run(main())
"""


@workflow
async def listening(wf: Runtime) -> None:
    """Take one delivery after the other."""

    async def one(number: int) -> None:
        await wf.wait("reply", "reply")
        ARRIVED.append(time.perf_counter())

    await wf.each("loop", range(DELIVERIES), lambda item, index: one(item))


def measure(scratch: Path, rounds: int) -> dict[str, Any]:
    """Return milliseconds until the body went on, and an idle worker's share of a CPU."""
    figures: dict[str, Any] = {"deliveries": DELIVERIES}
    for name, url in (
        ("sqlite", f"sqlite:{scratch / 'runs.db'}"),
        ("file", f"file:{scratch / 'runs'}"),
    ):
        figures |= {f"{name}_{key}": value for key, value in asyncio.run(_round(url)).items()}
    return figures


async def _round(url: str) -> dict[str, float]:
    backend = open_backend(url)
    ARRIVED.clear()
    try:
        async with Worker(backend, [listening]):
            await asyncio.sleep(1)
            idle = await _idle_share()
            await Control(backend, [listening]).start("listening", run_id="run")
            sent = await _sent(url, backend)
            late = sorted((b - a) * 1e3 for a, b in zip(sent, ARRIVED, strict=True))
    finally:
        await backend.close()
    return {
        "p50_ms": rounded(statistics.median(late)),
        "p99_ms": rounded(late[int(len(late) * 0.99)]),
        "idle_cpu_percent": rounded(idle * 100),
    }


async def _idle_share() -> float:
    used = time.process_time()
    await asyncio.sleep(IDLE_SECONDS)
    return (time.process_time() - used) / IDLE_SECONDS


async def _sent(url: str, backend: Backend) -> list[float]:
    sender = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SENDER, url, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await sender.communicate()
    if sender.returncode:
        raise RuntimeError("the sender failed")
    async for batch in Control(backend).tail("run"):
        if batch and batch[-1].type == "RunCompleted":
            break  # All have arrived.
    return [float(line) for line in out.split()]
