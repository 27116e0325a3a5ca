"""A trial: a terminal that reads no more while a run is at work stalls neither the run nor, once it
reads again, the app.
"""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from faults.trial import Trial
from flopod.control import Control
from flopod_backends import SqliteBackend
from tui.opening import opened
from tui.terminal import SOURCES, Terminal

FLOWS = '''
from flopod import workflow

@workflow
async def ticking(wf):
    """Goes on and on."""
    for number in range(100_000):
        await wf.activity(f"tick-{number}", lambda: number)
        await wf.sleep(f"rest-{number}", "20ms")
'''
LONGEST = 1.0
"""Seconds between two events of the run; the machine of a test may be busy."""


def trial(seed: int) -> Trial:
    """Read nothing for eight to twenty seconds."""
    with tempfile.TemporaryDirectory(prefix="flopod-stalls-") as folder:
        count = stall(Path(folder), random.Random(seed).uniform(8, 20))
    return Trial(1, count)


def stall(folder: Path, seconds: float) -> int:
    """Read nothing for so long; return how many events the run has recorded."""
    with _at_work(folder), opened(folder) as app:
        app.do("see:ticker", "enter", "see:4 Events", "see:tick-")
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            _turn_the_page(app)
            time.sleep(0.05)
        app.until_seen("4 Events")
        app.quiet(0.05)
        app.do("question_mark", "see:Help")
    longest, count = asyncio.run(_gaps(folder))
    assert count > 30 * seconds and longest < LONGEST, (count, longest)
    return count


@contextmanager
def _at_work(folder: Path) -> Iterator[None]:
    """Have a worker execute a run that ticks."""
    (folder / "flows.py").write_text(FLOWS)
    words = ["-m", "flopod_tui", "worker", "-w", str(folder / "flows.py")]
    env = {**os.environ, "PYTHONPATH": SOURCES, "FLOPOD_DATA_DIR": str(folder)}
    worker = subprocess.Popen([sys.executable, *words], env=env, stderr=subprocess.DEVNULL)
    try:
        asyncio.run(_start(folder))
        yield
    finally:
        worker.kill()
        worker.wait()


async def _start(folder: Path) -> None:
    backend = SqliteBackend(folder / "flopod.db", "normal")
    control = Control(backend, workflows=())
    async with asyncio.timeout(20):
        while not await control.workers():  # noqa: ASYNC110 (another process comes to life)
            await asyncio.sleep(0.05)
    await control.start("ticking", None, "ticker")
    await backend.close()


async def _gaps(folder: Path) -> tuple[float, int]:
    """Return the longest time between two events of the run, and how many there are."""
    backend = SqliteBackend(folder / "flopod.db", "normal")
    times = [event.at for event in await backend.events("ticker", 2)]
    await backend.close()
    return max((later - at).total_seconds() for at, later in pairwise(times)), len(times)


def _turn_the_page(app: Terminal) -> None:
    # There is much to draw then that nobody reads.
    os.set_blocking(app.master, False)
    try:
        os.write(app.master, b"v")
    except BlockingIOError:
        pass  # it takes no more keys either
    finally:
        os.set_blocking(app.master, True)
