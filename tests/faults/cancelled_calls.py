"""Every public call, cancelled at every await it stands at.

What a cancelled call leaves is whole: its logs are sound, nothing stays locked, and the store goes
on working.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from contextlib import aclosing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from faults.cancelling import cancelled_at
from faults.oracle import all_sound
from faults.public_calls import CALLS, LINES, Call, run
from faults.trial import Trial
from flopod import Control
from flopod.backend import Backend
from flopod_backends import FileBackend, MemoryBackend, SqliteBackend

PATIENCE = 2.0
MOST = 1000
"""Awaits at which we stop: no call has so many."""


async def cancelled_everywhere(backend: Backend, name: str, stride: int = 1) -> Trial:
    """Make a call again and again, cancelled at every await in turn (or at every n-th)."""
    at, reached = 1, True
    while reached and at < MOST:
        reached = await _once(backend, CALLS[name], f"{name}-{at}", at)
        at += stride
    await _still_works(backend, name)
    return Trial(at // stride, at // stride)


async def trial(seed: int) -> Trial:
    """Cancel one of the calls everywhere, on a store that the seed chooses."""
    name = list(CALLS)[seed % len(CALLS)]
    with TemporaryDirectory() as folder:
        kind = ("memory", "sqlite", "file")[seed // len(CALLS) % 3]
        backend = opened(kind, Path(folder))
        try:
            return await cancelled_everywhere(backend, name)
        finally:
            await backend.close()


def opened(kind: str, folder: Path) -> Backend:
    """Return a new store of this kind."""
    if kind == "memory":
        return MemoryBackend()
    return SqliteBackend(folder / "runs.db") if kind == "sqlite" else FileBackend(folder / "runs")


async def _once(backend: Backend, call: Call, run_id: str, at: int) -> bool:
    reached = await cancelled_at(call(backend, run_id), at)
    # What is still being written for the caller that is gone comes before this.
    await backend.append("after", LINES[1:2])
    check_unlocked(backend)
    return reached


async def _still_works(backend: Backend, name: str) -> None:
    """See that no log was hurt, that a run runs and that a watch is told."""
    await all_sound(backend, name)
    async with aclosing(Control(backend).watch_runs()) as batches:
        await anext(batches)
        await run(backend, f"{name}-last")
        assert await anext(batches)
    ended = await Control(backend).get(f"{name}-last")
    assert (ended.status, ended.worker) == ("ok", None)


def check_unlocked(backend: Backend) -> None:
    """See that another program could write: nothing stays open or locked.

    What was under way for a caller that is gone may still be written, by threads of the store.
    """
    kind, _, path = backend.url.partition(":")
    if kind == "sqlite":
        other = sqlite3.connect(path, isolation_level=None, timeout=PATIENCE)
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
        other.close()
    elif kind == "file":
        for log in Path(path, "events").glob("*.jsonl"):
            _lock(log)


def _lock(log: Path) -> None:
    fd = os.open(log, os.O_RDWR)
    given_up = time.monotonic() + PATIENCE
    try:
        while time.monotonic() < given_up:
            with suppress(BlockingIOError):
                return fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            time.sleep(0.001)
        raise AssertionError(f"{log} stays locked")
    finally:
        os.close(fd)
