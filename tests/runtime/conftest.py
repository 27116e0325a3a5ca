"""The stores that a worker is tried on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from flopod.backend import Backend
from flopod.stored import utc_now
from flopod_backends import FileBackend, MemoryBackend, SqliteBackend


@pytest.fixture(params=["memory", "sqlite", "file"])
async def backend(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Backend]:
    stores = {
        "memory": MemoryBackend,
        "sqlite": lambda: SqliteBackend(tmp_path / "runs.db"),
        "file": lambda: FileBackend(tmp_path / "runs"),
    }
    store = stores[request.param]()
    yield store
    await store.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let blocked runs be unloaded at once, also those that go on soon."""
    monkeypatch.setattr("flopod.worker.UNLOAD_SECONDS", 0.01)
    monkeypatch.setattr("flopod.worker.SOON", utc_now() - utc_now())
