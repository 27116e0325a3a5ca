"""The check-up of a SQLite store: what is found in the database and its runs, and its repair."""

# The files of these tests are small, and nothing else waits for the loop.
# ruff: noqa: ASYNC221, ASYNC240

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from checkups import damaged, everything, found, mended, only
from stories import STORY, elsewhere, step, submitted, worker

from flopod import Control
from flopod.backend import RunQuery
from flopod.errors import CorruptLogError
from flopod.events import Event
from flopod.stored import utc_now
from flopod.summary import RunSummary, Status
from flopod_backends import SqliteBackend, checkup
from flopod_backends.checkup_findings import Kind, Level

Opened = Callable[[], SqliteBackend]
LIVE = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("UPDATE runs SET rev = rev WHERE run_id = 'r1'")
os._exit(0)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "store"
    folder.mkdir(mode=0o700)
    return folder / "runs.db"


@pytest.fixture
def url(path: Path) -> str:
    return f"sqlite:{path}"


@pytest.fixture
async def opened(path: Path) -> AsyncIterator[Opened]:
    """Give handles that are closed in the end."""
    handles: list[SqliteBackend] = []

    def open() -> SqliteBackend:
        handles.append(SqliteBackend(path))
        return handles[-1]

    yield open
    for handle in handles:
        await handle.close()


@pytest.fixture
async def told(path: Path) -> dict[str, RunSummary]:
    """Tell some runs and return how they are listed."""
    store = SqliteBackend(path)
    for name in ("r1", "r2"):
        await store.append(name, STORY[:2])
        for n in range(4):
            await store.append(name, [step(f"s{n}")])
    await store.append("story", STORY)
    await store.close()
    return await listed(path)


async def listed(path: Path) -> dict[str, RunSummary]:
    store = SqliteBackend(path)
    try:
        return {run.run_id: run for run in await store.list_runs(RunQuery())}
    finally:
        await store.close()


def change(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(sql)


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def copies(path: Path) -> list[Path]:
    return sorted(path.parent.glob(f"{path.name}.damaged.*"))


class TestLooking:
    async def test_a_sound_store_has_nothing_wrong(
        self, told: object, path: Path, url: str
    ) -> None:
        assert found(url) == []

    async def test_a_check_up_makes_and_changes_nothing(
        self, told: object, path: Path, url: str
    ) -> None:
        change(path, "UPDATE runs SET summary = 'x' WHERE run_id = 'r1'")
        for file in path.parent.iterdir():
            if file != path:
                file.unlink()
        before = everything(path.parent)
        assert len(damaged(url)) == 1
        assert everything(path.parent) == before

    async def test_what_a_killed_process_left_in_the_log_is_read_too(
        self, told: object, path: Path, url: str
    ) -> None:
        subprocess.run([sys.executable, "-c", LIVE, str(path)], check=True)
        wal, shm = (path.with_name(f"{path.name}-{end}") for end in ("wal", "shm"))
        assert wal.stat().st_size and shm.exists()
        for _ in range(2):
            names = sorted(os.listdir(path.parent))
            content = path.read_bytes(), wal.read_bytes()
            assert damaged(url) == []
            assert sorted(os.listdir(path.parent)) == names
            assert (path.read_bytes(), wal.read_bytes()) == content
            shm.unlink(missing_ok=True)

    async def test_a_store_in_use_is_sound(self, path: Path, url: str, opened: Opened) -> None:
        store = opened()
        await store.append("busy", [submitted()])
        async with asyncio.TaskGroup() as tasks:
            looking = tasks.create_task(asyncio.to_thread(lambda: [damaged(url) for _ in range(8)]))
            while not looking.done():
                await store.append("busy", [step(), step()])
        assert looking.result() == [[]] * 8
        assert await store.append("busy", [step()])


class TestRuns:
    @pytest.mark.parametrize(
        ("sql", "phrase"),
        [
            ("UPDATE runs SET summary = 'x' WHERE run_id = 'r1'", "cannot be read"),
            ("UPDATE runs SET summary = x'ff00' WHERE run_id = 'r1'", "cannot be read"),
            ("UPDATE runs SET status = 'odd' WHERE run_id = 'r1'", "contradicts itself"),
            ("UPDATE runs SET last_seq = 5 WHERE run_id = 'r1'", "contradicts itself"),
            ("UPDATE runs SET last_seq = 0 WHERE run_id = 'r1'", "contradicts itself"),
            ("UPDATE runs SET search = 'y', due_at = 7 WHERE run_id = 'r1'", "columns"),
            ("DELETE FROM runs WHERE run_id = 'r1'", "no row"),
            (
                "UPDATE runs SET summary = replace(summary, '\"order\"', '\"0rder\"')"
                " WHERE run_id = 'r1'",
                "folds to",
            ),
        ],
    )
    async def test_a_row_that_does_not_fit_its_log_is_folded_again(
        self, told: dict[str, RunSummary], path: Path, url: str, sql: str, phrase: str
    ) -> None:
        change(path, sql)
        finding = only(url, Kind.BAD_SUMMARY)
        assert finding.run == "r1" and phrase in finding.what and finding.file == str(path)
        mended(url)
        assert found(url) == []
        assert await listed(path) == told
        [copy] = copies(path)
        assert copy.stat().st_mode & 0o777 == 0o600
        assert found(f"sqlite:{copy}") == [replace(finding, file=str(copy))]

    async def test_one_who_watches_hears_of_a_row_that_was_mended(
        self, told: object, path: Path, url: str
    ) -> None:
        last = "SELECT rev FROM last_change"
        change(path, "UPDATE runs SET summary = 'x' WHERE run_id = 'story'")
        before = rows(path, last)
        mended(url)
        assert rows(path, "SELECT rev FROM runs WHERE run_id = 'story'") == rows(path, last)
        assert rows(path, last) > before

    @pytest.mark.parametrize(
        "sql",
        [
            "UPDATE events SET data = '{' WHERE run_id = 'r1' AND seq = 4",
            "UPDATE events SET data = x'fffe' WHERE run_id = 'r1' AND seq = 4",
            "UPDATE events SET type = 'Odd' WHERE run_id = 'r1' AND seq = 4",
            "UPDATE events SET path = CAST(x'ff' AS TEXT) WHERE run_id = 'r1' AND seq = 4",
            "UPDATE events SET at = 'noon' WHERE run_id = 'r1' AND seq = 4",
            "UPDATE events SET seq = 'x' WHERE run_id = 'r1' AND seq = 4",
            "DELETE FROM events WHERE run_id = 'r1' AND seq = 4",
        ],
    )
    async def test_an_event_that_cannot_be_read_ends_the_run_as_kept(
        self, told: object, path: Path, url: str, sql: str, opened: Opened
    ) -> None:
        change(path, sql)
        [finding] = damaged(url)
        assert finding.kind is Kind.DAMAGED_LOG and "event 4" in finding.what
        store = opened()
        with pytest.raises(CorruptLogError) as error:
            await store.events("r1")
        before = error.value.events
        await store.close()
        mended(url)
        assert found(url) == []
        store = opened()
        events = await store.events("r1")
        assert events[:3] == list(before)
        assert [event.type for event in events[3:]] == ["RunNeedsAttention"]
        run = await store.summary("r1")
        assert run and run.status is Status.NEEDS_ATTENTION
        taken = await store.claim(worker(utc_now), workflows=["order"], limit=9)
        assert [lease.run_id for lease in taken] == ["r2"]
        await Control(store).retry("r1")
        assert await store.claim(worker(utc_now), workflows=["order"], limit=9)
        assert len(copies(path)) == 1

    async def test_what_is_left_out_is_listed(self, told: object, path: Path, url: str) -> None:
        change(path, "UPDATE events SET type = 'Odd' WHERE run_id = 'r1' AND seq = 4")
        [finding] = damaged(url)
        assert [(lost.seq, lost.type, lost.path) for lost in finding.lost] == [
            (4, "Odd", "s1"),
            (5, "ActivityCompleted", "s2"),
            (6, "ActivityCompleted", "s3"),
        ]

    async def test_a_log_that_ends_before_its_row_is_damage(
        self, told: object, path: Path, url: str
    ) -> None:
        change(path, "DELETE FROM events WHERE run_id = 'r1' AND seq > 4")
        assert "events 5 to 6 are gone" in only(url, Kind.SHORT_LOG).what
        mended(url)
        run = (await listed(path))["r1"]
        assert (run.status, run.last_seq) == (Status.NEEDS_ATTENTION, 5)

    async def test_a_run_of_which_nothing_is_left_is_taken_out(
        self, told: object, path: Path, url: str
    ) -> None:
        change(path, "DELETE FROM events WHERE run_id = 'r1' AND seq = 1")
        mended(url)
        assert sorted(await listed(path)) == ["r2", "story"]
        assert rows(path, "SELECT * FROM events WHERE run_id = 'r1'") == []

    async def test_a_run_that_a_live_worker_holds_is_left_alone(
        self, told: object, path: Path, url: str, opened: Opened
    ) -> None:
        await opened().claim_run(elsewhere(utc_now), "r1")
        change(path, "UPDATE events SET data = '{' WHERE run_id = 'r1' AND seq = 4")
        [done] = checkup.mend(checkup.check_up(url))
        assert not done.done and "far-away:1 is at work" in done.what
        assert only(url, Kind.DAMAGED_LOG)


class TestTheDatabase:
    async def test_what_is_no_store_is_said(self, path: Path, url: str) -> None:
        for content, phrase in ((b"", "empty file"), (b"dear diary " * 99, "not a database")):
            path.write_bytes(content)
            path.chmod(0o600)
            assert phrase in only(url, Kind.FOREIGN).what
            assert path.read_bytes() == content

    async def test_the_store_of_another_program_or_version_is_said(
        self, told: object, path: Path, url: str
    ) -> None:
        change(path, "PRAGMA user_version = 999")
        assert "a newer flopod (format 999" in only(url, Kind.FOREIGN).what
        change(path, "PRAGMA application_id = 7")
        assert "another program" in only(url, Kind.FOREIGN).what

    @pytest.mark.parametrize("kind", ["INDEX runs_due", "TRIGGER append_insert", "VIEW append"])
    async def test_what_it_is_made_of_is_made_anew(
        self, told: dict[str, RunSummary], path: Path, url: str, kind: str
    ) -> None:
        change(path, f"DROP {kind}")
        assert {finding.kind for finding in damaged(url)} == {Kind.BAD_SCHEMA}
        mended(url)
        assert found(url) == []
        assert await listed(path) == told

    async def test_a_missing_table_is_made_anew_with_a_new_database(
        self, told: dict[str, RunSummary], path: Path, url: str
    ) -> None:
        change(path, "DROP TABLE leases")
        assert "table 'leases' is missing" in damaged(url)[0].what
        mended(url)
        assert found(url) == []
        assert await listed(path) == told

    async def test_no_lease_is_given_out_a_second_time_by_a_new_database(
        self, told: object, path: Path, url: str, opened: Opened
    ) -> None:
        store = opened()
        lease = await store.claim_run(elsewhere(lambda: submitted().at), "r1")
        await store.close()
        change(path, "UPDATE leases SET epoch = epoch + 10000000000000")
        change(path, "DROP TABLE deleted")
        mended(url)
        [again] = [
            each
            for each in await opened().claim(worker(utc_now), workflows=["order"], limit=9)
            if each.run_id == "r1"
        ]
        assert again.epoch == lease.epoch + 10000000000001

    async def test_an_index_that_does_not_fit_its_table_is_made_anew(
        self, told: dict[str, RunSummary], path: Path, url: str
    ) -> None:
        [[sql]] = rows(path, "SELECT sql FROM sqlite_master WHERE name = 'runs_changed'")
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            # Emptied behind its back, as a lost page would.
            connection.execute("PRAGMA writable_schema = ON")
            connection.execute(
                "UPDATE sqlite_master SET sql = sql || ' WHERE 0' WHERE name = 'runs_changed'"
            )
            connection.execute("PRAGMA writable_schema = RESET")
            connection.execute("REINDEX runs_changed")
            connection.execute("PRAGMA writable_schema = ON")
            connection.execute(
                "UPDATE sqlite_master SET sql = ? WHERE name = 'runs_changed'", (sql,)
            )
        assert {finding.kind for finding in damaged(url)} == {Kind.BAD_INDEX}
        mended(url)
        assert found(url) == []

    async def test_pages_that_cannot_be_read_cost_only_what_was_on_them(
        self, path: Path, url: str
    ) -> None:
        store = SqliteBackend(path)
        for n in range(12):
            await store.append(f"r{n}", [submitted(), *(step(output="x" * 300) for _ in range(30))])
        whole = {f"r{n}": await store.events(f"r{n}") for n in range(12)}
        await store.close()
        sound = path.read_bytes()
        [[root]] = rows(path, "SELECT rootpage - 1 FROM sqlite_master WHERE name = 'events'")
        mangled = random.Random(7)
        mendable = 0
        for page in range(1, len(sound) // 4096, 5):
            broken = bytearray(sound)
            broken[page * 4096 : page * 4096 + 200] = mangled.randbytes(200)
            path.write_bytes(broken)
            findings = damaged(url)
            assert findings, page
            if any(finding.kind is Kind.FOREIGN for finding in findings):
                continue  # Its list of tables: nothing can be told of the rest.
            if page == root:
                [refused, *_] = checkup.mend(checkup.check_up(url))
                assert not refused.done and "put a backup in its place" in refused.what
                assert path.read_bytes() == broken
            else:
                mendable += 1
                mended(url)
                assert _kept(await _read(path), whole) >= 6
            [copy] = copies(path)
            assert copy.read_bytes()[page * 4096 :][:200] == broken[page * 4096 :][:200]
            copy.unlink()
        assert mendable > 4

    async def test_a_new_database_is_refused_while_somebody_has_the_old_one_open(
        self, told: object, path: Path, url: str, opened: Opened
    ) -> None:
        await opened().events("r1")
        change(path, "DROP TABLE deleted")
        results = list(checkup.mend(checkup.check_up(url)))
        assert results and not any(each.done for each in results)
        assert "stop every worker and app first" in results[0].what

    async def test_lax_modes_are_told_and_set(self, told: object, path: Path, url: str) -> None:
        path.chmod(0o644)
        assert only(url, Kind.LAX_MODE).level is Level.WARNING
        mended(url)
        assert path.stat().st_mode & 0o777 == 0o600

    async def test_what_a_dead_process_left_is_removed(
        self, told: object, path: Path, url: str
    ) -> None:
        left = path.with_name(f".{path.name}.0123.new")
        left.touch(mode=0o600)
        assert found(url) == []
        os.utime(left, (0, 0))
        assert only(url, Kind.LEFT_OVER).level is Level.NOTE
        mended(url)
        assert os.listdir(path.parent) == [path.name]


class TestWorkers:
    async def test_those_that_are_gone_are_told_and_what_they_held_is_given_back(
        self, told: object, path: Path, url: str, opened: Opened
    ) -> None:
        store = opened()
        await store.claim_run(elsewhere(lambda: submitted().at, host="gone"), "r2")
        await store.close()
        assert [finding.kind for finding in found(url)] == [Kind.DEAD_WORKER, Kind.DEAD_LEASE]
        mended(url)
        assert found(url) == []
        taken = await opened().claim(worker(utc_now), workflows=["order"], limit=9)
        assert {lease.run_id for lease in taken} == {"r1", "r2"}

    async def test_one_that_cannot_be_read_is_forgotten(
        self, told: object, path: Path, url: str, opened: Opened
    ) -> None:
        await opened().renew(elsewhere(utc_now))
        change(path, "INSERT INTO workers VALUES ('odd', 1, '{}')")
        assert "worker 'odd'" in only(url, Kind.BAD_RECORD).what
        mended(url)
        assert rows(path, "SELECT worker_id FROM workers") == [("far-away-1",)]


async def _read(path: Path) -> dict[str, list[Event]]:
    store = SqliteBackend(path)
    try:
        runs = await store.list_runs(RunQuery())
        return {run.run_id: await store.events(run.run_id) for run in runs}
    finally:
        await store.close()


def _kept(now: dict[str, list[Event]], before: dict[str, list[Event]]) -> int:
    """Return how many runs are whole; the others are a beginning and the event that stops them."""
    whole = 0
    for run_id, events in now.items():
        if events != before[run_id]:
            assert events[-1].type == "RunNeedsAttention"
            assert events[:-1] == before[run_id][: len(events) - 1]
        else:
            whole += 1
    return whole
