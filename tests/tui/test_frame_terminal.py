"""The frame in a real terminal: mouse, drawing again, leaving at once, a slow link."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tui.opening import opened, some_runs


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with a few runs."""
    return some_runs(tmp_path_factory.mktemp("frame"))


def test_f10_gives_the_mouse_to_the_terminal_and_takes_it_back(folder: Path) -> None:
    with opened(folder) as app:
        app.until_seen("broken")
        assert app.output.rfind(b"\x1b[?1002h") > app.output.rfind(b"\x1b[?1002l")
        app.send("\x1b[21~")
        app.until_seen("mouse off")
        assert app.output.rfind(b"\x1b[?1002l") > app.output.rfind(b"\x1b[?1002h")
        app.send("\x1b[21~")
        app.until_seen("mouse on")
        assert app.output.rfind(b"\x1b[?1002h") > app.output.rfind(b"\x1b[?1002l")


def test_ctrl_l_draws_over_what_something_else_wrote(folder: Path) -> None:
    with opened(folder) as app:
        app.until_seen("broken")
        app.quiet()
        app.stream.feed(b"\x1b[5;5HGARBAGE GARBAGE")
        assert "GARBAGE" in app.text
        app.send("\x0c")
        app.until_gone("GARBAGE")


def test_ctrl_c_twice_quits_from_a_dialog_and_leaves_the_terminal_as_it_was(folder: Path) -> None:
    with opened(folder) as app:
        app.until_seen("broken")
        app.send(":")
        app.until_seen("Commands")
        app.send("\x03\x03")
        assert app.ended() == 130
        assert app.restored()


def test_the_screen_is_whole_after_a_suspension(folder: Path) -> None:
    with opened(folder) as app:
        app.until_seen("broken")
        app.quiet()
        app.send("\x1a")
        _, status = os.waitpid(app.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        app.quiet()
        assert app.output.rfind(b"\x1b[?1049l") > app.output.rfind(b"\x1b[?1049h")
        app.screen.reset()
        os.kill(app.pid, signal.SIGCONT)
        app.until_seen("broken", "? Help", "done-00")


def test_a_terminal_that_takes_nothing_for_a_while_does_not_end_the_app(folder: Path) -> None:
    with opened(folder) as app:
        app.until_seen("broken")
        end = time.monotonic() + 2.0
        while time.monotonic() < end:
            app.send("jk" * 20)
            time.sleep(0.05)
        app.send("L")
        app.until_seen("messages")
