"""A store with a past, a clock that stands still, and the app over them."""

from __future__ import annotations

import asyncio

import pytest

from flopod_backends import MemoryBackend
from tui.store import fixed_now, seeded


@pytest.fixture(autouse=True)
def _typing_is_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a key cost a moment, not Textual's 80 ms: these tests wait for what they want."""

    async def a_moment(min_sleep: float = 0) -> None:
        await asyncio.sleep(0.005)

    monkeypatch.setattr("textual.app.wait_for_idle", a_moment)


@pytest.fixture
def backend() -> MemoryBackend:
    """An empty store whose clock stands still."""
    return MemoryBackend(clock=fixed_now)


@pytest.fixture
async def store(backend: MemoryBackend) -> MemoryBackend:
    """A store with a run in every status."""
    await seeded(backend)
    return backend
