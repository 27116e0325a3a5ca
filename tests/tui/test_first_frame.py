"""The first frame: what it waits for, and what it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from flopod_backends import MemoryBackend
from flopod_tui.screens.runs import RunsScreen
from tui.looking import settled, until, until_seen
from tui.opening import opened, some_runs
from tui.store import app_over

LOADED = """
import os, sys
from pathlib import Path
from flopod_tui.terminal import garbage
def drawn():
    Path(os.environ["HOME"], "loaded").write_text(" ".join(sys.modules))
garbage.resume = drawn
from flopod_tui.cli import main
main()
"""
SCREENS = (
    *("run", "help", "log", "palette", "start", "deliver", "retry", "bulk", "value", "menu"),
    *("prompt", "dialog", "offers"),
)
LATER = (
    *(f"flopod_tui.screens.{name}" for name in SCREENS),
    *(f"flopod_tui.query.{name}" for name in ("parsing", "terms", "completing")),
    *(f"flopod_tui.commands.{name}" for name in ("demo", "doctor", "work", "worker", "change")),
    *(f"flopod_tui.runs.{name}" for name in ("glimpse", "export")),
    *("flopod_tui.demo.inventory", "flopod_tui.output.lines", "flopod_tui.terminal.picture"),
    *(f"flopod.{name}" for name in ("context", "engine", "worker", "running", "recall", "tree")),
    *("flopod_backends.checkup", "flopod_backends.file", "asyncinotify", "watchfiles"),
    *("importlib.metadata", "email", "ctypes", "hashlib", "zoneinfo", "jsonschema", "tomllib"),
    "textual.widgets._text_area",
)
"""Each would take its part of the time to the first frame, which shows nothing of it."""


def test_the_first_frame_waits_for_nothing_that_it_does_not_show(tmp_path: Path) -> None:
    told = some_runs(tmp_path) / "loaded"
    with opened(tmp_path, "--no-worker", program=("-c", LOADED)) as app:
        app.until_seen("done-00")
        app.until(lambda: told.exists() and bool(told.read_text()))
    loaded = told.read_text().split()
    assert "flopod_tui.screens.runs" in loaded
    assert sorted({*loaded} & {*LATER}) == []


async def test_the_first_frame_shows_runs_and_workers(
    store: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames: list[str] = []
    draw = RunsScreen._compositor_refresh

    def drawn(screen: RunsScreen) -> None:
        if not (screen.app._batch_count or screen.is_covered):
            frames.append("\n".join(strip.text for strip in screen._compositor.render_strips()))
        draw(screen)

    monkeypatch.setattr(RunsScreen, "_compositor_refresh", drawn)
    async with app_over(store).run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: bool(frames))
    assert "research-2026-0142" in frames[0]
    assert "worker 4121" in frames[0]


async def test_what_changes_on_a_covered_screen_draws_nothing(
    store: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = app_over(store)
    async with app.run_test(size=(120, 36)) as pilot:
        await until_seen(pilot, "All 28")
        runs, drawn = app.screen, []
        await pilot.press("enter")
        await until_seen(pilot, "4 Events")
        await settled(pilot)
        monkeypatch.setattr(app.screen, "_compositor_refresh", lambda: drawn.append("above"))
        runs.refresh()
        await pilot.pause(0.1)
        assert drawn == []
        monkeypatch.undo()
        await pilot.press("q")
        await until_seen(pilot, "All 28")
