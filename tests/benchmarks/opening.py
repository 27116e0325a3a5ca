"""Opening a run of 100,000 events: read the log from its store, and fold it for a replay.

The limit is the JSON library alone: the same lines decoded into plain Python data, and kept.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from rounds import medians

from flopod import records
from flopod.backend import Backend
from flopod.events import ActivityCompleted, ActivityStarted, Event, RunSubmitted
from flopod.recall import replayed
from flopod.stored import encoded
from flopod_backends import FileBackend, SqliteBackend

EVENTS = 100_000
BATCH = 1000


def measure(scratch: Path, rounds: int) -> dict[str, Any]:
    """Return seconds to load and fold, and their ratios to the limit."""
    stores: dict[str, Callable[[], Backend]] = {
        "sqlite": lambda: SqliteBackend(scratch / "runs.db"),
        "file": lambda: FileBackend(scratch / "runs"),
    }
    for made in stores.values():
        asyncio.run(_fill(made()))
    return {"events": EVENTS, **medians(_round(stores) for _ in range(rounds))}


def _round(stores: dict[str, Callable[[], Backend]]) -> dict[str, float]:
    lines = [records.line(event) for event in _story()]
    start = time.perf_counter()
    decoded = [msgspec.json.decode(line) for line in lines]
    limit = time.perf_counter() - start
    del lines, decoded
    figures = {"raw_decode_s": limit}
    for name, made in stores.items():
        taken = asyncio.run(_open(made()))
        figures |= {f"{name}_s": taken, f"{name}_to_raw": taken / limit}
    return figures


async def _fill(backend: Backend) -> None:
    story = _story()
    for first in range(0, EVENTS, BATCH):
        await backend.append("run", story[first : first + BATCH])
    await backend.close()


async def _open(backend: Backend) -> float:
    try:
        await backend.summary("run")
        start = time.perf_counter()
        recall = replayed(await backend.events("run"))
        taken = time.perf_counter() - start
        assert len(recall.steps) == (EVENTS - 1) // 2 + 1
        return taken
    finally:
        await backend.close()


def _story() -> list[Event]:
    facts: list[Event] = [Event(RunSubmitted(workflow="order"))]
    for number in range(EVENTS - 1):
        path = f"step-{number // 2}"
        output = encoded({"number": number, "name": "a result"})
        fact = ActivityCompleted(output=output) if number % 2 else ActivityStarted()
        facts.append(Event(fact, path))
    return facts
