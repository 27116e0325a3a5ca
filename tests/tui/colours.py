"""A trial: every view on a terminal of some kind, through the real program and a terminal emulator.

The colours are those that a terminal is sent. `test_colours.py` shares the views among the kinds.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from faults.trial import Trial
from tui.opening import fill, opened
from tui.pictures import FAILED, WAITING
from tui.scenes import SCENES, Scene
from tui.store import failing, finished, waiting
from tui.terminal import Terminal

FEW = {"TERM": "xterm", "COLORTERM": ""}


@dataclass(frozen=True)
class Mode:
    """A kind of terminal."""

    name: str
    env: dict[str, str]
    arguments: tuple[str, ...] = ()


SIXTEEN = Mode("16 colours", FEW)
COLOURLESS = Mode("no colour", {"NO_COLOR": "1"})
LIGHT = Mode("light", {}, ("--theme", "light"))
ASCII = Mode("ascii", FEW, ("--ascii",))
MODES = (SIXTEEN, COLOURLESS, LIGHT, ASCII, Mode("256 colours", {**FEW, "TERM": "xterm-256color"}))


def trial(seed: int) -> Trial:
    """Look at every view on a terminal of the kind whose turn it is."""
    mode = MODES[seed % len(MODES)]
    with tempfile.TemporaryDirectory(prefix="flopod-colours-") as name:
        wrongs = look(some_statuses(Path(name)), mode, SCENES)
    assert not wrongs, wrongs
    return Trial(len(SCENES))


def some_statuses(folder: Path) -> Path:
    """Write to a data directory: the newest run failed, the next one waits."""
    hour = timedelta(hours=1)
    runs = [failing(FAILED, 2 * hour), waiting(WAITING, 3 * hour), finished("done", 4 * hour)]
    asyncio.run(fill(folder / "flopod.db", runs))
    return folder


def look(folder: Path, mode: Mode, scenes: Sequence[Scene]) -> list[str]:
    """Return what cannot be read on such a terminal."""
    arguments = ("--no-worker", *mode.arguments)
    with opened(folder, *arguments, ESCDELAY="20", **mode.env) as app:
        app.until_seen("All 3")
        return [wrong for scene in scenes for wrong in _seen(app, mode, scene)]


def _seen(app: Terminal, mode: Mode, scene: Scene) -> Iterable[str]:
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
    if mode is COLOURLESS:
        colours = {colour for cell in app.cells() for colour in (cell.fg, cell.bg)}
        yield from (f"{here}: {colour}" for colour in colours - {"default"})
    if mode is ASCII and (wide := {c for c in app.text if not c.isascii()}):
        yield f"{here}: {wide}"
    _back(app)


def _back(app: Terminal) -> None:
    """Go back to the list, nothing filtered."""
    for _ in range(9):
        if "0 All" in app.text and not app.text.count("╭") and "Esc" not in app.text:
            return
        app.do("escape")
    assert "0 All" in app.text, app.text
