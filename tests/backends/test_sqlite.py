"""The store in a SQLite file."""

# The files of these tests are small, and nothing else waits for the loop.
# ruff: noqa: ASYNC221, ASYNC240

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path

import pytest
from contract import DurableBackendContract
from stories import STORY, Clock, Reopen, step, submitted, told_of

from flopod.backend import RunQuery
from flopod.errors import BackendError, CorruptLogError
from flopod_backends import SqliteBackend
from flopod_backends.sqlite_schema import APPLICATION_ID, VERSION


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteBackend]:
    store = SqliteBackend(path)
    yield store
    await store.close()


class TestSqliteBackend(DurableBackendContract):
    @pytest.fixture
    async def reopen(self, path: Path, clock: Clock) -> AsyncIterator[Reopen]:
        handles: list[SqliteBackend] = []

        def reopen(clock: Callable[[], datetime] = clock) -> SqliteBackend:
            handles.append(SqliteBackend(path, clock=clock))
            return handles[-1]

        yield reopen
        for handle in handles:
            await handle.close()

    @pytest.fixture
    def backend(self, reopen: Reopen) -> SqliteBackend:
        return reopen()


async def refused(path: Path | str) -> str:
    """Return what is said when the store there cannot be opened: one line."""
    store = SqliteBackend(path)
    with pytest.raises(BackendError) as error:
        await store.events("r1")
    await store.close()
    assert "\n" not in str(error.value)
    return str(error.value)


async def test_only_its_owner_can_read_a_new_store(store: SqliteBackend, path: Path) -> None:
    before = os.umask(0)
    try:
        await store.append("r1", [submitted()])
    finally:
        os.umask(before)
    files = sorted(path.parent.iterdir())
    assert [file.name for file in files] == ["runs.db", "runs.db-shm", "runs.db-wal"]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


async def test_a_store_survives_a_power_cut_unless_asked_not_to(path: Path) -> None:
    for setting, expected in (("full", 2), ("normal", 1)):
        store = SqliteBackend(path, setting)
        await store.events("r1")
        assert store._connections
        rows = await store._connections.writer.execute_fetchall("PRAGMA synchronous")
        assert list(rows) == [(expected,)]
        await store.close()


async def test_another_setting_is_refused(path: Path) -> None:
    with pytest.raises(BackendError, match="full or normal"):
        SqliteBackend(path, "off")


async def test_a_store_in_memory_is_refused() -> None:
    for name in (":memory:", ""):
        with pytest.raises(BackendError, match="memory:"):
            SqliteBackend(name)


async def test_a_store_written_by_a_newer_version_is_refused(
    store: SqliteBackend, path: Path
) -> None:
    await store.append("r1", [submitted()])
    await store.close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    assert "newer flopod" in await refused(path)


async def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path) -> None:
    path.write_text("dear diary " * 100)
    assert f"{path} is no SQLite database" in await refused(path)
    assert path.read_text() == "dear diary " * 100


async def test_the_database_of_another_program_is_refused_and_left_alone(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE bookmarks (url)")
    connection.close()
    assert "another program" in await refused(path)
    with sqlite3.connect(path) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
    connection.close()
    assert tables == [("bookmarks",)]


async def test_a_directory_and_a_missing_parent_are_refused(tmp_path: Path) -> None:
    assert "is a directory" in await refused(tmp_path)
    assert "is no directory" in await refused(tmp_path / "missing" / "runs.db")
    (tmp_path / "file").touch()
    assert "is no directory" in await refused(tmp_path / "file" / "runs.db")


async def test_a_store_can_be_opened_once_what_was_wrong_is_mended(tmp_path: Path) -> None:
    store = SqliteBackend(tmp_path / "later" / "runs.db")
    with pytest.raises(BackendError):
        await store.append("r1", [submitted()])
    (tmp_path / "later").mkdir()
    await store.append("r1", [submitted()])
    await store.close()


async def test_a_lock_of_another_program_is_waited_for(store: SqliteBackend, path: Path) -> None:
    await store.append("r1", [submitted()])
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    appends = [asyncio.ensure_future(store.append("r1", [step()])) for _ in range(3)]
    await asyncio.sleep(0.7)
    assert not any(append.done() for append in appends)
    assert len(await store.events("r1")) == 1
    other.execute("COMMIT")
    other.close()
    assert [(await append)[0].seq for append in appends] == [2, 3, 4]


async def test_a_lock_that_never_ends_is_told(
    store: SqliteBackend, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.append("r1", [submitted()])
    monkeypatch.setattr("flopod_backends.sqlite_open.PATIENCE", 0.3)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(BackendError, match=f"{path} has been locked"):
        await store.append("r1", [step()])
    other.execute("COMMIT")
    other.close()
    [recorded] = await store.append("r1", [step()])
    assert recorded.seq == 2


async def test_an_append_is_one_statement_however_many_runs_are_in_it(
    store: SqliteBackend,
) -> None:
    await store.append("r0", [submitted()])
    assert store._connections
    statements: list[str] = []
    await store._connections.writer.set_trace_callback(statements.append)
    await asyncio.gather(*(store.append(f"r{n}", [step()], expect=0) for n in range(1, 100)))
    # SQLite tells of the statement again for every statement of its trigger.
    assert len(set(statements)) == 1


async def test_a_full_disk_is_told_and_nothing_is_half_done(
    store: SqliteBackend, path: Path
) -> None:
    await store.append("r1", [submitted()])
    assert store._connections
    await store._connections.writer.execute_fetchall("PRAGMA max_page_count = 1")
    with pytest.raises(BackendError, match="the disk is full"):
        await store.append("r1", [step(output="x" * 100_000), step()])
    await store._connections.writer.execute_fetchall("PRAGMA max_page_count = 100000")
    [recorded] = await store.append("r1", [step()])
    assert recorded.seq == 2
    assert await store.summary("r1") == told_of("r1", await store.events("r1"))


async def test_an_event_that_cannot_be_read_is_told_with_those_before_it(
    store: SqliteBackend, path: Path
) -> None:
    await store.append("r1", STORY)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE events SET type = 'Unheard' WHERE seq = 4")
    connection.close()
    with pytest.raises(CorruptLogError, match="event 4") as error:
        await store.events("r1")
    assert [event.seq for event in error.value.events] == [1, 2, 3]


async def test_a_missing_event_is_told(store: SqliteBackend, path: Path) -> None:
    await store.append("r1", STORY)
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM events WHERE seq = 4")
    connection.close()
    with pytest.raises(CorruptLogError, match="event 5 is in its place"):
        await store.events("r1")


async def test_a_list_reads_no_event_and_every_order_has_its_index(
    store: SqliteBackend, path: Path
) -> None:
    await store.append("r1", [submitted()])
    from flopod_backends.sqlite_query import listing

    sql, parameters = listing(RunQuery(), [], None)
    connection = sqlite3.connect(path)
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)]
    connection.close()
    assert any("runs_newest_first" in line for line in plan)
    assert not any("events" in line or "TEMP B-TREE" in line for line in plan)


async def test_a_program_ends_though_nobody_closed_its_store(path: Path) -> None:
    program = (
        "import asyncio, sys\n"
        "from flopod.events import Event, RunSubmitted\n"
        "from flopod_backends import SqliteBackend\n"
        "store = SqliteBackend(sys.argv[1])\n"
        "asyncio.run(store.append('r1', [Event(RunSubmitted(workflow='w'))]))\n"
        "print('done')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert (done.stdout, done.stderr) == ("done\n", "")
    store = SqliteBackend(path)
    assert len(await store.events("r1")) == 1
    await store.close()


def test_a_store_goes_on_in_the_next_event_loop(path: Path) -> None:
    store = SqliteBackend(path)
    asyncio.run(store.append("r1", [submitted()]))
    asyncio.run(store.append("r1", [step()]))
    assert len(asyncio.run(store.events("r1"))) == 2
    asyncio.run(store.close())
