"""Appends a second of each store: one run, one event at a time; and a hundred runs at once.

The limit for sqlite is the same transaction (the event, the summary's row with its indexes, one
commit) sent in a loop through the standard library's sqlite3 to a copy of the same file. The limit
for files is a line of 200 bytes appended and brought to the disk with fdatasync.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rounds import medians, seconds

from flopod.backend import Backend
from flopod.events import ActivityCompleted, Event, RunStarted, RunSubmitted
from flopod.stored import encoded
from flopod_backends import FileBackend, MemoryBackend, SqliteBackend

APPENDS = 1000
RUNS = 100
APPENDS_A_RUN = 50
RUN = "order-20261122-143501-k3f9"
OUTPUT = {"a": 1, "b": "hello world"}
_INSERT = "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)"
_UPSERT = """
INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, (SELECT rev + 1 FROM last_change), ?, ?)
ON CONFLICT (run_id) DO UPDATE SET
    status = excluded.status, due_at = excluded.due_at, last_seq = excluded.last_seq,
    rev = excluded.rev, search = excluded.search, summary = excluded.summary
"""


def measure(scratch: Path, rounds: int) -> dict[str, Any]:
    """Return appends a second, and their ratios to the limits."""
    return medians(_round(scratch / str(number)) for number in range(rounds))


def _round(scratch: Path) -> dict[str, float]:
    scratch.mkdir()
    path = scratch / "runs.db"
    memory, memory_runs = asyncio.run(_appends(MemoryBackend()))
    sqlite, sqlite_runs = asyncio.run(_appends(SqliteBackend(path)))
    file, file_runs = asyncio.run(_appends(FileBackend(scratch / "runs")))
    raw, line = _raw_sqlite(path, scratch / "raw.db"), _raw_line(scratch)
    return {
        "memory_sequential_per_s": memory,
        "memory_hundred_runs_per_s": memory_runs,
        "raw_sqlite3_transactions_per_s": raw,
        "sqlite_sequential_per_s": sqlite,
        "sqlite_hundred_runs_per_s": sqlite_runs,
        "sqlite_sequential_to_raw": sqlite / raw,
        "sqlite_hundred_to_sequential": sqlite_runs / sqlite,
        "raw_lines_of_200_bytes_per_s": line,
        "file_sequential_per_s": file,
        "file_hundred_runs_per_s": file_runs,
        "file_sequential_to_raw": file / line,
    }


async def _appends(backend: Backend) -> tuple[float, float]:
    """Return appends a second to one run, and to a hundred at once."""
    try:
        await _many(backend, RUN, 20)
        one = await seconds(_many(backend, RUN, APPENDS))
        runs = [_many(backend, f"{RUN}-{n}", APPENDS_A_RUN) for n in range(RUNS)]
        return APPENDS / one, RUNS * APPENDS_A_RUN / await seconds(_all(runs))
    finally:
        await backend.close()


async def _all(runs: list[Any]) -> None:
    await asyncio.gather(*runs)


async def _many(backend: Backend, run_id: str, count: int) -> None:
    begin = [Event(RunSubmitted(workflow="order")), Event(RunStarted(worker="host:1"))]
    await backend.append(run_id, begin)
    for _ in range(count):
        await backend.append(run_id, [Event(ActivityCompleted(output=encoded(OUTPUT)), "fetch")])


def _raw_sqlite(path: Path, copy: Path) -> float:
    shutil.copy(path, copy)
    connection = sqlite3.connect(copy, isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")
    [summary] = connection.execute("SELECT summary FROM runs WHERE run_id = ?", (RUN,)).fetchone()
    data = '{"output":{"json":{"a":1,"b":"hello world"}}}'

    def commit(number: int) -> None:
        at = 1_795_000_000_000 + number
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(_INSERT, ("raw", number, at, "ActivityCompleted", "fetch", data))
        row = ("raw", "order", "running", at - number, at - number, number, "raw order", summary)
        connection.execute(_UPSERT, row)
        connection.execute("COMMIT")

    rate = _rate(commit)
    connection.close()
    return rate


def _raw_line(scratch: Path) -> float:
    fd = os.open(scratch / "raw.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    line = b"%-199s\n" % b'{"seq":1,"at":"2026-11-22T12:00:00.000Z","type":"ActivityCompleted"}'

    def append(_: int) -> None:
        os.write(fd, line)
        os.fdatasync(fd)

    rate = _rate(append)
    os.close(fd)
    return rate


def _rate(commit: Callable[[int], None]) -> float:
    commit(0)
    start = time.perf_counter()
    for number in range(1, APPENDS + 1):
        commit(number)
    return APPENDS / (time.perf_counter() - start)
