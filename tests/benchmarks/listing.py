"""Listing: the newest 100 of 100,000 runs on sqlite, and the raw query beside it."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from rounds import medians

from flopod import Control
from flopod.events import ActivityCompleted, Event, RunCompleted, RunStarted, RunSubmitted
from flopod.stored import encoded, utc_now
from flopod_backends import SqliteBackend

RUNS = 100_000
BATCH = 1000


def measure(scratch: Path, rounds: int) -> dict[str, Any]:
    """Return milliseconds for a list of the newest 100."""
    path = scratch / "runs.db"
    asyncio.run(fill(path, RUNS))
    return {"runs": RUNS, **asyncio.run(_measure(path, max(rounds, 20)))}


async def fill(path: Path, runs: int) -> None:
    """Make a store with so many runs, most of them finished."""
    backend = SqliteBackend(path, synchronous="normal")
    newest = utc_now()
    for first in range(0, runs, BATCH):
        await asyncio.gather(
            *(
                backend.append(f"run-{number:06}", _story(number, newest, runs))
                for number in range(first, min(first + BATCH, runs))
            )
        )
    await backend.close()


TIMES = "WITH RECURSIVE times (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM times WHERE n < :times)"
COPIES = f"""
{TIMES},
copies AS (SELECT *, printf('run-%06d', substr(run_id, 5) + :runs * n) AS id FROM runs, times)
INSERT INTO runs SELECT id, workflow, status, submitted_at, due_at, last_seq, rev + :runs * n,
    replace(search, run_id, id), replace(summary, run_id, id) FROM copies
"""
LOGS = f"""
{TIMES} INSERT INTO events
SELECT printf('run-%06d', substr(run_id, 5) + :runs * n), seq, at, type, path, data
FROM times, events
"""


def crowd(path: Path, runs: int) -> None:
    """Make a store with so many runs, all but a thousand of them copies: five times as fast."""
    asyncio.run(fill(path, BATCH))
    with closing(sqlite3.connect(path)) as connection, connection:
        for copy in (COPIES, LOGS):
            connection.execute(copy, {"runs": BATCH, "times": runs // BATCH - 1})


def _story(number: int, newest: Any, runs: int) -> list[Event]:
    at = newest - timedelta(seconds=runs - number)
    output = encoded(number)
    facts = [
        (RunSubmitted(workflow=f"workflow-{number % 7}", input=output), ""),
        (RunStarted(worker="host:1"), ""),
        (ActivityCompleted(output=output), "fetch"),
        (RunCompleted(output=output), ""),
    ]
    return [Event(fact, path, at) for fact, path in (facts if number % 50 else facts[:1])]


async def _measure(path: Path, rounds: int) -> dict[str, float]:
    backend = SqliteBackend(path)
    control = Control(backend)
    await control.list_runs(limit=1)
    figures = medians([await _round(control, path) for _ in range(rounds)])
    await backend.close()
    return figures


async def _round(control: Control, path: Path) -> dict[str, float]:
    start = time.perf_counter()
    listed = await control.list_runs(limit=100)
    taken = time.perf_counter() - start
    assert len(listed) == 100
    return {"newest_100_ms": taken * 1e3, "raw_query_ms": _raw(path) * 1e3}


def _raw(path: Path) -> float:
    connection = sqlite3.connect(path)
    start = time.perf_counter()
    rows = connection.execute(
        "SELECT summary FROM runs ORDER BY submitted_at DESC, run_id LIMIT 100"
    ).fetchall()
    taken = time.perf_counter() - start
    assert len(rows) == 100
    connection.close()
    return taken
