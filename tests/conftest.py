"""What all tests share: asyncio as the loop under anyio's plugin, and a collector that rests."""

from __future__ import annotations

import gc

import pytest


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
