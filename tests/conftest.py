"""What all tests share: asyncio as the loop under anyio's plugin."""

from __future__ import annotations

import pytest


@pytest.fixture
def anyio_backend() -> str:
    """Run every async test and fixture on asyncio."""
    return "asyncio"
