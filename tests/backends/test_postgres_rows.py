"""A Postgres store in which somebody has changed rows by hand: told, and no other run hurt."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest
from contract_limits import taken
from stories import Clock, elsewhere, step, submitted, told_of, worker

from flopod.backend import RunQuery
from flopod.errors import CorruptLogError
from flopod.stored import utc_now
from flopod.summary import Status
from flopod_backends import PostgresBackend, leases
from flopod_backends.postgres_url import address


@pytest.fixture
async def store(postgres: str) -> AsyncIterator[PostgresBackend]:
    """Give a store with two runs."""
    store = PostgresBackend(postgres)
    await store.append("r1", [submitted(), step(), step("b")])
    await store.append("r2", [submitted(1)])
    yield store
    await store.close()


@pytest.fixture
async def other(store: PostgresBackend, postgres: str) -> AsyncIterator[PostgresBackend]:
    """Give a handle that remembers nothing of the runs."""
    other = PostgresBackend(postgres)
    yield other
    await other.close()


async def execute(url: str, sql: str) -> list[asyncpg.Record]:
    """Change the store behind its back, or look at it."""
    at = address(url)
    connection = await asyncpg.connect(at.dsn)
    await connection.execute(f'SET search_path TO "{at.schema}"')
    rows = await connection.fetch(sql)
    await connection.close()
    return rows


@pytest.mark.parametrize("run_id", ["r 1", "../r1", ""])
async def test_a_run_of_which_the_id_was_lost_is_shown_as_damaged_under_no_id_at_all(
    run_id: str, postgres: str, store: PostgresBackend, other: PostgresBackend
) -> None:
    await execute(postgres, f"UPDATE runs SET run_id = '{run_id}' WHERE run_id = 'r1'")
    found = {run.run_id: run.status for run in await other.list_runs(RunQuery())}
    assert found == {"r2": Status.QUEUED, ascii(run_id): Status.DAMAGED}
    [event] = await other.append("r1", [step("c")])
    assert event.seq == 4


async def test_nothing_follows_a_log_whose_damage_was_seen_though_its_end_is_remembered(
    postgres: str, store: PostgresBackend
) -> None:
    await execute(postgres, "DELETE FROM events WHERE run_id = 'r1' AND seq = 2")
    with pytest.raises(CorruptLogError):
        await store.events("r1")
    with pytest.raises(CorruptLogError):
        await store.append("r1", [step("c")])
    [event] = await store.append("r2", [step("c")])
    assert event.seq == 2


async def test_the_first_events_are_told_whatever_row_is_lost(
    postgres: str, store: PostgresBackend, other: PostgresBackend
) -> None:
    await execute(postgres, "DELETE FROM runs WHERE run_id = 'r1'")
    assert [event.seq for event in await other.events("r1", limit=2)] == [1, 2]
    await other.append("r1", [step("c")])
    assert await other.summary("r1") == told_of("r1", await other.events("r1"))


async def held_by(url: str) -> dict[str, str | None]:
    """Return who has taken which run that was never begun."""
    rows = await execute(url, "SELECT run_id, worker_id FROM runs WHERE last_seq = 0")
    return dict(map(tuple, rows))


async def test_runs_taken_by_a_worker_that_died_before_it_began_them_are_forgotten_with_it(
    postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    store = PostgresBackend(postgres, clock=clock)
    dead = elsewhere(clock)
    await store.append("begun", [submitted()])
    for run_id in ("begun", "unbegun"):
        await store.claim_run(dead, run_id)
    monkeypatch.setattr(leases, "_SWEEP_SECONDS", 0)
    clock.forward(minutes=50)
    assert await taken(store, worker(clock, "order")) == ["begun"]
    assert await held_by(postgres) == {"unbegun": dead.worker_id}
    clock.forward(minutes=20)
    await taken(store, worker(clock, "order"))
    assert await held_by(postgres) == {}
    assert dead.worker_id not in {row[0] for row in await execute(postgres, "TABLE workers")}
    assert [run.run_id for run in await store.list_runs(RunQuery())] == ["begun"]
    await store.close()


async def test_a_run_that_a_retired_worker_took_and_never_began_leaves_nothing_behind(
    postgres: str, store: PostgresBackend
) -> None:
    leaving = worker(utc_now)
    await store.claim_run(leaving, "unbegun")
    await store.retire(leaving.worker_id)
    assert await held_by(postgres) == {}
