"""The store in a Postgres database, on a real server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime

import asyncpg
import pytest
from contract import DurableBackendContract
from stories import Clock, Reopen

from flopod import events as ev
from flopod.events import Event
from flopod_backends import PostgresBackend
from flopod_backends.postgres_url import address

_APPENDED = """
UPDATE runs SET last_seq = last_seq + 1, summary = summary || ' ', search = search || ' '
"""
_WITHOUT_INDEXES = "SELECT pg_stat_get_xact_tuples_hot_updated('runs'::regclass)"


class TestPostgresBackend(DurableBackendContract):
    @pytest.fixture
    async def reopen(self, postgres: str, clock: Clock) -> AsyncIterator[Reopen]:
        handles: list[PostgresBackend] = []

        def reopen(clock: Callable[[], datetime] = clock) -> PostgresBackend:
            handles.append(PostgresBackend(postgres, clock=clock))
            return handles[-1]

        yield reopen
        for handle in handles:
            await handle.close()

    @pytest.fixture
    def backend(self, reopen: Reopen) -> PostgresBackend:
        return reopen()


async def test_what_every_append_changes_costs_no_index_entry(postgres: str) -> None:
    store, at = PostgresBackend(postgres), address(postgres)
    await store.append("one", [Event(ev.RunSubmitted(workflow="order"))])
    await store.close()
    connection = await asyncpg.connect(at.dsn)
    async with connection.transaction():
        await connection.execute(f'SET LOCAL search_path TO "{at.schema}"')
        await connection.execute(_APPENDED)
        assert await connection.fetchval(_WITHOUT_INDEXES) == 1
    await connection.close()
