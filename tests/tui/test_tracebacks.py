"""What a person sees and does with the traceback of a step that failed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from textual.pilot import Pilot

from flopod import events as ev
from flopod.errors import ErrorInfo
from flopod.stored import encoded
from flopod_backends import MemoryBackend
from flopod_tui.screens.text import TextScreen
from flopod_tui.screens.value import ValueScreen
from flopod_tui.widgets.detail import Detail
from flopod_tui.widgets.text_view import TextView
from tui.looking import text_of, until, until_gone, until_seen
from tui.screening import wrongs
from tui.store import Story, app_over

WIDE, NORMAL, SMALL = (120, 36), (80, 24), (60, 16)
LINES = [
    "Traceback (most recent call last):",
    *(f'  File "flow.py", line {number}, in level{number}' for number in range(40)),
    "    wide " + "漢字" * 80,
    "ValueError: \x1b[31mnothing \u202eis left",
]


def broken(*, holds: bool) -> Story:
    """A run with one step that failed far down."""
    story = Story("broken", timedelta(minutes=5)).begin("research")
    error = ErrorInfo("ValueError", "nothing is left", "dig", "\n".join(LINES))
    story.tell(ev.ActivityStarted(attempt=1), "dig")
    story.tell(ev.ActivityFailed(error=error), "dig")
    if holds:
        story.tell(
            ev.EventDelivered(event="go", payload=encoded({"by": "ann"}), delivery_id="d"), "dig"
        )
    return story


@asynccontextmanager
async def opened(
    store: MemoryBackend, size: tuple[int, int], *, holds: bool = False
) -> AsyncIterator[Pilot[None]]:
    """Press Enter on the detail of the step that failed."""
    await broken(holds=holds).record(store)
    app = app_over(store, run_id="broken")
    async with app.run_test(size=size) as pilot:
        await until_seen(pilot, "dig")
        await pilot.press("exclamation_mark", "2")
        await until_seen(pilot, "traceback, the last 8 of 43 lines; Enter shows all")
        await until(pilot, lambda: isinstance(app.focused, Detail))
        await pilot.press("enter")
        yield pilot


async def shown(pilot: Pilot[None]) -> TextView:
    """Wait for the text, and return what shows it."""
    await until(pilot, lambda: isinstance(pilot.app.screen, TextScreen))
    await until_seen(pilot, "broken dig traceback", "43 lines")
    return pilot.app.screen.query_one(TextView)


@pytest.mark.parametrize("size", [WIDE, NORMAL, SMALL])
async def test_enter_on_the_detail_of_a_failed_step_shows_the_whole_traceback(
    store: MemoryBackend, size: tuple[int, int]
) -> None:
    async with opened(store, size) as pilot:
        await shown(pilot)
        await until_seen(pilot, "▌Traceback (most recent call last):", "in level0")
        assert wrongs(pilot.app) == []
        await pilot.press("G")
        await until_seen(pilot, "ValueError: \\x1b[31mnothing \\u202eis left")
        assert text_of(pilot.app).count("漢字") >= 2
        assert wrongs(pilot.app) == []
        await pilot.press("q")
        await until_seen(pilot, "the last 8 of 43 lines")


async def test_a_traceback_is_searched(store: MemoryBackend) -> None:
    async with opened(store, NORMAL) as pilot:
        view = await shown(pilot)
        await pilot.press("slash", *"LEVEL3", "enter")
        await until_seen(pilot, "1 of 11", '▌  File "flow.py", line 3, in level3')
        await pilot.press("n", "n")
        await until_seen(pilot, "3 of 11")
        assert view.place() == 32
        await pilot.press("escape")
        await until_gone(pilot, "3 of 11")


async def test_a_traceback_is_copied(store: MemoryBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[str] = []
    monkeypatch.setattr(
        "flopod_tui.screens.sharing.copy", lambda _, text: copied.append(text) or "kept"
    )
    async with opened(store, NORMAL) as pilot:
        await shown(pilot)
        await pilot.press("j", "y")
        await until_seen(pilot, "whole text")
        await pilot.press("l")
        await until_seen(pilot, "line, 35 B: kept")
        await pilot.press("y")
        await until_seen(pilot, "whole text")
        await pilot.press("w")
        await until(pilot, lambda: len(copied) == 2)
    assert copied == [LINES[1], "\n".join(LINES)]


async def test_of_a_step_with_a_value_as_well_one_is_asked_which(store: MemoryBackend) -> None:
    async with opened(store, WIDE, holds=True) as pilot:
        await until_seen(pilot, "Open", "traceback", "value")
        await pilot.press("v")
        await until(pilot, lambda: isinstance(pilot.app.screen, ValueScreen))
        await until_seen(pilot, "by", "ann")
        await pilot.press("q")
        await until_seen(pilot, "the last 8 of 43 lines")
        await pilot.press("z", "t")
        await shown(pilot)
