"""A SQLite store where SQLite itself is of less use: after a fork, and without a log."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from stories import step, submitted

from faults.sqlite_stores import filled, seen
from flopod.errors import BackendError
from flopod_backends import SqliteBackend


def forked(child: Callable[[], object]) -> str:
    """Return what a forked child says."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        signal.alarm(10)
        try:
            os.write(writing, str(child()).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    os.waitpid(pid, 0)
    return said


def test_a_forked_child_uses_nothing_of_its_parents_store(path: Path) -> None:
    async def refused(store: SqliteBackend) -> str:
        try:
            await store.append("r1", [step("of-the-child")])
        except BackendError as error:
            await store.close()
            return str(error)
        return "written"

    async def parent() -> list[str]:
        store = SqliteBackend(path)
        await store.append("r1", [submitted()])
        said = [
            forked(lambda: asyncio.run(refused(store))),
            forked(lambda: asyncio.run(refused(SqliteBackend(path)))),
            forked(lambda: asyncio.run(refused(SqliteBackend(path.with_name("other.db"))))),
        ]
        await store.append("r1", [step("of-the-parent")])
        await store.close()
        return said

    inherited, anew, other = asyncio.run(parent())
    assert "opened by process" in inherited
    assert "was open in the process from which" in anew
    assert other == "written"
    _, found = asyncio.run(seen(path))
    assert [event.path for event in found["r1"]] == ["", "of-the-parent"]


def test_a_child_forked_before_the_store_is_opened_may_use_it(path: Path) -> None:
    filled(path)
    said = forked(lambda: len(asyncio.run(seen(path))[0]))
    assert said == "3"


async def test_where_there_can_be_no_log_every_commit_syncs_its_folder_too(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flopod_backends import sqlite_lone, sqlite_open

    address = sqlite_open.address
    # The one of SQLite's own file systems that has locks and no shared memory.
    for room in (sqlite_open, sqlite_lone):
        monkeypatch.setattr(room, "address", lambda it: f"{address(it)}&vfs=unix-dotfile")
    store, other = SqliteBackend(path), SqliteBackend(path)
    await store.append("r1", [submitted()])
    assert store._connections
    writer = store._connections.writer
    assert list(await writer.execute_fetchall("PRAGMA journal_mode")) == [("delete",)]
    assert list(await writer.execute_fetchall("PRAGMA synchronous")) == [(3,)]
    changes = other.changes()
    assert await anext(changes) == {}
    for _ in range(30):
        await store.append("r1", [step()])
    seen_by_other = 0
    while seen_by_other < 31:
        seen_by_other = (await anext(changes)).get("r1", 0)
    await other.append("r1", [step()])
    assert [event.seq for event in await store.events("r1")] == [*range(1, 33)]
    await changes.aclose()
    for handle in (other, store):
        await handle.close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
