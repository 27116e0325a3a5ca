"""A trial: random keys, clicks, wheels and sizes on the whole app, by a seed.

Each trial plays a session that may only look, and one that may change, over a store in memory. The
app must live through it; a store that was only looked at must be what it was, byte by byte. What
comes from outside (an editor, a pager, the clipboard) is not there: files go to a scratch folder.
"""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from typing import Any

from textual import events
from textual.geometry import Size
from textual.pilot import Pilot

from faults.trial import Trial
from flopod_backends import MemoryBackend
from flopod_tui.app import FlopodApp
from flopod_tui.screens.confirm import ConfirmScreen
from flopod_tui.screens.run import RunScreen
from flopod_tui.screens.runs import RunsScreen
from tui.looking import PATIENCE, text_of, until
from tui.scenes import SCENES, press
from tui.store import app_over, fixed_now, stories, worker

ACTIONS = 125
"""Of one session of a trial; `make soak` plays many trials."""
KEYS = (
    *"jkhlgGzvfrpsocydeiwmntua0123456789DRSXWLNV!,.<>{}[]-=+*@#%^&()|~'\"\\ ?/:;",
    *("enter", "escape", "tab", "shift+tab", "space", "backspace", "delete", "home", "end"),
    *("up", "down", "left", "right", "pageup", "pagedown", "ctrl+d", "ctrl+u", "ctrl+s"),
    *("f1", "f2", "f4", "f5", "f10", "ctrl+l", "ctrl+z", "ctrl+r", "ctrl+o", "ctrl+g", "ctrl+p"),
)
HABITS = tuple(scene.keys for scene in SCENES if scene.keys)
"""What people do: from there a random key leads deeper than from anywhere else."""
SIZES = ((1, 1), (20, 5), (60, 12), (80, 24), (120, 36), (200, 60), (500, 200))


async def trial(seed: int) -> Trial:
    """Play a session that may only look, and one that may change."""
    with scratch():
        for read_only in (True, False):
            backend = MemoryBackend(clock=fixed_now)
            for story in stories()[:8]:
                await story.record(backend)
            await backend.renew(worker())
            before = written(backend)
            await play(backend, random.Random(f"{seed} {read_only}"), read_only)
            assert not read_only or written(backend) == before, f"seed {seed}: it wrote"
    return Trial(2 * ACTIONS)


@contextmanager
def scratch() -> Iterator[None]:
    """Have files written where they harm nobody, and no terminal around us."""
    kept = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="flopod-monkey-") as folder, chdir(folder):
        for name in ("TMUX", "PAGER", "EDITOR", "VISUAL"):
            os.environ.pop(name, None)
        os.environ |= {"HOME": folder, "XDG_RUNTIME_DIR": folder}
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(kept)


def written(backend: MemoryBackend) -> Any:
    """Return all that the store holds."""
    return {run_id: list(lines) for run_id, lines in backend._logs.items()}


async def play(backend: MemoryBackend, chance: random.Random, read_only: bool) -> None:
    """Play on; where the app was left, open it again."""
    left = ACTIONS
    while left > 0:
        app = app_over(backend, read_only=read_only)
        async with app.run_test(size=chance.choice(SIZES[2:5])) as pilot:
            while left > 0 and app.is_running and not app._exit:
                left -= 1
                act(app, chance)
                await pilot.pause(0 if chance.random() < 0.9 else 0.12)
            if app.is_running and not app._exit:
                await whole(pilot)


def act(app: FlopodApp, chance: random.Random) -> None:
    """Do one thing."""
    kind = chance.choices(("key", "habit", "click", "wheel", "size"), (60, 12, 14, 6, 8))[0]
    if kind == "key":
        press(app, chance.choice(KEYS))
    elif kind == "habit":
        for key in chance.choice(HABITS).split():
            press(app, key)
    elif kind == "size":
        width, height = chance.choice(SIZES)
        app.post_message(events.Resize(Size(width, height), Size(width, height)))
    else:
        click(app, chance, wheel=kind == "wheel")


def click(app: FlopodApp, chance: random.Random, *, wheel: bool) -> None:
    """Click somewhere, or turn the wheel."""
    x, y = chance.randrange(max(1, app.size.width)), chance.randrange(max(1, app.size.height))
    place = {"x": x, "y": y, "screen_x": x, "screen_y": y, "delta_x": 0, "delta_y": 0}
    held = {"button": 1, "shift": chance.random() < 0.1, "meta": False, "ctrl": False}
    if wheel:
        kind = chance.choice((events.MouseScrollDown, events.MouseScrollUp))
        app.post_message(kind(None, **place, **held | {"button": 0}))
        return
    for kind in (events.MouseMove, events.MouseDown, events.MouseUp) * chance.choice((1, 2)):
        app.post_message(kind(None, **place, **held))


async def whole(pilot: Pilot[None]) -> None:
    """After all that, the app leads back to the list, and draws it."""
    await pilot.resize_terminal(120, 36)
    end = time.monotonic() + PATIENCE
    while not pilot.app._exit and not isinstance(pilot.app.screen, RunsScreen | RunScreen):
        assert time.monotonic() < end, f"no way back from:\n{text_of(pilot.app)}"
        asked = isinstance(pilot.app.screen, ConfirmScreen)
        await pilot.press("y" if asked else "escape")
        await pilot.pause(0.02)
    if not pilot.app._exit:
        await until(pilot, lambda: "? Help" in text_of(pilot.app))
