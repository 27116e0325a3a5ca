"""A worker with nothing to do looks, and leaves the store as it is."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from flopod import Runtime, Worker, workflow
from flopod_backends import open_backend

LOOKS = 10


@workflow
async def never(wf: Runtime) -> None:
    """Nobody starts it."""


def contents(folder: Path) -> dict[str, bytes]:
    """Return all that is in the files; what SQLite counts its readers by is no content."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): path.read_bytes() for path in files if not path.name.endswith("-shm")}


@pytest.mark.parametrize("store", ["sqlite:{}/runs.db", "file:{}/runs"])
async def test_an_idle_worker_writes_nothing(
    store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flopod.looking.LOOK_SECONDS", 0.02)
    backend = open_backend(store.format(tmp_path))
    looked, looks = asyncio.Event(), 0

    def count() -> None:
        nonlocal looks
        looks += 1
        looked.set()

    async def after(more: int) -> None:
        enough = looks + more
        while looks < enough:
            looked.clear()
            await looked.wait()

    async with asyncio.timeout(30), Worker(backend, [never]) as worker:
        worker.on_rest = count
        await after(2)
        before = contents(tmp_path)
        await after(LOOKS)
        assert contents(tmp_path) == before
    await backend.close()
