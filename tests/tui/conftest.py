"""A store with a past, a clock that stands still, and the app over them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from textual._context import active_app
from textual.app import App
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

from flopod_backends import MemoryBackend
from flopod_tui.app import FlopodApp
from tui.store import a_store, fixed_now

PARSED: dict[Any, list[RuleSet]] = {}
LONGEST = 1000
"""Looks at a key that is under way before the next one is pressed all the same."""


@pytest.fixture(autouse=True)
def _typing_is_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a key cost what it takes to deal with it, not Textual's 80 ms."""

    async def dealt_with(min_sleep: float = 0) -> None:
        for _ in range(LONGEST):
            await asyncio.sleep(0.001)
            if not _has_keys(active_app.get()):
                return

    monkeypatch.setattr("textual.app.wait_for_idle", dealt_with)


def _has_keys(app: App[Any]) -> bool:
    typed = isinstance(app, FlopodApp) and app._typed._under_way is not None
    return app.is_running and (typed or not app._message_queue.empty())


@pytest.fixture(autouse=True)
def _styles_are_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Share among all tests what a sixth of an app's start goes into."""
    parse, parsed = Stylesheet._parse_rules, PARSED

    def parsed_once(sheet: Stylesheet, css: str, *where: Any, **more: Any) -> list[RuleSet]:
        key = css, where, tuple(more.items()), tuple(sheet._variables.items())
        if key not in parsed:
            parsed[key] = parse(sheet, css, *where, **more)
        return parsed[key]

    monkeypatch.setattr(Stylesheet, "_parse_rules", parsed_once)


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
def store() -> MemoryBackend:
    """A store with a run in every status."""
    return a_store()
