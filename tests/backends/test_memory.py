"""The store in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from contract import BackendContract
from stories import Clock, submitted

from flopod_backends import MemoryBackend


class TestMemoryBackend(BackendContract):
    @pytest.fixture
    async def backend(self, clock: Clock) -> AsyncIterator[MemoryBackend]:
        backend = MemoryBackend(clock)
        yield backend
        await backend.close()


async def test_each_is_a_store_of_its_own() -> None:
    one, two = MemoryBackend(), MemoryBackend()
    await one.append("r1", [submitted()])
    assert await two.events("r1") == []
    assert one.url == "memory:"
