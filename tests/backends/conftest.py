"""What the tests of the stores share."""

# The files of these tests are small, and nothing else waits for the loop.
# ruff: noqa: ASYNC240

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from stories import STORY, step, submitted

from flopod_backends import FileBackend, SqliteBackend
from flopod_backends.fs import FileSystem

# The contracts are plain modules: their assertions are to be explained like those of tests.
pytest.register_assert_rewrite(
    "contract_changes",
    "contract_claims",
    "contract_durable",
    "contract_leases",
    "contract_limits",
    "contract_lists",
    "contract_log",
    "file_stories",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def log(folder: Path) -> Path:
    return folder / "events" / "r1.jsonl"


@pytest.fixture
def sidecar(folder: Path) -> Path:
    return folder / "events" / "r1.summary.json"


@pytest.fixture
async def opened(folder: Path) -> AsyncIterator[Callable[..., FileBackend]]:
    """Give handles that are closed in the end."""
    handles: list[FileBackend] = []

    def open(fs: FileSystem | None = None) -> FileBackend:
        handles.append(FileBackend(folder, fs=fs))
        return handles[-1]

    yield open
    for handle in handles:
        await handle.close()


@pytest.fixture
async def told(folder: Path, log: Path) -> bytes:
    """Tell the story in one append and some more events one by one; return the log's text."""
    store = FileBackend(folder)
    await store.append("r1", STORY)
    for n in range(3):
        await store.append("r1", [step(f"s{n}")])
    await store.append("r2", [submitted()])
    await store.close()
    return log.read_bytes()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Tell where a SQLite store may be made."""
    return tmp_path / "runs.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteBackend]:
    """Give a SQLite store with two runs."""
    store = SqliteBackend(path)
    await store.append("r1", [submitted(), step(), step("b")])
    await store.append("r2", [submitted(1)])
    yield store
    await store.close()


@pytest.fixture
async def other(store: SqliteBackend, path: Path) -> AsyncIterator[SqliteBackend]:
    """Give a handle that remembers nothing of the runs."""
    other = SqliteBackend(path)
    yield other
    await other.close()
