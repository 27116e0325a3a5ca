"""What a SQLite store does while nothing happens in it, and somebody looks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from flopod.events import Event, RunSubmitted
from flopod.stored import encoded
from flopod.summary import Status
from flopod_backends import SqliteBackend, sqlite_changes, sqlite_query

SUBMITTED = Event(RunSubmitted(workflow="flow", input=encoded(None)))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteBackend]:
    backend = SqliteBackend(tmp_path / "flopod.db", "normal")
    await backend.append("first", [SUBMITTED])
    yield backend
    await backend.close()


@pytest.fixture
def asked(store: SqliteBackend, monkeypatch: pytest.MonkeyPatch) -> asyncio.Queue[str]:
    """The statements that are read with."""
    statements: asyncio.Queue[str] = asyncio.Queue()
    read = store._read

    async def noted(sql: str, *parameters: Any) -> Any:
        statements.put_nowait(sql)
        return await read(sql, *parameters)

    monkeypatch.setattr(store, "_read", noted)
    monkeypatch.setattr(store._follower, "_read", noted)
    return statements


async def test_runs_are_counted_again_only_after_something_was_written(
    store: SqliteBackend, asked: asyncio.Queue[str]
) -> None:
    counting = sqlite_query.counting(())[0]
    for _ in range(3):
        assert await store.counts() == {Status.QUEUED: 1}
    assert [asked.get_nowait() for _ in range(asked.qsize())].count(counting) == 1
    other = SqliteBackend(store.url.removeprefix("sqlite:").partition("?")[0], "normal")
    await other.append("second", [SUBMITTED])
    await other.close()
    assert await store.counts() == {Status.QUEUED: 2}
    await store.append("third", [SUBMITTED])
    assert await store.counts() == {Status.QUEUED: 3}
    await store.delete("third")
    assert await store.counts() == {Status.QUEUED: 2}


async def test_what_counts_gives_is_the_callers_own(store: SqliteBackend) -> None:
    (await store.counts()).clear()
    assert await store.counts() == {Status.QUEUED: 1}


async def test_a_poll_is_one_look_and_a_hint_several(
    store: SqliteBackend, asked: asyncio.Queue[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write is told before its commit can be seen."""
    hints: asyncio.Queue[frozenset[str]] = asyncio.Queue()

    async def told(*_: object) -> AsyncIterator[frozenset[str]]:
        while True:
            yield await hints.get()

    monkeypatch.setattr(sqlite_changes, "hints", told)
    monkeypatch.setattr(sqlite_changes, "_SETTLING", (0.0, 0.0))

    async def looked(times: int) -> None:
        """Wait for so many looks, and see that there are no more."""
        async with asyncio.timeout(5):
            for _ in range(times):
                await asked.get()
        await asyncio.sleep(0.05)
        assert asked.empty()

    async with aclosing(store.changes()) as changes:
        await anext(changes)
        await looked(2 + 3)  # where it stands; then as after a hint
        hints.put_nowait(frozenset())
        await looked(1)
        hints.put_nowait(frozenset({"flopod.db-wal"}))
        await looked(3)
