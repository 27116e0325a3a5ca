"""Steps a second on sqlite, `synchronous=FULL`: one after the other, and a hundred runs at once.

The hundred runs are queued and taken up by one worker, with twenty steps each and with three; or
all are called with `run_workflow` in one process, with three.

The limit is the same transaction: the store's own statement, with what one step writes, sent in a
loop through the standard library's sqlite3. One commit a step, and nothing else in the process.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from importlib.resources import files
from pathlib import Path
from typing import Any

import aiosqlite
from rounds import medians, seconds

from flopod import Control, Runtime, Worker, run_workflow, workflow
from flopod_backends import SqliteBackend, sqlite_append

SEQUENTIAL = 1000
RUNS = 100
MANY, FEW = 20, 3
"""Steps of each of the hundred runs."""


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
    through_aiosqlite = asyncio.run(_raw_aiosqlite(scratch / "aiosqlite.db"))
    plain = SEQUENTIAL / asyncio.run(_one_run(scratch / "plain.db", in_sequence))
    coroutine = SEQUENTIAL / asyncio.run(_one_run(scratch / "async.db", in_sequence_async))
    hundred = RUNS * MANY / asyncio.run(_many_runs(scratch / "many.db", MANY))
    short = RUNS * FEW / asyncio.run(_many_runs(scratch / "short.db", FEW))
    called = RUNS * FEW / asyncio.run(_many_calls(scratch / "calls.db"))
    return {
        "raw_sqlite3_transactions_per_s": limit,
        "raw_aiosqlite_transactions_per_s": through_aiosqlite,
        "raw_aiosqlite_to_raw": through_aiosqlite / limit,
        "sequential_steps_per_s": plain,
        "sequential_async_steps_per_s": coroutine,
        "hundred_runs_steps_per_s": hundred,
        "hundred_short_runs_steps_per_s": short,
        "hundred_short_calls_steps_per_s": called,
        "sequential_to_raw": plain / limit,
        "sequential_async_to_raw": coroutine / limit,
        "hundred_to_sequential": hundred / plain,
        "hundred_short_runs_to_raw": short / limit,
        "hundred_short_calls_to_raw": called / limit,
    }


async def _one_run(path: Path, made: Any) -> float:
    backend = SqliteBackend(path)
    try:
        await run_workflow(in_sequence, 1, backend=backend, run_id="warm-up")
        return await seconds(run_workflow(made, SEQUENTIAL, backend=backend, run_id="run"))
    finally:
        await backend.close()


async def _many_runs(path: Path, steps: int) -> float:
    """Return the seconds in which one worker takes a hundred queued runs to their end."""
    backend = SqliteBackend(path)
    control = Control(backend, [in_sequence])
    try:
        await asyncio.gather(*(control.start("in_sequence", steps) for _ in range(RUNS)))
        return await seconds(_work_off(backend, control))
    finally:
        await backend.close()


async def _many_calls(path: Path) -> float:
    """Return the seconds in which a hundred calls of `run_workflow` are through."""
    backend = SqliteBackend(path)
    try:
        await run_workflow(in_sequence, 1, backend=backend, run_id="warm-up")
        calls = (
            run_workflow(in_sequence, FEW, backend=backend, run_id=f"run-{number}")
            for number in range(RUNS)
        )
        return await seconds(asyncio.gather(*calls))
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
    """Return transactions a second: what one step commits, by the same statement."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(SETTINGS + SCHEMA.read_text())
    start = time.perf_counter()
    for number in range(SEQUENTIAL):
        connection.execute(sqlite_append.ONE, _step(number))
    taken = time.perf_counter() - start
    connection.close()
    return SEQUENTIAL / taken


async def _raw_aiosqlite(path: Path) -> float:
    """Return the same through aiosqlite: what is left of the limit before any code of ours."""
    async with aiosqlite.connect(path, isolation_level=None) as connection:
        await connection.executescript(SETTINGS + SCHEMA.read_text())
        start = time.perf_counter()
        for number in range(SEQUENTIAL):
            await connection.execute_fetchall(sqlite_append.ONE, _step(number))
        return SEQUENTIAL / (time.perf_counter() - start)


SCHEMA = files("flopod_backends").joinpath("schema.sql")
SETTINGS = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
SUMMARY = '{"run_id":"run","workflow":"in_sequence","status":"running","padding":"%s"}' % (
    "x" * 380
)
EVENTS = (
    '[[%d,1795419147654,"ActivityStarted","step-%d","{}"],'
    '[%d,1795419147654,"ActivityCompleted","step-%d","{\\"output\\":{\\"json\\":1}}"]]'
)


def _step(number: int) -> tuple[Any, ...]:
    """Return the parameters of a step's append: its two events, and the summary after them."""
    seq, at = 2 * number, 1795419147654
    events = EVENTS % (seq + 1, number, seq + 2, number)
    due, search = at, "run in_sequence"
    run = ("in_sequence", "running", at, due, seq + 2, search, SUMMARY)
    return ("run", seq, None, None, events, *run)
