"""A run that appends alone to a SQLite store is committed on the loop, and never at its cost."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from stories import step, submitted

from flopod.errors import BackendError
from flopod_backends import SqliteBackend, alone
from flopod_backends.alone import LEAST
from flopod_backends.sqlite_lone import Lone

WRITE = "INSERT INTO kept VALUES (?)"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "runs.db"
    connection = sqlite3.connect(path)
    connection.executescript("PRAGMA journal_mode = WAL; CREATE TABLE kept (value UNIQUE)")
    connection.close()
    return path


@pytest.fixture
def lone(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lone]:
    # A test machine may stop for longer than a disk does.
    monkeypatch.setattr(alone, "SLOW", 10.0)
    monkeypatch.setattr(alone, "APART", 20.0)
    lone = Lone(path, "full")
    yield lone
    lone.close()


def follow_each_other(lone: Lone, commits: int, run_id: str = "r1") -> None:
    for _ in range(commits):
        lone.saw(run_id, time.perf_counter())


def kept(path: Path) -> list[int]:
    connection = sqlite3.connect(path)
    try:
        return [value for (value,) in connection.execute("SELECT value FROM kept ORDER BY value")]
    finally:
        connection.close()


def test_a_run_has_to_append_alone_for_a_while_first(lone: Lone, path: Path) -> None:
    follow_each_other(lone, LEAST)
    assert not lone.commit("r1", WRITE, (1,))
    follow_each_other(lone, 1)
    assert lone.commit("r1", WRITE, (2,))
    assert not lone.commit("r2", WRITE, (3,))
    assert kept(path) == [2]


def test_another_run_or_several_at_once_end_it(lone: Lone) -> None:
    for run_id in ("r2", ""):
        follow_each_other(lone, LEAST + 1)
        follow_each_other(lone, 1, run_id)
        follow_each_other(lone, 1)
        assert not lone.commit("r1", WRITE, (1,))


def test_a_slow_commit_ends_it(lone: Lone) -> None:
    follow_each_other(lone, LEAST + 1)
    lone.saw("r1", time.perf_counter() - 11)
    assert not lone.commit("r1", WRITE, (1,))


def test_a_pause_ends_it(lone: Lone, monkeypatch: pytest.MonkeyPatch) -> None:
    follow_each_other(lone, LEAST + 1)
    monkeypatch.setattr(alone, "APART", 0.0)
    follow_each_other(lone, 1)
    assert not lone.commit("r1", WRITE, (1,))


def test_some_commits_go_to_the_thread_all_the_same(lone: Lone) -> None:
    here = []
    for value in range(100):
        here.append(lone.commit("r1", WRITE, (value,)))
        follow_each_other(lone, 1)
    assert here.count(False) == LEAST + 1 + 3


def test_a_lock_is_left_to_the_thread_at_once(lone: Lone, path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    follow_each_other(lone, LEAST + 1)
    began = time.perf_counter()
    assert not lone.commit("r1", WRITE, (1,))
    assert time.perf_counter() - began < 0.1, "it waited for the lock"
    other.close()
    assert not lone.commit("r1", WRITE, (1,)), "the row begins anew"


def test_another_error_is_told_and_not_left_to_the_thread(lone: Lone) -> None:
    follow_each_other(lone, LEAST + 1)
    assert lone.commit("r1", WRITE, (1,))
    assert lone._connection
    lone._connection.execute("PRAGMA max_page_count = 1")
    with pytest.raises(BackendError, match="the disk is full"):
        lone.commit("r1", WRITE, ("x" * 100_000,))


def test_a_refused_statement_is_told_as_such(lone: Lone) -> None:
    follow_each_other(lone, LEAST + 1)
    assert lone.commit("r1", WRITE, (1,))
    with pytest.raises(sqlite3.IntegrityError):
        lone.commit("r1", WRITE, (1,))


async def test_the_loop_goes_on_while_another_program_has_the_lock(tmp_path: Path) -> None:
    store, path = SqliteBackend(tmp_path / "runs.db"), tmp_path / "runs.db"
    await store.append("r1", [submitted()])
    for number in range(3 * LEAST):
        await store.append("r1", [step(f"before-{number}")])
    locked, release = threading.Event(), threading.Event()

    def hold() -> None:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        locked.set()
        release.wait()
        other.close()

    holder = threading.Thread(target=hold)
    holder.start()
    await asyncio.to_thread(locked.wait)
    append = asyncio.create_task(store.append("r1", [step("during")]))
    for _ in range(100):  # The loop turns, though the append waits.
        await asyncio.sleep(0)
    assert not append.done()
    release.set()
    [event] = await append
    holder.join()
    assert event.seq == 3 * LEAST + 2
    summary = await store.summary("r1")
    assert summary is not None and summary.last_seq == event.seq
    await store.close()
