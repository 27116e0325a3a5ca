"""Many programs on one SQLite store: a lock is waited for and told to nobody (R43)."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from stories import step, submitted

from faults.sqlite_crowd import crowd, longest_wait
from faults.trial import check
from flopod_backends import SqliteBackend


@contextmanager
def another_program(path: Path, begin: str) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute(begin)
    try:
        yield connection
    finally:
        connection.close()


async def test_two_processes_never_hear_of_each_others_locks(tmp_path: Path) -> None:
    found = await crowd(tmp_path, "append", hands=2, seconds=0.8)
    check(found)
    assert found.acknowledged > 20


async def test_eight_processes_a_long_reader_and_a_lock_of_a_second_lose_no_update(
    tmp_path: Path, path: Path
) -> None:
    store = SqliteBackend(path)
    await store.append("shared", [submitted()])
    await store.close()

    def hold() -> None:
        time.sleep(0.7)  # The processes have begun.
        with another_program(path, "BEGIN IMMEDIATE"):
            time.sleep(1.0)

    with another_program(path, "BEGIN") as reader:
        [[before]] = reader.execute("SELECT count(*) FROM events").fetchall()
        holding = asyncio.create_task(asyncio.to_thread(hold))
        found = await crowd(tmp_path, "append", hands=8, seconds=2.2, already=1)
        await holding
        assert reader.execute("SELECT count(*) FROM events").fetchone() == (before,)
    check(found)
    assert found.acknowledged > 100
    assert longest_wait(tmp_path / "account") > 0.5, "the lock was met"


@pytest.mark.parametrize(("job", "hands"), [("append", 4), ("work", 4)])
async def test_killed_in_an_append_or_a_claim_processes_leave_log_and_row_as_one(
    tmp_path: Path, job: str, hands: int
) -> None:
    found = await crowd(tmp_path, job, hands, seconds=1.2, deaths=12, seed=7)
    check(found)
    assert found.acknowledged > 50


async def test_a_log_that_grew_under_a_long_reader_is_short_again_afterwards(
    store: SqliteBackend, path: Path
) -> None:
    log = path.with_name("runs.db-wal")
    with another_program(path, "BEGIN") as reader:
        assert reader.execute("SELECT count(*) FROM events").fetchone() == (1,)
        for number in range(60):
            await store.append("r1", [step(f"s{number}", "x" * 200_000)])
        assert log.stat().st_size > 10 * 2**20, "what the reader may ask for is kept"
        assert reader.execute("SELECT count(*) FROM events").fetchone() == (1,)
    for number in range(40):
        await store.append("r1", [step(f"t{number}")])
    assert log.stat().st_size <= 4 * 2**20
    assert len(await store.events("r1")) == 101


async def test_the_log_stays_short_where_nobody_reads_for_long(
    store: SqliteBackend, path: Path
) -> None:
    for number in range(300):
        await store.append("r1", [step(f"s{number}", "x" * 20_000)])
    assert path.with_name("runs.db-wal").stat().st_size <= 4 * 2**20
