"""However the app is ended, and wherever it stands: the terminal is as it was, and soon."""

from __future__ import annotations

import os
import signal
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tui.opening import opened, some_runs
from tui.terminal import Terminal

SOON = 2.0
"""Seconds within which the app is gone, and the machine may be busy."""
STATES = {
    "start": (),
    "list": ("see:All 42",),
    "filter": ("see:All 42", "slash", "d o n e"),
    "run": ("see:All 42", "j", "enter", "see:1 Path"),
    "form": ("see:All 42", "j", "D", "see:Open waits"),
    "dialog": ("see:All 42", "j", "X", "see:Cancel"),
    "help": ("see:All 42", "question_mark", "see:Help"),
}
SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with a few runs, that nobody changes."""
    return some_runs(tmp_path_factory.mktemp("runs"))


@pytest.fixture
def opens(folder: Path) -> Iterator[Callable[..., Terminal]]:
    """Open any number of apps at once."""
    with ExitStack() as stack:
        yield lambda *given, **more: stack.enter_context(opened(folder, *given, **more))


def test_a_signal_leaves_the_terminal_as_it_was(opens: Callable[..., Terminal]) -> None:
    tried = [(state, SIGNALS[n % 3]) for n, state in enumerate(STATES)]
    tried += [("list", signal.SIGTERM), ("list", signal.SIGQUIT)]
    apps = [(state, number, opens()) for state, number in tried]
    for state, _, app in apps:
        app.until(lambda app=app: b"\x1b[?1000h" in app.output)
        app.do(*STATES[state])
    for state, number, app in apps:
        start = time.monotonic()
        os.kill(app.pid, number)
        assert app.ended() == 128 + number, state
        assert time.monotonic() - start < SOON, state
        assert app.restored(), state
        assert termios.tcgetattr(app.master)[:4] == app.modes, state


def test_ctrl_c_twice_leaves_the_terminal_as_it_was(opens: Callable[..., Terminal]) -> None:
    app = opens()
    app.do("see:All 42")
    app.send("\x03")
    app.until_seen("Ctrl+C again quits")
    app.send("\x03")
    assert app.ended() == 130
    assert app.restored()


def test_a_signal_before_anything_is_drawn_leaves_nothing_switched_on(
    opens: Callable[..., Terminal],
) -> None:
    apps = [opens() for _ in range(4)]
    for number, app in enumerate(apps):
        app.listen(0.12 * number)
        os.kill(app.pid, signal.SIGTERM)
    for app in apps:
        assert app.ended() in (-signal.SIGTERM, 128 + signal.SIGTERM)
        assert b"\x1b[?1049h" not in app.output or app.restored()
