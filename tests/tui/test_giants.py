"""Values without measure: 10 MB in a string, 900 levels, 100,000 items. Keys are answered.

More levels than about a thousand no store takes.
"""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from pathlib import Path

import pytest

from flopod import events as ev
from flopod.errors import ErrorInfo
from flopod.stored import Encoded
from tui.opening import fill, opened
from tui.store import Story
from tui.terminal import Terminal

MEMORY = 300
"""MB that the app may hold."""
SOON = 1.0
"""Seconds to an answer; 0.2 are promised, and the machine of a test may be busy."""
LONG = '"' + "x" * 10_000_000 + '"'
DEEP = '{"a":[' * 450 + "1" + "]}" * 450
MANY = "[" + ",".join(f'{{"number":{n}}}' for n in range(100_000)) + "]"
LINES = '"' + "a line\\n" * 100_000 + '"'
GIANTS = {"long": LONG, "deep": DEEP, "many": MANY, "lines": LINES}
LOOKS = (
    ("g", "2 Detail"),
    ("2", "2 Detail"),
    ("enter", "Fold all"),
    ("equals_sign", ""),
    ("end", ""),
    ("pageup", ""),
    ("escape", "1 Path"),
    ("3", "3 State"),
    ("4", "4 Events"),
    ("G", "4 Events"),
    ("v", ""),
    ("v", ""),
    ("v", ""),
    ("end", ""),
    ("pageup", ""),
)
"""Keys that show the value in all its ways, and what stands there then."""
ASKED = (("enter", "traceback"), ("v", "Fold all"))
"""In place of Enter: the texts without measure stand in a traceback as well, so it asks which."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with a run for each giant, in every field that holds a value."""
    folder, runs = tmp_path_factory.mktemp("giants"), []
    for number, (name, text) in enumerate(GIANTS.items()):
        value = Encoded(b'{"json":' + text.encode() + b"}")
        story = Story(name, timedelta(minutes=number + 1))
        story.tell(ev.RunSubmitted(workflow=name, input=value))
        story.tell(ev.RunStarted(worker="w:1")).tell(ev.VarSet(value=value), "total")
        story.tell(ev.LogEmitted(level="info", message=text[:1_000_000], fields=value))
        error = ErrorInfo("Huge", text[:1_000_000], "step", text[:1_000_000])
        story.tell(ev.ActivityStarted(), "step").tell(ev.ActivityFailed(error=error), "step")
        runs.append(story.tell(ev.RunFailed(error=error, failed_paths=("step",))))
    asyncio.run(fill(folder / "flopod.db", runs))
    return folder


@pytest.mark.parametrize("name", GIANTS)
def test_a_giant_is_looked_at_like_anything_else(name: str, folder: Path) -> None:
    with opened(folder) as app:
        app.do("see:All 4")
        app.quiet(0.3)
        app.do("g", *("j" for _ in range(list(GIANTS).index(name))))
        app.do("enter", "see:1 Path", f"see:{name}")
        app.quiet(0.3)
        looks = LOOKS if name == "deep" else (*LOOKS[:2], *ASKED, *LOOKS[3:])
        slow = {f"{n}: {key}": answered(app, key, seen) for n, (key, seen) in enumerate(looks)}
        held = app.memory()
    assert {key: round(took, 2) for key, took in slow.items() if took > SOON} == {}
    assert held < MEMORY


def answered(app: Terminal, key: str, seen: str) -> float:
    """Return the seconds until a key was answered, and the one behind it."""
    start = time.monotonic()
    app.do(key)
    app.until_seen(seen)
    app.send("\x0c")  # draws all again, once what is before it is done
    before = len(app.output)
    app.until(lambda: len(app.output) > before)
    return time.monotonic() - start
