"""Hostile texts in every field of a store: none drives the terminal, hides, or runs anything."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from flopod_backends import SqliteBackend
from tui.clicks import clicked
from tui.hostile_views import all_seen
from tui.opening import fill, opened
from tui.payloads import NAMES, Hostile, hostile_stories, hostile_worker
from tui.pictures import FAILED
from tui.scenes import BY_NAME
from tui.screening import unknown_sequences, unsafe
from tui.tmux import Tmux, needs_tmux

ON_A_TERMINAL = (
    ("see:failed-00", "pagedown", "up", "question_mark", "see:Help", "escape"),
    ("slash", "r e s e a r c h", "see:" + FAILED, "enter", "see:Enter Open", "enter", "see:1 Path"),
    ("4", "up", "2", "z", "escape", "v", "v", "v", "v", "D", "see:Open waits", "escape", "escape"),
)
RUN_ACTIONS = NAMES.index("Rich action")


async def test_nothing_stored_reaches_a_view_raw_and_every_view_can_be_read() -> None:
    seen = await all_seen(Hostile(0))
    assert dict(seen.wrong) == {}
    assert seen.unreadable == {}
    assert set().union(*seen.texts.values()) == set(NAMES)


@pytest.mark.parametrize("text", ["\x1b[2J", "\u202e", "\u200b", "\x9b", "\ud800", "\ue000"])
def test_the_scan_finds_what_is_raw(text: str) -> None:
    assert unsafe(f"a{text}b")
    assert text == "\ud800" or unknown_sequences(f"a{text}b".encode()) or text == "\x1b[2J"


@pytest.mark.parametrize("sent", ["\x1b]0;x\x07", "\x1b]8;;x\x1b\\", "\x1bP\x1b\\", "\x1bc", "\b"])
def test_the_scan_knows_what_the_app_never_sends(sent: str) -> None:
    assert unknown_sequences(sent.encode())


@pytest.mark.parametrize("name", ["runs", "run, a failed one", "deliver"])
async def test_a_click_on_stored_text_runs_nothing(name: str) -> None:
    assert await clicked(BY_NAME[name], RUN_ACTIONS) == []


def a_hostile_folder(path: Path) -> Path:
    """Write such runs to a data directory, and have such a worker."""
    hostile = Hostile(0)
    asyncio.run(fill(path / "flopod.db", hostile_stories(hostile)))
    asyncio.run(_work(path / "flopod.db", hostile))
    return path


async def _work(path: Path, hostile: Hostile) -> None:
    backend = SqliteBackend(path, "normal")
    await backend.renew(hostile_worker(hostile))
    await backend.close()


def test_the_terminal_is_sent_nothing_but_what_the_app_draws_with(tmp_path: Path) -> None:
    with opened(a_hostile_folder(tmp_path)) as app:
        for steps in ON_A_TERMINAL:
            app.do(*steps)
        app.quiet(0.2)
        assert unknown_sequences(app.output) == []
        assert "Z" in app.text
        app.send("\x03\x03")
        assert app.ended() == 130
        assert unknown_sequences(app.output) == []


@needs_tmux
def test_under_tmux_title_and_buffers_stay(tmp_path: Path) -> None:
    a_hostile_folder(tmp_path)
    with Tmux(tmp_path, "hostile", (120, 36)) as tmux:
        tmux.run("set", "-g", "allow-rename", "on")
        tmux.run("set", "-g", "automatic-rename", "off")
        tmux.run("set", "-g", "set-clipboard", "on")
        tmux.open("--no-worker", FLOPOD_DATA_DIR=str(tmp_path))
        tmux.until_seen("failed-00")
        told = "#{pane_title}|#{window_name}|#{pane_dead}"
        before = tmux.run("display-message", "-p", told)
        tmux.keys("PageDown", "Home", "Enter")
        tmux.until_seen("1 Path")
        tmux.keys("4", "Up", "2", "z", "z", "v", "v", "v", "v", "R")
        tmux.until_seen("Cancel")
        assert tmux.run("display-message", "-p", told) == before
        assert "pwned" not in before
        assert tmux.run("list-buffers") == ""
        assert not unsafe(tmux.text.replace("\n", ""))
