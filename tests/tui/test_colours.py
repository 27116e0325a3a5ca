"""Every view can be read: with few colours, without any, on white, and in ASCII.

Through the real program and a terminal emulator: the colours are those that a terminal is sent.
With all colours on a dark ground, `test_hostile.py` looks at every view.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from tui.opening import fill, opened
from tui.pictures import FAILED, WAITING
from tui.scenes import SCENES, Scene
from tui.store import failing, finished, waiting
from tui.terminal import Terminal


@dataclass(frozen=True)
class Mode:
    """A kind of terminal, and the views that are looked at on it."""

    name: str
    env: dict[str, str]
    arguments: tuple[str, ...] = ()
    scenes: Sequence[Scene] = tuple(SCENES)


# Sixteen colours is where it fails first: every other view. The rest share them.
MODES = [
    Mode("16 colours", {"TERM": "xterm", "COLORTERM": ""}, scenes=SCENES[::4]),
    Mode("16 colours, on", {"TERM": "xterm", "COLORTERM": ""}, scenes=SCENES[1::4]),
    Mode("no colour", {"NO_COLOR": "1"}, scenes=SCENES[::6]),
    Mode("light", {}, ("--theme", "light"), SCENES[1::6]),
    Mode("ascii", {"TERM": "xterm", "COLORTERM": ""}, ("--ascii",), SCENES[2::6]),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory whose newest run failed, the next one waits."""
    hour, folder = timedelta(hours=1), tmp_path_factory.mktemp("runs")
    runs = [failing(FAILED, 2 * hour), waiting(WAITING, 3 * hour), finished("done", 4 * hour)]
    asyncio.run(fill(folder / "flopod.db", runs))
    return folder


def test_on_every_terminal_every_view_can_be_read(folder: Path) -> None:
    with ThreadPoolExecutor(len(MODES)) as pool:
        found = list(pool.map(lambda mode: look(folder, mode), MODES))
    assert [wrong for wrongs in found for wrong in wrongs] == []


def look(folder: Path, mode: Mode) -> list[str]:
    """Return what cannot be read on such a terminal."""
    arguments = ("--no-worker", *mode.arguments)
    with opened(folder, *arguments, ESCDELAY="20", **mode.env) as app:
        app.until_seen("All 3")
        return [wrong for scene in mode.scenes for wrong in seen(app, mode, scene)]


def seen(app: Terminal, mode: Mode, scene: Scene) -> Iterable[str]:
    """Open a view, and yield what is wrong with it."""
    app.do("g", *("j" for _ in range([FAILED, WAITING].index(scene.run) if scene.run else 0)))
    if scene.run:
        app.do("enter", "see:1 Path")
        app.quiet(0.15)
    app.do(*scene.keys.split())
    app.until_seen(scene.shows)
    app.quiet(0.15)
    here = f"{mode.name}: {scene.name}"
    if cells := app.unreadable():
        yield f"{here}: {''.join(cell.data for cell in cells)!r} in {cells[0].fg}"
    if mode.name == "no colour":
        colours = {colour for cell in app.cells() for colour in (cell.fg, cell.bg)}
        yield from (f"{here}: {colour}" for colour in colours - {"default"})
    if mode.name == "ascii" and (wide := {c for c in app.text if not c.isascii()}):
        yield f"{here}: {wide}"
    back(app)


def back(app: Terminal) -> None:
    """Go back to the list, nothing filtered."""
    for _ in range(9):
        if "0 All" in app.text and not app.text.count("╭") and "Esc" not in app.text:
            return
        app.do("escape")
    assert "0 All" in app.text, app.text
