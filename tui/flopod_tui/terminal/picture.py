"""A picture of the first screen, for a report or a manual: drawn without a terminal, then the end.

Secrets are masked in it as they are on the screen.
"""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

from textual.app import App
from textual.pilot import Pilot

from flopod_tui.exits import OK, WrongUseError
from flopod_tui.launch import Opening, app_on
from flopod_tui.output.printing import say
from flopod_tui.settings.memory_file import MemoryFile
from flopod_tui.settings.places import state_file, write_new

SIZE = (120, 36)
"""Where there is no terminal."""
LOOKS, STILL = 100, 5
"""Tenths of a second that are waited at most; for so many it must have stood still."""


async def take_picture(opening: Opening, file: str) -> int:
    """Write a picture of the first screen, as large as the terminal; return the exit code.

    Raises:
        WrongUseError: the file cannot be written.
    """
    path = _free(file)
    _write(path, await _picture(opening))
    say(f"wrote {path}")
    return OK


def _free(file: str) -> Path:
    path = Path(file)
    if path.exists():
        raise WrongUseError(f"{path} exists; name a new file")
    return path


def _write(path: Path, picture: str) -> None:
    try:
        write_new(path, picture)
    except OSError as error:
        raise WrongUseError(f"{path}: {error.strerror}; nothing was written") from None


async def _picture(opening: Opening) -> str:
    width, height = shutil.get_terminal_size(SIZE)
    pictures: list[str] = []

    async def wait(pilot: Pilot[object]) -> None:
        pictures.append(await _settled(pilot.app))
        pilot.app.exit()

    app = app_on(opening, MemoryFile(state_file()))
    await app.run_async(headless=True, size=(width, height), auto_pilot=wait)
    return pictures[0]


async def _settled(app: App[Any]) -> str:
    """Return the picture of a screen, once it has stood still for a moment."""
    last, same = "", 0
    for _ in range(LOOKS):
        await asyncio.sleep(0.1)
        shown = "\n".join(strip.text for strip in app.screen._compositor.render_strips())
        same = same + 1 if shown == last else 0
        last = shown
        if same >= STILL:
            break
    return app.export_screenshot(title="flopod")
