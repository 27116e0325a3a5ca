"""What the fault tests share: one mother of all the children of a module."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from stories import submitted

from flopod_backends import SqliteBackend

pytest.register_assert_rewrite("faults.oracle")

from faults.victims import Nursery, nursery  # noqa: E402


@pytest.fixture
async def mother() -> AsyncIterator[Nursery]:
    """Give the process that children come from."""
    async with nursery() as made:
        yield made


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Tell where a SQLite store may be made."""
    return tmp_path / "runs.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteBackend]:
    """Give a SQLite store with a run."""
    store = SqliteBackend(path)
    await store.append("r1", [submitted()])
    yield store
    await store.close()
