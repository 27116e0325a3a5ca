"""Rows of a SQLite store that can't be believed: folded anew from the log, no other run hurt."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from contract_limits import taken
from sqlite_rows import execute, row
from stories import Clock, elsewhere, step, submitted, told_of, worker

from flopod.backend import RunQuery
from flopod.errors import BackendError, CorruptLogError
from flopod.summary import Status
from flopod_backends import SqliteBackend, leases

BAD_ROWS = {
    "no JSON": "summary = '{'",
    "empty": "summary = ''",
    "another type": "summary = 17",
    "no UTF-8": "summary = CAST(x'7b22ff' AS TEXT)",
    "another form": """summary = '{"run_id": "r1", "last_seq": "three"}'""",
    "another run's": "summary = (SELECT summary FROM runs WHERE run_id = 'r2')",
    "an earlier one": """summary = replace(summary, '"last_seq":3', '"last_seq":2')""",
    "another status": "status = 'rumning'",
    "a status of no UTF-8": "status = CAST(x'ff01' AS TEXT)",
    "another number": "last_seq = 2",
    "a number that is none": "last_seq = 'x'",
}


@pytest.mark.parametrize("name", BAD_ROWS)
async def test_a_row_that_cannot_be_believed_is_shown_as_the_log_has_it_and_then_mended(
    name: str, store: SqliteBackend, other: SqliteBackend, path: Path
) -> None:
    whole = told_of("r1", await store.events("r1"))
    columns = "workflow, status, submitted_at, due_at, last_seq, search, summary"
    good = row(path, columns)
    execute(path, f"UPDATE runs SET {BAD_ROWS[name]} WHERE run_id = 'r1'")
    assert {run.run_id for run in await other.list_runs(RunQuery())} == {"r1", "r2"}
    assert await other.summary("r1") == whole
    assert whole in await other.list_runs(RunQuery())
    assert sum((await other.counts()).values()) == 2
    with suppress(sqlite3.OperationalError):
        now = row(path, "summary, status, last_seq")
        assert now != (good[-1], good[1], good[4]), "it was only looked at"
    [event] = await other.append("r1", [step("c")])
    assert event.seq == 4
    mended = told_of("r1", await other.events("r1"))
    assert await store.summary("r1") == mended
    assert row(path, "status, last_seq") == (mended.status, 4)


async def test_a_lost_row_is_written_anew_with_the_next_append(
    store: SqliteBackend, other: SqliteBackend, path: Path
) -> None:
    execute(path, "DELETE FROM runs WHERE run_id = 'r1'")
    assert len(await other.events("r1")) == 3
    [event] = await other.append("r1", [step("c")])
    assert event.seq == 4
    assert await other.summary("r1") == told_of("r1", await other.events("r1"))


async def test_a_row_that_remembers_less_than_the_log_has_is_written_anew(
    store: SqliteBackend, other: SqliteBackend, path: Path
) -> None:
    earlier = row(path, "status, last_seq, summary")
    await store.append("r1", [step("c")])
    connection = sqlite3.connect(path, isolation_level=None)
    sql = "UPDATE runs SET status = ?, last_seq = ?, summary = ? WHERE run_id = 'r1'"
    connection.execute(sql, earlier)
    connection.close()
    [event] = await other.append("r1", [step("d")])
    assert event.seq == 5


@pytest.mark.parametrize("run_id", ["'q1'", "CAST(x'72ff' AS TEXT)", "x'72'", "'r 1'"])
async def test_a_run_of_which_the_id_was_lost_is_shown_as_damaged(
    run_id: str, store: SqliteBackend, other: SqliteBackend, path: Path
) -> None:
    execute(path, f"UPDATE runs SET run_id = {run_id} WHERE run_id = 'r1'")
    found = {run.status: run.run_id for run in await other.list_runs(RunQuery())}
    assert found.pop(Status.QUEUED) == "r2"
    assert set(found) == {Status.DAMAGED}
    assert len(await other.events("r1")) == 3
    [event] = await other.append("r1", [step("c")])
    assert event.seq == 4


async def test_the_appends_of_other_runs_go_on_beside_a_damaged_one(
    store: SqliteBackend, other: SqliteBackend, path: Path
) -> None:
    execute(path, "DELETE FROM events WHERE run_id = 'r1' AND seq = 2")
    execute(path, "UPDATE runs SET summary = '' WHERE run_id = 'r1'")
    appends = [other.append(run_id, [step("c")]) for run_id in ("r1", "r2", "r3")]
    damaged, *others = await asyncio.gather(*appends, return_exceptions=True)
    assert isinstance(damaged, CorruptLogError)
    assert [len(answer) for answer in others if isinstance(answer, list)] == [1, 1]


BAD_WORKERS = ["''", "17", "CAST(x'ff' AS TEXT)", "'{}'", "NULL"]


@pytest.mark.parametrize("info", BAD_WORKERS[:-1])
async def test_a_worker_whose_row_cannot_be_read_counts_as_dead_until_it_renews_itself(
    info: str, store: SqliteBackend, path: Path
) -> None:
    clock = Clock()
    store = SqliteBackend(path, clock=clock)
    me, next_one = worker(clock, "order"), worker(clock, "order")
    [lease] = await store.claim(me, workflows=["order"], limit=1)
    execute(path, f"UPDATE workers SET info = {info}")
    assert await store.workers() == []
    assert len(await store.list_runs(RunQuery())) == 2
    taken = await store.claim(next_one, workflows=["order"], limit=5)
    assert lease.run_id in {one.run_id for one in taken}
    await store.renew(me)
    assert me in await store.workers()
    await store.close()


async def test_an_error_that_is_no_lock_is_told_at_once_and_not_sent_again(
    store: SqliteBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert store._connections
    writer, sent = store._connections.writer, []
    send = writer.execute_fetchall
    await send("PRAGMA max_page_count = 1")

    def noting(sql: str, parameters: Any) -> Any:
        sent.append(sql)
        return send(sql, parameters)

    monkeypatch.setattr(writer, "execute_fetchall", noting)
    with pytest.raises(BackendError, match="disk is full"):
        await store.append("r1", [step(output="x" * 100_000)])
    assert len(sent) == 1


async def test_runs_taken_by_a_worker_that_died_before_it_began_them_are_forgotten_late(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    store = SqliteBackend(path, clock=clock)
    dead = elsewhere(clock)
    await store.append("begun", [submitted()])
    for run_id in ("begun", "unbegun"):
        await store.claim_run(dead, run_id)
    monkeypatch.setattr(leases, "_SWEEP_SECONDS", 0)
    clock.forward(minutes=50)
    assert await taken(store, worker(clock, "order")) == ["begun"]
    assert held(path) == ["begun", "unbegun"]
    clock.forward(minutes=20)
    await taken(store, worker(clock, "order"))
    assert held(path) == ["begun"]
    await store.close()


def held(path: Path) -> list[str]:
    """Return the runs that are held, or were."""
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT run_id FROM leases ORDER BY run_id").fetchall()
    connection.close()
    return [row[0] for row in rows]
