"""What all tests share: asyncio as the loop under anyio's plugin, and a collector that rests."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Iterator

import pytest

from postgres_server import schema, server


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
