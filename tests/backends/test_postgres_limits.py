"""A claim within a limit that is overtaken between its look and its taking."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from contract_limits import limited, queued, taken
from stories import Clock

from flopod_backends import PostgresBackend
from flopod_backends.postgres_url import address

_WAITERS = """
SELECT count(*) FROM pg_stat_activity
WHERE wait_event_type = 'Lock' AND pg_backend_pid() = ANY(pg_blocking_pids(pid))
"""


@pytest.fixture
async def other(postgres: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """Give a connection of another program to the tables of the store."""
    at = address(postgres)
    connection = await asyncpg.connect(at.dsn)
    await connection.execute(f'SET search_path TO "{at.schema}"')
    yield connection
    await connection.close()


async def test_what_another_claim_took_meanwhile_counts(
    postgres: str, other: asyncpg.Connection[asyncpg.Record]
) -> None:
    clock = Clock()
    store = PostgresBackend(postgres, clock=clock)
    await queued(store, 5)
    holder = limited(clock)
    await store.renew(holder)
    assert await taken(store, limited(clock), limit=0) == []
    async with other.transaction():
        await other.execute("UPDATE limits SET turn = turn + 1 WHERE workflow = 'order'")
        await other.execute(
            "UPDATE runs SET worker_id = $1 WHERE run_id = ANY($2)",
            *(holder.worker_id, ["order-3", "order-4"]),
        )
        claim = asyncio.create_task(taken(store, limited(clock)))
        async with asyncio.timeout(10):
            while not await other.fetchval(_WAITERS):  # noqa: ASYNC110 (the server tells nobody)
                await asyncio.sleep(0.005)
    assert await claim == []
    await store.close()
