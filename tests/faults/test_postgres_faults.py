"""What a server or the network may do to a store on Postgres (R42, R45, R46)."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
from contract_changes import watching
from msgspec.structs import replace
from stories import started, step, submitted, told_of, worker

from faults.cut_lines import Fault, line_to
from flopod.errors import BackendError, LeaseLostError
from flopod.stored import utc_now
from flopod_backends import PostgresBackend, postgres_link
from flopod_backends.postgres_link import Link
from flopod_backends.postgres_prepared import Prepared


@pytest.fixture
async def server(postgres_server: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """Give a connection of an administrator."""
    connection = await asyncpg.connect(postgres_server)
    yield connection
    await connection.close()


@pytest.fixture
async def store(postgres: str) -> AsyncIterator[PostgresBackend]:
    store = PostgresBackend(postgres)
    await store.append("r1", [submitted()])
    yield store
    await store.close()


async def append_on(store: PostgresBackend, stop: asyncio.Event) -> int:
    """Append one event after the other until told to stop; return how many."""
    count = 0
    while not stop.is_set():
        await store.append("r1", [step(f"s{count}")], expect=count + 1)
        count += 1
    return count


async def stands(store: PostgresBackend, appended: int) -> None:
    """Check that the log holds each of them once, and the summary with it."""
    found = await store.events("r1")
    assert [event.path for event in found[1:]] == [f"s{n}" for n in range(appended)]
    assert await store.summary("r1") == told_of("r1", found)


@pytest.mark.parametrize("how", ["pg_terminate_backend", "pg_cancel_backend"])
async def test_appends_that_an_administrator_ends_are_made_once(
    store: PostgresBackend, server: asyncpg.Connection[asyncpg.Record], how: str
) -> None:
    stop = asyncio.Event()
    appending = asyncio.create_task(append_on(store, stop))
    for _ in range(15):
        await asyncio.sleep(0.02)
        assert store._writes.process
        await server.execute(f"SELECT {how}($1)", store._writes.process[0])
    stop.set()
    await stands(store, await appending)


async def test_a_look_that_was_cancelled_says_nothing_when_the_store_is_closed(
    store: PostgresBackend,
) -> None:
    said: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: said.append(context))
    await store.events("r1")
    async with store._reads._turn:
        look = asyncio.create_task(store.events("r1"))
        await asyncio.sleep(0.01)
        look.cancel()
        await store.close()
    await asyncio.sleep(0.01)
    gc.collect()
    assert not said


async def test_an_append_waits_for_a_lock_that_somebody_holds(
    store: PostgresBackend, server: asyncpg.Connection[asyncpg.Record], postgres: str
) -> None:
    schema = postgres.rpartition("=")[2]
    async with server.transaction():
        await server.execute(f'LOCK TABLE "{schema}".runs IN EXCLUSIVE MODE')
        append = asyncio.create_task(store.append("r1", [step("s0")]))
        done, _ = await asyncio.wait([append], timeout=0.3)
        assert not done
    await append
    await stands(store, 1)


async def test_two_handles_that_append_to_the_same_runs_crosswise_lose_nothing(
    store: PostgresBackend, postgres: str
) -> None:
    other = PostgresBackend(postgres)
    names = [f"r{n}" for n in range(8)]

    async def append(store: PostgresBackend, order: list[str]) -> None:
        for _ in range(10):
            await asyncio.gather(*(store.append(name, [step()]) for name in order))

    await asyncio.gather(append(store, names), append(other, names[::-1]))
    assert [len(await other.events(name)) for name in names] == [20, 21, *[20] * 6]
    await other.close()


async def test_a_primary_that_becomes_read_only_is_told_and_works_again_when_it_is_back(
    postgres: str, store: PostgresBackend, server: asyncpg.Connection[asyncpg.Record]
) -> None:
    database = await server.fetchval("SELECT current_database()")

    async def read_only(setting: str) -> None:
        await server.execute(
            f'ALTER DATABASE "{database}" SET default_transaction_read_only TO {setting}'
        )
        assert store._writes.process
        await server.execute("SELECT pg_terminate_backend($1, 5000)", store._writes.process[0])

    await read_only("on")
    try:
        with pytest.raises(BackendError, match="is a read-only replica; name the primary"):
            await store.append("r1", [step("s0")])
    finally:
        await server.execute("SET default_transaction_read_only TO off")
        await read_only("off")
    await store.append("r1", [step("s0")])
    await stands(store, 1)


async def test_a_worker_that_is_cut_off_longer_than_its_lease_writes_no_more(
    postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_link, "ANSWER_SECONDS", 0.2)
    async with line_to(postgres, tmp_path) as (line, through):
        cut_off, there = PostgresBackend(through), PostgresBackend(postgres)
        brief = replace(worker(utc_now), host="far", expires_at=utc_now() + timedelta(seconds=0.5))
        await cut_off.append("r1", [submitted()])
        lease = await cut_off.claim_run(brief, "r1")
        await cut_off.append("r1", [started()], lease=lease)
        line.down = True
        line.cut()
        late = asyncio.create_task(cut_off.append("r1", [step("late")], lease=lease))
        await asyncio.sleep(0.6)
        [taken] = await there.claim(worker(utc_now), workflows=["order"], limit=1)
        line.down = False
        with pytest.raises(LeaseLostError):
            await late
        await there.append("r1", [step("taken")], lease=taken)
        assert [event.path for event in await there.events("r1")] == ["", "", "taken"]
        for handle in (cut_off, there):
            await handle.close()


async def test_each_statement_has_the_whole_time_for_its_answer(postgres_server: str) -> None:
    connection = await asyncpg.connect(postgres_server)
    prepared = Prepared(seconds=1.0)
    for seconds in (0.6, 0.8):  # The one timer of both rings in the middle of the second.
        await prepared.fetch(connection, "SELECT pg_sleep($1)", [seconds])
    assert not connection.is_closed()
    with pytest.raises(TimeoutError):
        await prepared.fetch(connection, "SELECT pg_sleep($1)", [5.0])
    assert connection.is_closed()


async def test_an_answer_that_came_while_the_process_stood_still_is_taken(
    postgres_server: str,
) -> None:
    connection = await asyncpg.connect(postgres_server)
    prepared = Prepared(seconds=0.3)
    await prepared.fetch(connection, "SELECT 1", [])
    asking = asyncio.create_task(prepared.fetch(connection, "SELECT 1", []))
    await asyncio.sleep(0)  # It is sent.
    time.sleep(0.5)  # noqa: ASYNC251 (the whole process is to stand still)
    assert await asking == [(1,)]
    await asyncio.sleep(0)
    assert not connection.is_closed()
    await connection.close()


async def test_a_notice_of_ones_own_is_not_heard(postgres_server: str) -> None:
    async def nothing(_: object) -> None: ...

    own, other, ear = (Link(postgres_server, "it", 5.0, nothing) for _ in range(3))
    told: list[str] = []
    ear.hear("flopod_test", lambda: told.append("something"), own)
    await ear.fetch("SELECT 1")
    for line in (own, own, other):
        await line.fetch("SELECT pg_notify('flopod_test', '')")
    await ear.fetch("SELECT 1")  # What was told before comes with its answer at the latest.
    assert told == ["something"]
    for line in (own, other, ear):
        await line.close()


async def test_what_no_notice_told_of_is_seen_with_the_next_poll(
    store: PostgresBackend, postgres: str, server: asyncpg.Connection[asyncpg.Record]
) -> None:
    other = PostgresBackend(postgres)
    other._notices.give = lambda: None  # type: ignore[method-assign]
    async with watching(store) as watch:
        async with asyncio.timeout(10):
            await other.append("r2", [submitted()])
            await watch.until("r2")
        assert store._listens.process
        await server.execute("SELECT pg_terminate_backend($1)", store._listens.process[0])
        async with asyncio.timeout(10):
            await other.append("r3", [submitted()])
            await watch.until("r3")
    await other.close()


async def test_a_commit_that_comes_late_behind_a_higher_number_is_seen(
    store: PostgresBackend, postgres: str, server: asyncpg.Connection[asyncpg.Record]
) -> None:
    schema = postgres.rpartition("=")[2]
    async with watching(store) as watch:
        async with server.transaction():
            values = "'late', 1, 0, 'RunCancelled', '', '{}', 1"
            await server.execute(f'INSERT INTO "{schema}".events VALUES ({values})')
            await store.append("r2", [submitted()])
            await watch.until("r2")
            await asyncio.sleep(1.2)  # A look between, that sees a later transaction.
        await watch.until("late")


@pytest.mark.parametrize("fault", [Fault.FROZEN_UNSENT, Fault.FROZEN_UNANSWERED])
async def test_a_read_on_a_line_that_stands_still_is_made_on_another_soon(
    postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    monkeypatch.setattr(postgres_link, "SILENT_SECONDS", 0.1)
    async with line_to(postgres, tmp_path) as (line, through):
        store = PostgresBackend(through)
        await store.append("r1", [submitted()])
        await store.events("r1")
        line.strike(0, fault)
        async with asyncio.timeout(4):
            assert len(await store.events("r1")) == 1
        await store.close()


async def test_a_reader_is_told_soon_that_nobody_answers_any_more(
    postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_link, "SILENT_SECONDS", 0.1)
    monkeypatch.setattr(postgres_link, "CONNECT_SECONDS", 0.2)
    async with line_to(postgres, tmp_path) as (line, through):
        store = PostgresBackend(through)
        await store.append("r1", [submitted()])
        await store.events("r1")
        store._reads._patience = 0.3
        line.frozen = True
        async with asyncio.timeout(4):
            with pytest.raises(BackendError, match="does not answer"):
                await store.events("r1")
        line.frozen = False
        assert len(await store.events("r1")) == 1
        await store.close()


async def test_an_answer_that_takes_long_is_waited_for(
    store: PostgresBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.events("r1")
    before = store._reads.process
    monkeypatch.setattr(postgres_link, "SILENT_SECONDS", 0.05)
    await store._reads.read("SELECT pg_sleep(0.5)")
    assert store._reads.process == before


async def test_a_read_that_fails_when_nobody_waits_for_it_any_more_is_silent(
    postgres: str, tmp_path: Path
) -> None:
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, told: complaints.append(told))
    async with line_to(postgres, tmp_path) as (line, through):
        store = PostgresBackend(through)
        await store.append("r1", [submitted()])
        store._writes._patience = 0.1
        line.down = True
        line.cut()
        before = asyncio.all_tasks()
        asked = asyncio.create_task(store._writes.read("SELECT 1"))
        await asyncio.sleep(0)
        [reading] = asyncio.all_tasks() - before - {asked}
        asked.cancel()
        await asyncio.wait([asked, reading])
        del asked, reading
        gc.collect()
        await store.close()
    assert complaints == []
