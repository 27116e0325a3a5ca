"""The app in a terminal: start, keys, a filter over 100,000 runs, a run of 100,000 events, news.

The limit is an app of one widget in the same round. A key is answered when the last byte of its
answer has come; news are on the screen when they stand there.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import opening
import paint
from rounds import medians

from flopod.events import ActivityStarted, Event
from flopod_backends import SqliteBackend

sys.path.append(str(Path(__file__).parents[1]))

from tui.opening import opened
from tui.terminal import Terminal

BARE_APP = """
from textual.app import App
from textual.widgets import Static
class Bare(App):
    def compose(self):
        yield Static("painted")
    def on_key(self, event):
        self.query_one(Static).update(f"pressed {event.key}", layout=False)
Bare().run()
"""
SEQUENCES = re.compile(rb"\x1b\[[0-9;?]*[a-zA-Z]")
QUIET = 0.08
"""Seconds of silence after which an answer is complete."""
NEWEST = f"run-{paint.RUNS - 1:06}"


def measure(scratch: Path, rounds: int) -> dict[str, Any]:
    """Return milliseconds and bytes of what people do."""
    crowd, long = scratch / "crowd", scratch / "long"
    for folder in (crowd, long):
        folder.mkdir()
    started = paint.measure(crowd, rounds)
    (crowd / "runs.db").rename(crowd / "flopod.db")
    asyncio.run(opening._fill(SqliteBackend(long / "flopod.db", "normal")))
    return {**started, **medians(_round(crowd, long) for _ in range(rounds))}


def _round(crowd: Path, long: Path) -> dict[str, float]:
    return {**_bare(crowd), **_starts(crowd), **_keys(crowd), **_opens(long), **_news(long)}


def _bare(folder: Path) -> dict[str, float]:
    with opened(folder, "-c", BARE_APP, program=()) as app:
        app.until_seen("painted")
        app.quiet()
        sent = len(app.output)
        keys = [_answer(app, key) for key in "abababab"]
    return {"bare_start_bytes": sent, "bare_key_ms": sorted(keys)[4] * 1e3}


def _starts(folder: Path) -> dict[str, float]:
    sent = {}
    for theme in ("dark", "ansi"):
        with opened(folder, "--no-worker", "--theme", theme) as app:
            app.until_seen(NEWEST)
            app.quiet()
            sent[f"start_bytes_{theme}"] = float(len(app.output))
    return sent


def _keys(folder: Path) -> dict[str, float]:
    with opened(folder) as app:
        app.until_seen(NEWEST, "All 100")
        app.quiet()
        before = len(app.output)
        moves = [_answer(app, "j") for _ in range(8)]
        sent = (len(app.output) - before) / 8
        pages = [_answer(app, key) for key in ("\x1b[6~", "\x1b[5~") * 2]
        app.do("slash", *"run-0")
        app.quiet()
        filters = [_answer(app, key) for key in ("0", "\x7f") * 3]
    return {
        "key_ms": sorted(moves)[4] * 1e3,
        "key_bytes": sent,
        "page_ms": sorted(pages)[2] * 1e3,
        "filter_key_ms": sorted(filters)[3] * 1e3,
    }


def _opens(folder: Path) -> dict[str, float]:
    with opened(folder) as app:
        app.do("see:order", "g")
        app.quiet()
        start = time.perf_counter()
        app.send("\r")
        tail = _until(app, lambda shown: re.search(rb"100,?0\d\d", shown) is not None) - start
        app.until(lambda: "reading" not in app.text and "4 Events" in app.text)
        app.until(lambda: "100,0" in app.text)
        whole = time.perf_counter() - start
        app.quiet()
        moves = [_answer(app, "j") for _ in range(8)]
        steps = [_answer(app, key) for key in ",,.,,.,,"]
    return {
        "open_tail_ms": tail * 1e3,
        "open_whole_ms": whole * 1e3,
        "key_in_100_000_events_ms": sorted(moves)[4] * 1e3,
        "step_in_time_ms": sorted(steps)[4] * 1e3,
    }


def _news(folder: Path) -> dict[str, float]:
    took = []
    with opened(folder) as app:
        app.do("see:order", "g", "enter", "see:4 Events")
        app.until(lambda: "reading" not in app.text)
        app.quiet()
        for number in range(5):
            name = f"news-{time.monotonic_ns()}-{number}"
            start = asyncio.run(_append(folder / "flopod.db", name))
            took.append(_until(app, lambda shown, name=name: name[-12:].encode() in shown) - start)
            app.quiet()
    return {"event_to_screen_ms": sorted(took)[2] * 1e3}


async def _append(path: Path, name: str) -> float:
    """Record a step; return when that was durable."""
    backend = SqliteBackend(path, "normal")
    await backend.append("run", [Event(ActivityStarted(), name)])
    committed = time.perf_counter()
    await backend.close()
    return committed


def _answer(app: Terminal, key: str) -> float:
    """Return the seconds from a key to the last byte of its answer."""
    start = last = time.perf_counter()
    os.write(app.master, key.encode())
    data = b""
    while app.ready(QUIET if data else 2.0):
        data += os.read(app.master, 65536)
        last = time.perf_counter()
    app.take(data)
    return last - start


def _until(app: Terminal, holds: Callable[[bytes], bool]) -> float:
    """Return when something holds of what was written; the emulator is fed afterwards."""
    data = b""
    while not holds(SEQUENCES.sub(b"", data)):
        if not app.ready(20):
            raise RuntimeError(f"it was never shown; the last output: {data[-300:]!r}")
        data += os.read(app.master, 65536)
    end = time.perf_counter()
    app.take(data)
    return end
