"""Where there is no terminal, or a poor one: plain text, or a clear word; never raw escapes."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tui.opening import opened, some_runs
from tui.terminal import SOURCES


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with a few runs."""
    return some_runs(tmp_path_factory.mktemp("runs"))


def run(folder: Path, *words: str, **env: str) -> subprocess.CompletedProcess[bytes]:
    """Run flopod with nothing around it."""
    basic = {"PATH": os.environ["PATH"], "PYTHONPATH": SOURCES, "HOME": str(folder)}
    basic |= {"FLOPOD_DATA_DIR": str(folder), "TERM": "xterm-256color"}
    return subprocess.run(
        [sys.executable, "-m", "flopod_tui", *words],
        env=basic | env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=30,
    )


@pytest.mark.parametrize(
    "env",
    [{}, {"TERM": "dumb"}, {"LC_ALL": "C"}, {"NO_COLOR": "1"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}],
    ids=str,
)
def test_into_a_pipe_goes_the_list_once(folder: Path, env: dict[str, str]) -> None:
    done = run(folder, **env)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"\x1b" not in done.stdout
    assert b"done-00" in done.stdout


def test_the_demo_says_that_it_needs_a_terminal(folder: Path) -> None:
    done = run(folder, "demo")
    assert done.returncode == 2
    assert b"terminal" in done.stderr
    assert b"\x1b" not in done.stdout + done.stderr


def test_a_dumb_terminal_is_not_drawn_on(folder: Path) -> None:
    with opened(folder, TERM="dumb") as app:
        assert app.ended() == 0
        assert b"done-00" in app.output
        assert b"\x1b" not in app.output


@pytest.mark.parametrize("closed", [0, 1, 2])
def test_one_stream_that_is_no_terminal_is_enough_to_print(folder: Path, closed: int) -> None:
    ours, theirs = pty.openpty()
    streams = [theirs, theirs, theirs]
    out, into = os.pipe()
    streams[closed] = os.open(os.devnull, os.O_RDONLY) if closed == 0 else into
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": SOURCES, "FLOPOD_DATA_DIR": str(folder)}
    done = subprocess.run(
        [sys.executable, "-m", "flopod_tui", "--no-worker"],
        env=env | {"TERM": "xterm-256color", "HOME": str(folder)},
        stdin=streams[0],
        stdout=streams[1],
        stderr=streams[2],
        timeout=30,
    )
    os.close(into)
    shown = os.read(out if closed == 1 else ours, 65536)
    assert done.returncode == 0
    assert b"done-00" in shown
    assert b"\x1b[?" not in shown
    assert closed != 1 or b"\x1b" not in shown
    for stream in (ours, theirs, out):
        os.close(stream)


@pytest.mark.parametrize("env", [{"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}])
def test_a_terminal_without_utf8_is_sent_ascii_only(folder: Path, env: dict[str, str]) -> None:
    with opened(folder, LANG="", **env) as app:
        app.until_seen("done-00", "All 42")
        app.do("j", "enter", "see:1 Path", "question_mark", "see:Help")
        app.send("\x03\x03")
        app.ended()
    assert app.output.isascii()


def test_a_linux_console_is_sent_ascii_only(folder: Path) -> None:
    with opened(folder, TERM="linux", COLORTERM="") as app:
        app.until_seen("done-00", "All 42")
        assert app.output.partition(b"\x1b[?1049h")[2].isascii()
        assert app.unreadable() == []
