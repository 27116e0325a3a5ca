"""The app in a real terminal: how it starts, how it ends, and what it sends."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from flopod.control import Control
from flopod_backends import SqliteBackend
from tui.opening import opened, some_runs
from tui.terminal import ROOT, Terminal


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data directory with a few runs."""
    return some_runs(tmp_path)


@pytest.fixture
def app(folder: Path) -> Iterator[Terminal]:
    """The app on these runs, ready."""
    with opened(folder) as terminal:
        terminal.until_seen("done-00")
        yield terminal


def test_q_leaves_the_terminal_as_it_was(app: Terminal) -> None:
    app.send("q")
    assert app.ended() == 0
    assert app.restored()


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
