"""`python screenshots/take.py [DIR]`: pictures of the real app, over real runs.

A scratch directory gets a copy of this project's own sources; a worker takes inventories of it with
the built-in workflows; then the app is opened at each size, keys are pressed, and what it draws is
saved as SVG beside this script, or in DIR.
"""

from __future__ import annotations

import asyncio
import html
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import chdir
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
INTO = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else HERE
ROOT = HERE.parent
for variable in ("NO_COLOR", "TEXTUAL_THEME", "FLOPOD_DATA_DIR", "FLOPOD_BACKEND"):
    os.environ.pop(variable, None)
os.environ |= {"COLORTERM": "truecolor", "TERM": "xterm-256color", "TZ": "UTC"}

from rich.cells import cell_len  # noqa: E402 (the terminal has to be settled first)
from textual.pilot import Pilot  # noqa: E402 (the terminal has to be settled first)

from flopod import Control, Worker, process  # noqa: E402
from flopod_backends import SqliteBackend  # noqa: E402
from flopod_tui.app import FlopodApp  # noqa: E402
from flopod_tui.demo.inventory import inventory  # noqa: E402
from flopod_tui.demo.watch_disk import watch_disk  # noqa: E402
from flopod_tui.session import Session  # noqa: E402

WIDE, NARROW = (120, 36), (80, 24)
FONTS = "DejaVu Sans Mono, Menlo, Consolas, monospace"
FONT_SIZE = "20.26px"
"""At this size a letter of those fonts is as wide as the cell that Textual reckons with."""
RUN_OF_TEXT = re.compile(
    r'(<text class="[^"]*-r\d+" )x="([\d.]+)" y="([\d.]+)"'
    r' textLength="([\d.]+)"([^>]*>)([^<]*)</text>'
)


@dataclass(frozen=True)
class Picture:
    """A scene of the app, and what it is called."""

    name: str
    size: tuple[int, int]
    keys: tuple[str, ...] = ()
    theme: str = "dark"
    env: dict[str, str] = field(default_factory=dict)


RUNS = ("home",)
ALARM, WAITING, ARCHIVE, DONE = (("home", *["j"] * n) for n in (0, 2, 3, 5))
"""To a run in the list: one that sleeps, that waits for an approval, that failed, that is done."""
BACK = ("enter", *[","] * 3)
"""Into a run, and a few events back."""
VIEWS = {
    "runs": RUNS,
    "run": (*WAITING, "enter"),
    "timeline": (*ALARM, "enter", "v"),
    "time-travel": (*ALARM, *BACK),
    "deliver": (*WAITING, "D"),
    "start": ("home", "S"),
    "retry": (*ARCHIVE, "R"),
}
"""What is shown in both themes."""
PICTURES = [
    *(Picture(f"{name}-120x36", WIDE, keys) for name, keys in VIEWS.items()),
    *(Picture(f"{name}-light-120x36", WIDE, keys, "light") for name, keys in VIEWS.items()),
    Picture("failed-120x36", WIDE, (*ARCHIVE, "enter")),
    Picture("state-120x36", WIDE, (*DONE, "enter", "3")),
    Picture("cancel-120x36", WIDE, (*WAITING, "X")),
    Picture("help-120x36", WIDE, ("home", "question_mark")),
    Picture("palette-120x36", WIDE, ("home", "colon")),
    Picture("filter-120x36", WIDE, ("slash", *"status:ok,failed")),
    *(Picture(f"{name}-80x24", NARROW, VIEWS[name]) for name in ("runs", "run", "deliver")),
    Picture("runs-ansi-120x36", WIDE, RUNS, "ansi"),
    Picture("runs-no-color-120x36", WIDE, RUNS, "auto", {"NO_COLOR": "1"}),
    Picture("run-no-color-120x36", WIDE, VIEWS["run"], "auto", {"NO_COLOR": "1"}),
]


async def main() -> None:
    """Stage the runs, and take every picture."""
    process.this_host = lambda: "atlas"  # the name of the machine is nobody's business
    backend = SqliteBackend(".flopod/flopod.db")
    control = Control(backend, [inventory, watch_disk])
    async with Worker(backend, [inventory, watch_disk]):
        await stage(control)
        for picture in PICTURES:
            await take(picture, control)
            print(f"{picture.name}.svg")
    await backend.close()


async def stage(control: Control) -> None:
    """Have runs that stand in most of the ways a run can."""
    start = control.start
    done = await start("inventory", {"directory": "library/runtime"}, "inventory-runtime")
    await reached(control, done, "waiting")
    await control.deliver(done, "approval", "approve", {"by": "alice"})
    await reached(control, done, "ok")
    cancelled = await start("inventory", {"directory": "library/backends"}, "inventory-backends")
    await reached(control, cancelled, "waiting")
    await control.cancel(cancelled)
    await reached(control, cancelled, "cancelled")
    await reached(
        control,
        await start("inventory", {"directory": "/mnt/archive"}, "inventory-archive"),
        "error",
    )
    await reached(
        control, await start("inventory", {"directory": "library"}, "inventory-all"), "waiting"
    )
    await reached(control, await start("watch-disk", {"path": "."}, "watch-root"), "sleeping")
    await reached(
        control,
        await start("watch-disk", {"full_above": 1.0, "every": "2s"}, "watch-alarm"),
        "sleeping",
    )


async def reached(control: Control, run_id: str, status: str) -> None:
    """Wait until a run stands so."""
    async with asyncio.timeout(60):
        async for _ in control.watch_runs():
            if (await control.get(run_id)).status == status:
                return


async def take(picture: Picture, control: Control) -> None:
    """Open the app, press the keys, save what it shows."""
    os.environ |= picture.env
    app = FlopodApp(Session(control), theme=picture.theme)
    async with app.run_test(size=picture.size) as pilot:
        await settled(pilot)
        for key in picture.keys:
            await pilot.press(key)
            await settled(pilot)
        svg = app.export_screenshot(title="flopod")
    for variable in picture.env:
        del os.environ[variable]
    (INTO / f"{picture.name}.svg").write_text(portable(svg), encoding="utf-8")


def portable(svg: str) -> str:
    """Return the picture as every viewer draws it alike: no font to fetch, no leading blanks."""
    # Tracebacks name files of this machine; as long a name keeps every cell in its place.
    elsewhere = ("/srv/" + "flopod/" * 20)[: len(str(ROOT))]
    local = re.sub(r"@font-face\s*{[^}]*}\s*", "", svg.replace(str(ROOT), elsewhere))
    local = re.sub(r"font-family: [^;]*;", f"font-family: {FONTS};", local)
    local = local.replace("font-size: 20px", f"font-size: {FONT_SIZE}")
    return RUN_OF_TEXT.sub(placed, local)


def placed(found: re.Match[str]) -> str:
    """Return a run of text that begins where its first character stands.

    Some viewers drop the blanks that Textual puts before it, and each measures its own font.
    """
    before, x, y, length, after, text = found.groups()
    shown = html.unescape(text)
    blanks = len(shown) - len(shown.lstrip("\xa0"))
    cell = float(length) / max(1, cell_len(shown))
    text = text.removeprefix("&#160;" * blanks)
    if not text:
        return ""
    start, width = float(x) + blanks * cell, float(length) - blanks * cell
    return f'{before}x="{start:g}" y="{y}" textLength="{width:g}"{after}{text}</text>'


async def settled(pilot: Pilot[None]) -> None:
    """Let the app read what it shows."""
    await pilot.pause(0.4)


def staged(work: Callable[[], Awaitable[None]]) -> None:
    """Run `work` in a scratch directory that holds a copy of our sources."""
    with tempfile.TemporaryDirectory(prefix="flopod-pictures-") as scratch, chdir(scratch):
        Path(".flopod").mkdir(mode=0o700)
        ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
        for name in ("runtime", "backends", "tui"):
            shutil.copytree(ROOT / name, Path("library") / name, ignore=ignored)
        asyncio.run(work())


if __name__ == "__main__":
    staged(main)
