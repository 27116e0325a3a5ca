"""A line that is cut, or a terminal that reads no more: the app ends or waits, the runs go on."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from flopod.control import Control
from flopod_backends import SqliteBackend
from tui.opening import opened, some_runs
from tui.terminal import SOURCES, Terminal

STALL = 3.0
"""Seconds for which nobody reads the screen."""
FLOWS = '''
from flopod import workflow

@workflow
async def ticking(wf):
    """Goes on and on."""
    for number in range(100_000):
        await wf.activity(f"tick-{number}", lambda: number)
        await wf.sleep(f"rest-{number}", "20ms")
'''


@pytest.mark.parametrize("ignored", [(), (signal.SIGHUP,)], ids=["hup", "hup ignored"])
def test_an_app_without_a_terminal_is_gone_within_seconds(
    tmp_path: Path, ignored: tuple[signal.Signals, ...]
) -> None:
    with opened(some_runs(tmp_path), ignored=ignored) as app:
        app.until_seen("done-00")
        os.close(app.master)
        app.master = os.open(os.devnull, os.O_RDONLY)
        end = time.monotonic() + 5
        while os.waitpid(app.pid, os.WNOHANG) == (0, 0):
            assert time.monotonic() < end, "the app goes on without a terminal"
            time.sleep(0.02)


@contextmanager
def at_work(folder: Path) -> Iterator[None]:
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


async def gaps(folder: Path) -> tuple[float, int]:
    """Return the longest time between two events of the run, and how many there are."""
    backend = SqliteBackend(folder / "flopod.db", "normal")
    times = [event.at for event in await backend.events("ticker", 2)]
    await backend.close()
    return max((later - at).total_seconds() for at, later in pairwise(times)), len(times)


def test_a_terminal_that_reads_no_more_stalls_no_run(tmp_path: Path) -> None:
    with at_work(tmp_path), opened(tmp_path) as app:
        app.do("see:ticker", "enter", "see:4 Events", "see:tick-")
        until = time.monotonic() + STALL
        while time.monotonic() < until:
            shout(app)
            time.sleep(0.05)
        app.until_seen("4 Events")
        app.quiet(0.05)
        app.do("question_mark", "see:Help")
    longest, count = asyncio.run(gaps(tmp_path))
    assert count > 100
    assert longest < 1.0


def shout(app: Terminal) -> None:
    """Turn the page, so that there is much to draw that nobody reads."""
    os.set_blocking(app.master, False)
    try:
        os.write(app.master, b"v")
    except BlockingIOError:
        pass  # it takes no more keys either
    finally:
        os.set_blocking(app.master, True)
