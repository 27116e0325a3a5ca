"""Help, palette, reasons, messages and small windows as pictures."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from flopod_tui.app import FlopodApp
from tui.looking import settled, until_seen
from tui.pictures import FAILED, WAITING, after, both_sizes
from tui.store import a_store, app_over

SCREENS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "the help of the list": ({}, ("see:until a worker takes it", "question_mark", "see:LOOK")),
    "the help of a run": ({"run_id": WAITING}, ("see:35 · live", "question_mark", "see:LOOK")),
    "the help searched": (
        {},
        ("see:until a worker takes it", "question_mark", "see:LOOK", "c o p y", "see:Copy"),
    ),
    "the palette": ({}, ("see:until a worker takes it", "colon", "see:Commands")),
    "the palette searched": ({"run_id": FAILED}, ("see:24 · fin", "colon", "see:Comm", "r e")),
    "the palette completing": (
        {},
        ("see:until a worker takes it", "colon", "see:Comm", "r u n space r e s"),
    ),
    "why actions are missing": ({"run_id": FAILED}, ("see:24 · fin", "i", "see:Not offered")),
    "why when read-only": (
        {"read_only": True},
        ("see:until a worker takes it", "i", "see:Not offered"),
    ),
    "the settings": (
        {},
        ("see:until a worker takes it", "colon", "see:Comm", *"settings", "enter", "see:theme"),
    ),
}
MESSAGES = (
    ("delivered 36 to research-2026-0142", "ok", "flopod deliver research-2026-0142 approval x"),
    ("the store cannot be read: " + "disk full, " * 20, "error", ""),
)


@both_sizes
@pytest.mark.parametrize("what", SCREENS)
def test_looks(what: str, size: tuple[int, int], snap_compare: Any) -> None:
    options, steps = SCREENS[what]
    app = app_over(a_store(), **options)
    assert snap_compare(app, terminal_size=size, run_before=after(*steps))


def told(app: FlopodApp, *keys: str) -> Callable[[Pilot[None]], Awaitable[None]]:
    """Return what is done before the picture: messages come, then keys."""

    async def do(pilot: Pilot[None]) -> None:
        await until_seen(pilot, "until a worker takes it")
        for text, role, shell in MESSAGES:
            app.tell(text, role, shell)
        await pilot.press(*keys)
        await settled(pilot)

    return do


@both_sizes
def test_the_message_log(size: tuple[int, int], snap_compare: Any) -> None:
    app = app_over(a_store())
    assert snap_compare(app, terminal_size=size, run_before=told(app, "L"))


@both_sizes
def test_a_long_error(size: tuple[int, int], snap_compare: Any) -> None:
    app = app_over(a_store())
    assert snap_compare(app, terminal_size=size, run_before=told(app))


@pytest.mark.parametrize("size", [(80, 11), (50, 20)], ids=["low", "narrow"])
def test_a_window_that_is_too_small(size: tuple[int, int], snap_compare: Any) -> None:
    app = app_over(a_store(), run_id=WAITING)
    assert snap_compare(app, terminal_size=size, run_before=after("see:too small"))


def test_a_small_window(snap_compare: Any) -> None:
    app = app_over(a_store(), run_id=WAITING)
    assert snap_compare(app, terminal_size=(70, 18), run_before=after("see:35"))
