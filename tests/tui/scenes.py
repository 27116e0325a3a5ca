"""Every view of the app in one table: how a person gets there.

A new view is one line here; hostile data, colours, sizes and faults are then tried on it as well.
The texts that are waited for stand there whatever the run holds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from textual import events
from textual.pilot import Pilot

from flopod_tui.app import FlopodApp
from flopod_tui.screens.run import RunScreen
from flopod_tui.screens.runs import RunsScreen
from tui.looking import text_of, until_seen
from tui.pictures import FAILED, WAITING

NAMED = {" ": "space", "?": "question_mark", "/": "slash", ":": "colon", ",": "comma"}
CHARS = {name: char for char, name in NAMED.items()} | {"equals_sign": "="}


@dataclass(frozen=True)
class Scene:
    """A view."""

    name: str
    keys: str = ""
    """From the place to the view, by the names that Textual gives them."""
    shows: str = ""
    """What stands on the screen then."""
    run: str = ""
    """The run whose screen the keys are pressed on; none: the list of runs."""


Look: TypeAlias = Callable[[Pilot[None], Scene], Awaitable[None]]
SCENES = [
    Scene("runs", "", "RUN "),
    Scene("runs, a page down", "pagedown", "RUN "),
    Scene("runs, the preview", "p"),
    Scene("runs, marked", "space space V j j"),
    Scene("runs, a facet", "4"),
    Scene("runs, the filter", "slash r e s e"),
    Scene("runs, the sort menu", "s", "Sort by"),
    Scene("runs, the columns", "c"),
    Scene("runs, the raw summary", "v"),
    Scene("runs, what to copy", "y"),
    Scene("runs, what to export", "e"),
    Scene("runs, the help", "question_mark", "Help"),
    Scene("runs, the palette", "colon", "Commands"),
    Scene("runs, the palette's matches", "colon r u n space", "Commands"),
    Scene("runs, why not", "i"),
    Scene("runs, the log of messages", "R L"),
    Scene("runs, the open waits", "w"),
    Scene("run, a failed one", "", "1 Path", FAILED),
    Scene("run, a waiting one", "", "1 Path", WAITING),
    Scene("run, all unfolded", "g equals_sign", "1 Path", WAITING),
    Scene("run, the detail", "2", "2 Detail", FAILED),
    Scene("run, the state", "3 j", "3 State", WAITING),
    Scene("run, the state's differences", "3 d j", "3 State", WAITING),
    Scene("run, the events", "4 k k", "4 Events", WAITING),
    Scene("run, the events zoomed", "4 z", "RunFailed", FAILED),
    Scene("run, a value", "g 2 enter", "", WAITING),
    Scene("run, a traceback", "2 enter", "n Next", FAILED),
    Scene("run, the timeline", "v", "", FAILED),
    Scene("run, the log as JSON", "v v v", "", FAILED),
    Scene("run, back in time", "comma comma comma", "", WAITING),
    Scene("run, where to go", "t", "", WAITING),
    Scene("run, the search", "slash e x p enter", "", WAITING),
    Scene("run, what to copy", "y", "", FAILED),
    Scene("run, what to export", "e", "", WAITING),
    Scene("run, the help", "question_mark", "Help", WAITING),
    Scene("run, the palette", "colon", "Commands", WAITING),
    Scene("start", "S", "Workflow", ""),
    Scene("start, as JSON", "S f4", "Workflow", ""),
    Scene("deliver", "D", "Open waits", WAITING),
    Scene("deliver, another run", "D down", "Open waits", FAILED),
    Scene("retry", "R", "Retry", FAILED),
    Scene("cancel", "X", "Cancel", WAITING),
]
STILL = 0.13
"""Seconds without a change after which a view is complete: changes are painted every 0.1 s."""
BY_NAME = {scene.name: scene for scene in SCENES}


async def visit(app: FlopodApp, size: tuple[int, int], scenes: Sequence[Scene], look: Look) -> None:
    """Open the app, and look at one view after the other."""
    async with app.run_test(size=size) as pilot:
        await until_seen(pilot, "RUN ")
        for scene in scenes:
            await go(pilot, scene)
            await look(pilot, scene)


async def visit_all(make: Callable[[], FlopodApp], look: Look, hands: int = 4) -> None:
    """Look at every view, in several apps at once: half of the time is waiting."""
    shares = [SCENES[hand::hands] for hand in range(hands)]
    await asyncio.gather(*(visit(make(), (120, 36), share, look) for share in shares))


async def go(pilot: Pilot[None], scene: Scene) -> None:
    """Open a view in an app that stands anywhere."""
    app = pilot.app
    assert isinstance(app, FlopodApp)
    while len(app.screen_stack) > 1:
        app.pop_screen()
    session = app.session
    await app.push_screen(RunScreen(session, scene.run) if scene.run else RunsScreen(session))
    await until_seen(pilot, "1 Path" if scene.run else "RUN ")
    await still(pilot)
    for key in scene.keys.split():
        press(app, key)
        await pilot.pause(0.02)
    if scene.shows:
        await until_seen(pilot, scene.shows)
    await still(pilot)


def press(app: FlopodApp, key: str) -> None:
    """Press a key, as the driver would tell of it."""
    name = NAMED.get(key, key)
    char = CHARS.get(name, name)
    app.post_message(events.Key(name, char if len(char) == 1 else None))


async def still(pilot: Pilot[None]) -> None:
    """Wait until the screen has stood still for a moment."""
    last = ""
    while (shown := text_of(pilot.app)) != last:
        last = shown
        await pilot.pause(STILL)
