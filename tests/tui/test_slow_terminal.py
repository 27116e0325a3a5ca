"""A terminal that is slow, stands still or is gone: nobody waits for it, and it is right again."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from flopod_tui.terminal import writer
from flopod_tui.terminal.writer import Writer
from tui.opening import opened, some_runs
from tui.terminal import SOURCES, Terminal


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Terminal]:
    """The app on a few runs, ready."""
    with opened(some_runs(tmp_path)) as terminal:
        terminal.do("see:All 42", "see:done-00")
        terminal.quiet()
        yield terminal


def turn_pages(app: Terminal, times: int) -> None:
    """Have much drawn that nobody reads."""
    os.set_blocking(app.master, False)
    for number in range(times):
        try:
            os.write(app.master, b"?" if number % 2 == 0 else b"\x1b[6~\x1b[5~")
            os.write(app.master, b"\x0c")
        except BlockingIOError:
            break
        time.sleep(0.03)
    os.set_blocking(app.master, True)


def test_a_terminal_that_reads_again_is_right_again(app: Terminal) -> None:
    turn_pages(app, 80)
    app.quiet()
    app.do("escape", "escape", "g", "see:done-00")
    app.quiet()
    shown = app.text
    app.do("ctrl+l")
    app.quiet()
    assert app.text == shown


def test_a_signal_ends_the_app_while_nobody_reads(app: Terminal) -> None:
    turn_pages(app, 80)
    os.kill(app.pid, signal.SIGTERM)
    end = time.monotonic() + 5
    while (ended := os.waitpid(app.pid, os.WNOHANG)) == (0, 0):
        assert time.monotonic() < end, "the app waits for a terminal that does not read"
        time.sleep(0.02)
    assert os.waitstatus_to_exitcode(ended[1]) == 128 + signal.SIGTERM


def test_a_terminal_that_is_gone_without_a_signal_ends_the_app(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": SOURCES, "TERM": "xterm-256color"}
    env |= {"HOME": str(tmp_path), "FLOPOD_DATA_DIR": str(some_runs(tmp_path))}
    # In a session of its own it has no controlling terminal, and is told nothing.
    app = subprocess.Popen(
        [sys.executable, "-m", "flopod_tui", "--no-worker"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=env,
        start_new_session=True,
    )
    os.close(theirs)
    seen = b""
    while b"done-00" not in seen and app.poll() is None:
        seen += os.read(ours, 65536)
    os.close(ours)
    try:
        assert app.wait(5) == 129
    finally:
        app.kill()
        app.wait()


def test_ctrl_l_draws_everything_again(app: Terminal) -> None:
    shown = app.text
    app.screen.reset()
    app.do("ctrl+l")
    app.quiet()
    assert app.text == shown


def test_after_a_change_of_size_everything_is_drawn_again(app: Terminal) -> None:
    for size in ((80, 24), (120, 36), (100, 30)):
        app.screen.reset()
        app.resize(*size)
        app.do("see:done-00", "see:All 42")
    app.quiet()
    shown = app.text
    app.do("ctrl+l")
    app.quiet()
    assert app.text == shown


class Pipe:
    """A writer on a pipe, and where it tells that all is written."""

    def __init__(self) -> None:
        self.reads, writes = os.pipe()
        self.file = os.fdopen(writes, "w")
        self.drained: list[int] = []
        self.writer = Writer(self.file, lambda: self.drained.append(1))
        self.writer.start()

    def close(self) -> None:
        """Stop reading, and let the writer end."""
        os.close(self.reads)
        self.writer.join(5)
        with suppress(OSError):
            self.file.close()


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    """Return a pipe that is written to."""
    made = Pipe()
    yield made
    made.close()


def test_who_writes_never_waits(pipe: Pipe) -> None:
    start = time.monotonic()
    for _ in range(500):
        pipe.writer.write("x" * 1000)
    assert time.monotonic() - start < 5, "who waited would wait for ever: nobody reads"
    assert pipe.writer.under_way > 400_000


def test_a_reader_that_is_gone_ends_the_writing(pipe: Pipe) -> None:
    os.close(pipe.reads)
    pipe.reads = os.open(os.devnull, os.O_RDONLY)
    pipe.writer.write("x")
    pipe.writer.join(5)
    assert (pipe.writer.failed, pipe.writer.under_way) == (True, 0)


def test_what_is_written_comes_whole_and_its_end_is_told(pipe: Pipe) -> None:
    for number in range(100):
        pipe.writer.write(f"{number},")
    pipe.writer.stop()
    assert os.read(pipe.reads, 65536).decode() == "".join(f"{n}," for n in range(100))
    assert pipe.drained and pipe.writer.under_way == 0 and not pipe.writer.failed


def test_at_the_end_a_terminal_that_does_not_read_is_not_waited_for_long(
    pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "PATIENCE", 0.05)
    pipe.writer.write("x" * 1_000_000)
    pipe.writer.stop()
    assert pipe.writer.failed
