"""The app in a real terminal: how it starts, how it ends, and what it sends."""

from __future__ import annotations

import asyncio
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import aclosing
from datetime import timedelta
from pathlib import Path

import pytest

from flopod.control import Control
from flopod.events import RunSubmitted
from flopod.stored import utc_now
from flopod_backends import SqliteBackend
from tui.store import NOW, Story, failing, finished, waiting
from tui.terminal import ROOT, Terminal

WIDE = (120, 36)
SOME, MANY = 40, 100_000


async def fill(path: Path, stories: list[Story]) -> None:
    """Write runs to a store."""
    backend = SqliteBackend(path, "normal")
    shift = utc_now() - NOW
    for story in stories:
        for index, event in enumerate(story.events):
            story.events[index] = type(event)(event.fact, event.path, event.at + shift, event.seq)
    for start in range(0, len(stories), 1000):
        part = stories[start : start + 1000]
        await asyncio.gather(*(story.record(backend) for story in part))
    await backend.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data directory with a few runs."""
    minute = timedelta(minutes=1)
    runs = [finished(f"done-{n:02}", (n + 2) * 60 * minute) for n in range(SOME)]
    runs += [waiting("asks", 121 * minute), failing("broken", 181 * minute)]
    asyncio.run(fill(tmp_path / "flopod.db", runs))
    return tmp_path


@pytest.fixture
def app(folder: Path) -> Iterator[Terminal]:
    """The app on these runs, ready."""
    with opened(folder) as terminal:
        terminal.until_seen("done-00")
        yield terminal


class opened:
    """The app on a data directory, ended for certain."""

    def __init__(self, folder: Path, *arguments: str, **env: str) -> None:
        env = {"FLOPOD_DATA_DIR": str(folder), "COLORTERM": "truecolor", **env}
        given = arguments or ("--no-worker",)
        self.terminal = Terminal(*given, env={k: v for k, v in env.items() if v}, size=WIDE)

    def __enter__(self) -> Terminal:
        return self.terminal

    def __exit__(self, *error: object) -> None:
        try:
            os.kill(self.terminal.pid, signal.SIGKILL)
            os.waitpid(self.terminal.pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass
        os.close(self.terminal.master)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_leaves_the_terminal_as_it_was(app: Terminal, number: signal.Signals) -> None:
    os.kill(app.pid, number)
    assert app.ended() == 128 + number
    assert app.restored()


def test_q_leaves_the_terminal_as_it_was(app: Terminal) -> None:
    app.send("q")
    assert app.ended() == 0
    assert app.restored()


def test_a_terminal_that_is_gone_ends_the_app(folder: Path) -> None:
    with opened(folder) as app:
        app.until_seen("done-00")
        copy = os.dup(app.master)
        os.close(app.master)
        os.close(copy)
        end = time.monotonic() + 10
        while os.waitpid(app.pid, os.WNOHANG) == (0, 0):
            assert time.monotonic() < end, "the app goes on without a terminal"
            time.sleep(0.02)
        app.master = os.open(os.devnull, os.O_RDONLY)


def test_a_crash_leaves_one_line_and_a_private_report(folder: Path) -> None:
    broken = folder / "sitecustomize.py"
    broken.write_text(
        "import flopod_tui.widgets.run_list as room\n"
        "def row(self, index, width):\n"
        "    secret = 'hunter2'\n"
        "    raise RuntimeError('a row that cannot be drawn')\n"
        "room.RunList.row = row\n"
    )
    paths = os.pathsep.join([str(folder), *(str(ROOT / n) for n in ("runtime", "backends", "tui"))])
    with opened(folder, PYTHONPATH=paths) as app:
        assert app.ended() == 1
        assert app.restored()
        shown = app.output.decode().rpartition("\x1b[?1049l")[2]
    (report,) = (folder / "reports").iterdir()
    assert "RuntimeError" in shown
    assert "the runs go on" in shown
    assert "hunter2" not in shown + report.read_text()
    assert "a row that cannot be drawn" in report.read_text()
    assert report.stat().st_mode & 0o077 == 0


def test_without_colours_every_cell_can_be_read(folder: Path) -> None:
    with opened(folder, NO_COLOR="1") as app:
        app.until_seen("done-00")
        app.send("jjj")
        app.until_seen("▌✗ broken")
        cells = [cell for row in app.screen.buffer.values() for cell in row.values()]
        assert {cell.fg for cell in cells} == {"default"}
        assert {cell.bg for cell in cells} == {"default"}
        assert any(cell.reverse for cell in cells)


@pytest.mark.parametrize("term", ["xterm", "xterm-256color"])
def test_no_text_has_the_colour_of_its_ground(folder: Path, term: str) -> None:
    with opened(folder, TERM=term, COLORTERM="") as app:
        app.until_seen("done-00")
        cells = [cell for row in app.screen.buffer.values() for cell in row.values()]
        drawn = [cell for cell in cells if cell.data.strip() and cell.fg != "default"]
        assert drawn
        assert not [cell for cell in drawn if cell.fg == cell.bg]


def test_an_app_where_nothing_happens_sends_nothing(tmp_path: Path) -> None:
    hour = timedelta(hours=1)
    asyncio.run(
        fill(tmp_path / "flopod.db", [finished(f"done-{n}", n * hour) for n in range(2, 9)])
    )
    with opened(tmp_path) as app:
        app.until_seen("done-8")
        app.until_seen("All 7")
        app.quiet()
        before, end = len(app.output), time.monotonic() + 3
        while time.monotonic() < end:
            app.read(0.1)
        assert len(app.output) == before


def test_a_cursor_key_sends_little(app: Terminal) -> None:
    app.until_seen("All 42")
    app.quiet()
    before = len(app.output)
    for _ in range(4):
        app.send("j")
        app.read(0.05)
    app.until_seen("▌✓ done-02")
    assert (len(app.output) - before) / 4 < 1500


def test_a_run_that_changes_sends_little(app: Terminal, folder: Path) -> None:
    app.until_seen("All 42")
    app.quiet()
    before = len(app.output)
    asyncio.run(cancel(folder / "flopod.db", "asks"))
    app.until_seen("⊘ asks")
    # Its row and the header, 0.9 KB; the header once more where a second ends meanwhile.
    assert len(app.output) - before < 1500


async def cancel(path: Path, run_id: str) -> None:
    """Cancel a run as another process would."""
    backend = SqliteBackend(path, "normal")
    await Control(backend, workflows=()).cancel(run_id)
    await backend.close()


def test_a_terminal_is_asked_for_no_motion_without_a_button(app: Terminal) -> None:
    assert b"\x1b[?1000h" in app.output
    assert b"\x1b[?1003h" not in app.output


@pytest.mark.parametrize("more", [[], ["--no-worker"]])
def test_a_workflow_file_that_does_not_load_is_told_before_anything_is_drawn(
    folder: Path, more: list[str]
) -> None:
    flows = folder / "flows.py"
    flows.write_text("import nosuchthing\n")
    with opened(folder, "-w", str(flows), *more) as app:
        assert app.ended() == 2
        shown = app.output.decode().strip()
    assert "\x1b" not in shown
    assert "No module named 'nosuchthing'" in shown
    assert "line 1" in shown
    assert "\n" not in shown


def test_with_its_screen_redirected_it_prints_the_list_once(folder: Path) -> None:
    paths = os.pathsep.join(str(ROOT / name) for name in ("runtime", "backends", "tui"))
    env = {"PYTHONPATH": paths, "TERM": "xterm-256color", "FLOPOD_DATA_DIR": str(folder)}
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "flopod_tui", "--no-worker"],
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.PIPE,
        env=os.environ | env,
        timeout=20,
    )
    assert done.returncode == 0
    assert done.stderr == b""
    assert b"asks" in os.read(ours, 65536)
    os.close(ours)
    os.close(theirs)


def test_a_run_goes_on_after_the_app_is_killed(tmp_path: Path) -> None:
    flows = tmp_path / "flows.py"
    flows.write_text(
        "from flopod import workflow\n"
        "@workflow\n"
        "async def slow(wf):\n"
        '    """Sleeps, and is done."""\n'
        "    await wf.sleep('nap', '2s')\n"
        "    return 'rested'\n"
    )
    with opened(tmp_path, "-w", str(flows)) as app:
        app.until_seen("started worker")
        app.send("S")
        app.until_seen("Sleeps, and is done.")
        app.send("slow\x13")
        app.until_seen("○ sleeping")
        os.kill(app.pid, signal.SIGKILL)
        app.ended()
    backend = SqliteBackend(tmp_path / "flopod.db", "normal")
    worker = asyncio.run(finish(backend))
    os.kill(worker, signal.SIGTERM)


async def finish(backend: SqliteBackend) -> int:
    """Wait until the only run is done; return the pid of the worker."""
    control = Control(backend, workflows=())
    (worker,) = await control.workers()
    async with asyncio.timeout(10), aclosing(control.watch_runs()) as changes:
        async for _ in changes:
            if [run.status for run in await control.list_runs()] == ["ok"]:
                break
    await backend.close()
    return worker.pid


def test_a_hundred_thousand_runs_are_on_the_screen_within_a_second(tmp_path: Path) -> None:
    second = timedelta(seconds=1)
    fact = RunSubmitted(workflow="order")
    runs = [Story(f"run-{n:06}", n * second).tell(fact) for n in range(MANY)]
    asyncio.run(fill(tmp_path / "flopod.db", runs))
    python = time.monotonic()
    subprocess.run([sys.executable, "-c", ""], check=True)
    bare = time.monotonic() - python
    start = time.monotonic()
    with opened(tmp_path) as app:
        app.until_seen("run-000000")
        # Half a second on the machine where this was written; the rest is for slower ones.
        assert time.monotonic() - start - bare < 1.5
