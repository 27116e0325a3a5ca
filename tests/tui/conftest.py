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


@pytest.fixture(autouse=True)
def _ids_are_no_chance(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have pictures show the same suggested run id every time."""
    if "snapshots" in request.module.__name__:
        monkeypatch.setattr("flopod_tui.forms.start_text.randbits", lambda bits: 4711)


@pytest.fixture
def backend() -> MemoryBackend:
    """An empty store whose clock stands still."""
    return MemoryBackend(clock=fixed_now)


@pytest.fixture
async def store(backend: MemoryBackend) -> MemoryBackend:
    """A store with a run in every status."""
    await seeded(backend)
    return backend
