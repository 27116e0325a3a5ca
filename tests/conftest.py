"""What all tests share: asyncio as the loop under anyio's plugin, and a collector that rests."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Iterator

import pytest

from postgres_server import schema, server

LONG = (
    "tui/test_tmux.py",
    "faults/test_file_crashes.py",
    "faults/test_walk.py",
    "cli/test_processes.py",
    "faults/test_races.py",
    "faults/test_kills.py",
    "tui/test_colours.py",
    "tui/test_hostile.py",
    "tui/test_snapshots",
)
"""Files of few tests that take long: begun last, they would be waited for alone."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest."""
    items.sort(key=lambda item: not any(f"tests/{name}" in item.nodeid for name in LONG))


def pytest_collection_finish() -> None:
    """Never look through the thousands of collected tests for garbage: a tenth of the time."""
    gc.set_threshold(100_000, 20, 100)
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    """Look through everything once, not five times as pytest does for the sake of others."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def anyio_backend() -> str:
    """Run every async test and fixture on asyncio."""
    return "asyncio"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Give a Postgres server for all tests of this process."""
    with server() as url:
        yield url


@pytest.fixture
async def postgres(postgres_server: str) -> AsyncIterator[str]:
    """Give the URL of an empty store there."""
    async with schema(postgres_server) as url:
        yield url
