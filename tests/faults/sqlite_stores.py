"""SQLite stores to break: made, filled and read, with nothing of flopod's own left open."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from stories import STORY, step, submitted

from flopod.backend import RunQuery
from flopod.errors import BackendError
from flopod.events import Event
from flopod.summary import RunSummary
from flopod_backends import SqliteBackend


def filled(path: Path, runs: int = 3, steps: int = 5) -> dict[str, list[Event]]:
    """Make a store with some runs; return their logs."""
    return asyncio.run(_filled(path, runs, steps))


async def _filled(path: Path, runs: int, steps: int) -> dict[str, list[Event]]:
    store = SqliteBackend(path)
    try:
        await store.append("r0", STORY)
        for number in range(1, runs):
            await store.append(f"r{number}", [submitted(number)])
            for nth in range(steps):
                await store.append(f"r{number}", [step(f"step-{nth}", "x" * 50 * nth)])
        listed = await store.list_runs(RunQuery())
        return {run.run_id: await store.events(run.run_id) for run in listed}
    finally:
        await store.close()


async def seen(path: Path) -> tuple[list[RunSummary], dict[str, list[Event]]]:
    """Return all that a new handle on the store sees."""
    store = SqliteBackend(path)
    try:
        listed = await store.list_runs(RunQuery(limit=None))
        return listed, {run.run_id: await store.events(run.run_id) for run in listed}
    finally:
        await store.close()


async def refusal(path: Path | str) -> str:
    """Return what is said when the store cannot be opened."""
    store = SqliteBackend(path)
    try:
        await store.counts()
    except BackendError as error:
        return str(error)
    finally:
        await store.close()
    raise AssertionError(f"{path} was opened")


def execute(path: Path, *statements: str, parameters: Sequence[object] = ()) -> None:
    """Change a database behind flopod's back."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        for statement in statements:
            connection.execute(statement, parameters)
    finally:
        connection.close()


def killed(path: Path) -> None:
    """Leave a store as a killed process does: the last commits are in its -wal file only."""
    parts = {end: path.with_name(f"{path.name}{end}") for end in ("", "-wal", "-shm")}
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("DELETE FROM deleted")
    asyncio.run(_append_last(path))
    kept = {part: part.read_bytes() for part in parts.values()}
    connection.close()
    for part, data in kept.items():
        part.write_bytes(data)
        part.chmod(0o600)


async def _append_last(path: Path) -> None:
    store = SqliteBackend(path)
    await store.append("r1", [step("last")])
    await store.close()
