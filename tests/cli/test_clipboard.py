"""What is copied goes the way that the place offers, and what is said claims no more."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from flopod_tui.settings.model import Settings
from flopod_tui.terminal import clipboard


class AnApp:
    """What copying needs of an app: its settings, and its way to the terminal."""

    def __init__(self, way: str = "auto") -> None:
        self.session = type("S", (), {"settings": Settings(clipboard=way)})
        self.sent: list[str] = []

    def copy_to_clipboard(self, text: str) -> None:
        """Take what goes to the terminal."""
        self.sent.append(text)


@pytest.fixture(autouse=True)
def clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where the copied text is kept."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.delenv("TMUX", raising=False)
    return tmp_path / "run/flopod/clip.txt"


@pytest.fixture
def tmux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Stand inside a tmux of our own; yield the command that speaks to it."""
    if shutil.which("tmux") is None:
        pytest.skip("no tmux here")
    # A socket's path is short by nature; that of a test is not.
    speak = ["tmux", "-L", f"flopod-test-{uuid4().hex}", "-f", os.devnull]
    subprocess.run([*speak, "new-session", "-d", "-s", "x", "cat"], check=True)
    told = subprocess.run(
        [*speak, "display", "-p", "#{socket_path},#{pid},0"], capture_output=True, check=True
    )
    monkeypatch.setenv("TMUX", told.stdout.decode().strip())
    yield speak
    subprocess.run([*speak, "kill-server"], check=True)


def copied(app: Any, text: str) -> str:
    """Copy with an app that has no terminal."""
    return clipboard.copy(app, text)


def test_outside_of_tmux_it_is_sent_to_the_terminal_and_kept(clip: Path) -> None:
    app = AnApp()
    assert copied(app, "héllo") == f"sent to the terminal; kept in {clip}"
    assert app.sent == ["héllo"]
    assert clip.read_text() == "héllo"
    assert clip.stat().st_mode & 0o777 == 0o600
    assert clip.parent.stat().st_mode & 0o777 == 0o700


def test_inside_tmux_it_is_in_its_buffer(tmux: list[str], clip: Path) -> None:
    app = AnApp()
    told = copied(app, "line one\nline two ✓")
    assert told == f"copied to tmux; kept in {clip}"
    shown = subprocess.run([*tmux, "show-buffer"], capture_output=True, check=True)
    assert shown.stdout.decode() == "line one\nline two ✓"
    assert app.sent == []


def test_a_tmux_that_is_gone_leaves_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMUX", "/nowhere/socket,1,0")
    assert copied(AnApp(), "x").startswith("sent to the terminal; kept in")
    assert copied(AnApp("tmux"), "x").startswith("not copied to tmux (")


def test_a_text_too_long_for_a_terminal_is_only_in_the_file(clip: Path) -> None:
    app, longest = AnApp(), "x" * (clipboard.LONGEST // 4 * 3)
    assert copied(app, longest).startswith("sent")
    told = copied(app, longest + "xxx")
    assert told.startswith("too long for the terminal") and str(clip) in told
    assert len(app.sent) == 1
    assert len(clip.read_text()) == len(longest) + 3


def test_the_settings_choose_the_way(tmux: list[str], clip: Path) -> None:
    app = AnApp("file")
    assert copied(app, "secret") == f"kept in {clip}"
    assert app.sent == []
    assert copied(AnApp("osc52"), "x").startswith("sent to the terminal")


def test_a_file_that_cannot_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "file"))
    assert "not kept in" in copied(AnApp(), "x")


def test_without_a_runtime_directory_the_text_is_among_the_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    copied(AnApp("file"), "x")
    assert (tmp_path / "state/flopod/clip.txt").read_text() == "x"


def test_half_a_character_is_no_crash(clip: Path) -> None:
    copied(AnApp(), "\udce9")
    assert clip.read_text() == "\\udce9"
