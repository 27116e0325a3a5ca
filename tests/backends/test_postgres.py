"""The store in a Postgres database, on a real server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime

import pytest
from contract import DurableBackendContract
from stories import Clock, Reopen

from flopod_backends import PostgresBackend


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
