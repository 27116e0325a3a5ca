"""How the timeline, the log as JSON lines and a value look, at both sizes."""

from __future__ import annotations

from typing import Any

from textual.pilot import Pilot

from flopod.stored import encoded
from flopod_tui.screens.value import ValueScreen
from tui.looking import settled
from tui.pictures import FAILED, WAITING, after, both_sizes
from tui.store import NOW, a_store, app_over

VALUE = {
    "region": "kanto",
    "found": {
        "when": NOW,
        "names": {"bulbasaur", "charmander"},
        "sprite": b"\x89PNG\r\n\x1a\n\x00\x00",
        "by number": {1: "bulbasaur", 4: "charmander"},
        "ratio": float("nan"),
        "shiny": None,
    },
    "login": {"user": "ash", "api_key": "not for everyone"},
    "story": "Once upon a time in Pallet Town. " * 20,
    "hostile": "\x1b[2J[red]\u202e",
    "many": list(range(400)),
}


@both_sizes
def test_the_timeline_of_a_waiting_run(snap_compare: Any, size: tuple[int, int]) -> None:
    app = app_over(a_store(), run_id=WAITING)
    assert snap_compare(app, terminal_size=size, run_before=after("see:approval", "v"))


@both_sizes
def test_the_timeline_of_a_failed_run_closer(snap_compare: Any, size: tuple[int, int]) -> None:
    app = app_over(a_store(), run_id=FAILED)
    steps = after("see:classify", "v", "see:Timeline", "see: path ─", "G", "plus")
    assert snap_compare(app, terminal_size=size, run_before=steps)


@both_sizes
def test_the_log_as_json_lines(snap_compare: Any, size: tuple[int, int]) -> None:
    app = app_over(a_store(), run_id=WAITING)
    steps = after("see:approval", "v", "v", "v", "see:[JSON]", "see:WaitStarted", "k", "k")
    assert snap_compare(app, terminal_size=size, run_before=steps)


@both_sizes
def test_a_value(snap_compare: Any, size: tuple[int, int]) -> None:
    async def open_it(pilot: Pilot[None]) -> None:
        await settled(pilot)
        app: Any = pilot.app
        app.push_screen(ValueScreen(app.session, "output of fetch", encoded(VALUE)))
        await settled(pilot)
        await pilot.press("j", "j")
        await settled(pilot)

    app = app_over(a_store())
    assert snap_compare(app, terminal_size=size, run_before=open_it)
