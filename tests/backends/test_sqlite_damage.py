"""A SQLite store with a damaged log: told with what is before it, and no other run hurt."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlite_rows import break_last_page, execute, row
from stories import Clock, step, submitted, told_of, worker

from flopod.backend import RunQuery
from flopod.errors import BackendError, CorruptLogError
from flopod.summary import Status
from flopod_backends import SqliteBackend

DAMAGE = {
    "an event is missing": ("DELETE FROM events WHERE run_id = 'r1' AND seq = 2", "event 2"),
    "the end is missing": ("DELETE FROM events WHERE run_id = 'r1' AND seq = 3", "event 3"),
    "all is missing": ("DELETE FROM events WHERE run_id = 'r1'", "event 1"),
    "an unknown type": ("UPDATE events SET type = 'Unheard' WHERE seq = 2", "event 2"),
    "a type of no UTF-8": (
        "UPDATE events SET type = CAST(x'ff01' AS TEXT) WHERE run_id = 'r1' AND seq = 2",
        "event 2",
    ),
    "data that is none": ("UPDATE events SET data = '{' WHERE seq = 2", "event 2"),
    "data of no UTF-8": ("UPDATE events SET data = CAST(x'ff' AS TEXT) WHERE seq = 2", "event 2"),
    "data as a number": ("UPDATE events SET data = 5 WHERE seq = 2", "event 2"),
    "no time": ("UPDATE events SET at = 'noon' WHERE seq = 2", "event 2"),
    "a time beyond all times": (f"UPDATE events SET at = {2**60} WHERE seq = 2", "event 2"),
    "a path of no UTF-8": (
        "UPDATE events SET path = CAST(x'ff' AS TEXT) WHERE run_id = 'r1' AND seq = 2",
        "event 2",
    ),
    "no path": ("UPDATE events SET path = x'07' WHERE seq = 2", "event 2"),
}


@pytest.mark.parametrize("name", DAMAGE)
async def test_a_damaged_log_is_told_with_what_is_before_it_and_nothing_follows_it(
    name: str, store: SqliteBackend, other: SqliteBackend, path: Path
) -> None:
    sql, where = DAMAGE[name]
    execute(path, sql)
    with pytest.raises(CorruptLogError) as error:
        await other.events("r1")
    assert error.value.where == where
    assert [event.seq for event in error.value.events] == [*range(1, int(where[-1]))]
    [damaged] = [run for run in await other.list_runs(RunQuery()) if run.run_id == "r1"]
    assert damaged.status is Status.DAMAGED
    for handle in (other, store):
        with pytest.raises(CorruptLogError):
            await handle.events("r1")
        with pytest.raises(CorruptLogError):
            await handle.append("r1", [step("c")])
    [event] = await other.append("r2", [step("c")])
    assert event.seq == 2


async def test_the_first_events_are_told_whatever_is_behind_them(
    other: SqliteBackend, path: Path
) -> None:
    execute(path, DAMAGE["an unknown type"][0])
    assert len(await other.events("r1", limit=1)) == 1
    with pytest.raises(CorruptLogError):
        await other.events("r1", limit=2)


async def test_a_bad_row_over_a_damaged_log_is_shown_as_damaged(
    store: SqliteBackend, other: SqliteBackend, path: Path
) -> None:
    execute(path, "DELETE FROM events WHERE run_id = 'r1' AND seq = 2")
    execute(path, "UPDATE runs SET summary = '' WHERE run_id = 'r1'")
    listed = {run.run_id: run for run in await other.list_runs(RunQuery())}
    assert listed["r1"].status is Status.DAMAGED
    assert listed["r1"].last_seq == 1
    assert listed["r2"].status is Status.QUEUED


async def test_a_page_that_cannot_be_read_ends_the_log_that_it_is_of(path: Path) -> None:
    store = SqliteBackend(path)
    for number in range(40):
        await store.append("r1", [step(f"s{number}", "x" * 1000)])
    await store.append("r2", [submitted()])
    await store.close()
    break_last_page(path, "events")
    store = SqliteBackend(path)
    try:
        with pytest.raises(CorruptLogError) as error:
            await store.events("r1")
        assert 0 < len(error.value.events) < 40
        assert len(await store.list_runs(RunQuery())) == 2
    finally:
        await store.close()


async def test_a_row_that_cannot_be_read_hurts_no_append_to_another_run(path: Path) -> None:
    store = SqliteBackend(path)
    for number in range(60):
        await store.append(f"r{number}", [submitted(number, "w" * 200)])
    await store.close()
    break_last_page(path, "runs")
    store = SqliteBackend(path)
    appends = [store.append(run_id, [step()]) for run_id in ("r59", "r0")]
    bad, good = await asyncio.gather(*appends, return_exceptions=True)
    await store.close()
    assert isinstance(bad, BackendError)
    assert isinstance(good, list), good


async def test_what_is_refused_though_it_fits_is_told_and_not_tried_for_ever(
    store: SqliteBackend, path: Path
) -> None:
    execute(
        path,
        "CREATE TRIGGER never BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'never'); END",
    )
    with pytest.raises(BackendError, match=r"refuses what fits its log \(never\)"):
        async with asyncio.timeout(10):
            await store.append("r1", [step("c")])


async def test_a_worker_marks_the_damaged_run_that_it_holds_and_who_only_looks_does_not(
    store: SqliteBackend, other: SqliteBackend, path: Path
) -> None:
    clock = Clock()
    execute(path, "DELETE FROM events WHERE run_id = 'r1' AND seq = 2")
    with pytest.raises(CorruptLogError):
        await other.events("r1")
    assert row(path, "status") != ("damaged",)
    me = worker(clock, "order")
    leases = await store.claim(me, workflows=["order"], limit=5)
    assert {lease.run_id for lease in leases} == {"r1", "r2"}
    with pytest.raises(CorruptLogError):
        await store.events("r1")
    assert row(path, "status, due_at") == ("damaged", None)
    query = RunQuery(statuses=frozenset({Status.DAMAGED}))
    assert [run.run_id for run in await other.list_runs(query)] == ["r1"]
    assert (await other.counts())[Status.DAMAGED] == 1
    for lease in leases:
        await store.release(lease, again=True)
    await store.retire(me.worker_id)
    taken = await other.claim(worker(clock, "order"), workflows=["order"], limit=5)
    assert [lease.run_id for lease in taken] == ["r2"]


async def test_a_run_marked_as_damaged_goes_on_when_its_log_is_whole_again(
    store: SqliteBackend, other: SqliteBackend, path: Path
) -> None:
    execute(path, "UPDATE runs SET status = 'damaged', due_at = NULL WHERE run_id = 'r1'")
    before = await other.summary("r1")
    assert before and before.status is Status.DAMAGED
    [event] = await other.append("r1", [step("c")])
    assert event.seq == 4
    assert await other.summary("r1") == told_of("r1", await other.events("r1"))
