"""Steps a second on sqlite, `synchronous=FULL`: one after the other, and a hundred runs at once.

The limit is the same transaction, the store's own statement with what one step writes, sent in a
loop through the standard library's sqlite3: one commit a step, nothing else in the process.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from pathlib import Path
from typing import Any

from rounds import medians, seconds

from flopod import Control, Runtime, Worker, run_workflow, workflow
from flopod_backends import SqliteBackend

SEQUENTIAL = 1000
RUNS = 100
STEPS_A_RUN = 20


@workflow
async def in_sequence(wf: Runtime, count: int) -> None:
    """One-line steps, one after the other."""
    for number in range(count):
        await wf.activity(f"step-{number}", lambda: 1)


@workflow
async def in_sequence_async(wf: Runtime, count: int) -> None:
    """The same with async steps."""

    async def one() -> int:
        return 1

    for number in range(count):
        await wf.activity(f"step-{number}", one)


def measure(scratch: Path, rounds: int) -> dict[str, Any]:
    """Return steps a second, and their ratios to the limit."""
    return medians(_round(scratch / str(number)) for number in range(rounds))


def _round(scratch: Path) -> dict[str, float]:
    scratch.mkdir()
    limit = _raw(scratch / "raw.db")
    plain = SEQUENTIAL / asyncio.run(_one_run(scratch / "plain.db", in_sequence))
    coroutine = SEQUENTIAL / asyncio.run(_one_run(scratch / "async.db", in_sequence_async))
    hundred = RUNS * STEPS_A_RUN / asyncio.run(_many_runs(scratch / "many.db"))
    return {
        "raw_sqlite3_transactions_per_s": limit,
        "sequential_steps_per_s": plain,
        "sequential_async_steps_per_s": coroutine,
        "hundred_runs_steps_per_s": hundred,
        "sequential_to_raw": plain / limit,
        "sequential_async_to_raw": coroutine / limit,
        "hundred_to_sequential": hundred / plain,
    }


async def _one_run(path: Path, made: Any) -> float:
    backend = SqliteBackend(path)
    try:
        await run_workflow(in_sequence, 1, backend=backend, run_id="warm-up")
        return await seconds(run_workflow(made, SEQUENTIAL, backend=backend, run_id="run"))
    finally:
        await backend.close()


async def _many_runs(path: Path) -> float:
    """Return the seconds in which one worker takes a hundred queued runs to their end."""
    backend = SqliteBackend(path)
    control = Control(backend, [in_sequence])
    try:
        await asyncio.gather(*(control.start("in_sequence", STEPS_A_RUN) for _ in range(RUNS)))
        return await seconds(_work_off(backend, control))
    finally:
        await backend.close()


async def _work_off(backend: SqliteBackend, control: Control) -> None:
    left = RUNS
    async with Worker(backend, [in_sequence], concurrency=RUNS):
        async for changed in control.watch_runs():
            left -= sum(run.finished for run in changed)
            if left <= 0:
                return


def _raw(path: Path) -> float:
    """Return transactions a second: the two events and the summary of a step, committed."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(RAW_SCHEMA)
    start = time.perf_counter()
    for number in range(SEQUENTIAL):
        _commit_step(connection, number)
    taken = time.perf_counter() - start
    connection.close()
    return SEQUENTIAL / taken


RAW_SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE events (run_id TEXT, seq INTEGER, at INTEGER, type TEXT, path TEXT, data TEXT,
    PRIMARY KEY (run_id, seq)) WITHOUT ROWID;
CREATE TABLE runs (run_id TEXT PRIMARY KEY, last_seq INTEGER, summary TEXT);
"""
SUMMARY = '{"run_id":"run","workflow":"in_sequence","status":"running","padding":"%s"}' % (
    "x" * 380
)
OUTPUT = '{"output":{"json":1}}'


def _commit_step(connection: sqlite3.Connection, number: int) -> None:
    at, path, seq = time.time_ns() // 1_000_000, f"step-{number}", 2 * number
    execute = connection.execute
    execute("BEGIN IMMEDIATE")
    insert = "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)"
    execute(insert, ("run", seq + 1, at, "ActivityStarted", path, "{}"))
    execute(insert, ("run", seq + 2, at, "ActivityCompleted", path, OUTPUT))
    execute(
        "INSERT INTO runs VALUES (?, ?, ?) ON CONFLICT (run_id)"
        " DO UPDATE SET last_seq = excluded.last_seq, summary = excluded.summary",
        ("run", seq + 2, SUMMARY),
    )
    execute("COMMIT")
