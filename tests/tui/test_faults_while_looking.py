"""A store that breaks while people look at it: the app lives, says what is wrong, and recovers."""

# The files of these tests are small, and nothing else waits for the loop.
# ruff: noqa: ASYNC240

from __future__ import annotations

import os
import shutil
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeAlias

import pytest
from textual.pilot import Pilot

from flopod import events as ev
from flopod.events import Event
from flopod.stored import encoded
from flopod_backends import FileBackend, SqliteBackend
from tui.looking import text_of, until, until_gone, until_seen
from tui.pictures import WAITING
from tui.store import app_over, queued, stories

Fault: TypeAlias = Callable[[Path], Awaitable[None]]
WIDE = (120, 36)
TOLD = ("✗", "■", "damaged", "no longer")
"""What stands on a screen that has trouble to tell."""


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have what could not be read tried again soon."""
    for room in ("runs.feed", "run.tail"):
        monkeypatch.setattr(f"flopod_tui.{room}.AGAIN", 0.1)


def log_of(store: Path) -> Path:
    return store / "events" / f"{WAITING}.jsonl"


async def torn(store: Path) -> None:
    """The last line is cut in its middle, as by a crash."""
    data = log_of(store).read_bytes()
    log_of(store).write_bytes(data[:-20])


async def garbage_in_the_log(store: Path) -> None:
    data = bytearray(log_of(store).read_bytes())
    data[len(data) // 2 : len(data) // 2 + 40] = os.urandom(40)
    log_of(store).write_bytes(data)


async def no_text_at_all(store: Path) -> None:
    log_of(store).write_bytes(os.urandom(5000))


async def a_log_cut_to_nothing(store: Path) -> None:
    log_of(store).write_bytes(b"")


async def a_log_that_is_gone(store: Path) -> None:
    log_of(store).unlink()


async def a_log_that_is_a_folder(store: Path) -> None:
    log_of(store).unlink()
    log_of(store).mkdir()


async def garbage_in_a_summary(store: Path) -> None:
    (store / "events" / f"{WAITING}.summary.json").write_bytes(b'{"run_id": "\x1b[2J')


async def a_store_that_is_gone(store: Path) -> None:
    shutil.rmtree(store)


async def a_store_that_is_a_file(store: Path) -> None:
    shutil.rmtree(store)
    store.write_text("not a folder")


FAULTS = [
    torn,
    garbage_in_the_log,
    no_text_at_all,
    a_log_cut_to_nothing,
    a_log_that_is_gone,
    a_log_that_is_a_folder,
    garbage_in_a_summary,
    a_store_that_is_gone,
    a_store_that_is_a_file,
]
SILENT = (torn, garbage_in_a_summary)
"""What the store mends by itself, and need not be told."""


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    """A store in files with a few runs."""
    backend = FileBackend(tmp_path / "runs")
    for story in stories()[:6]:
        await story.record(backend)
    await backend.close()
    return tmp_path / "runs"


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
async def test_a_store_in_files_that_breaks(fault: Fault, folder: Path) -> None:
    whole = shutil.copytree(folder, folder.with_name("whole"))
    app = app_over(FileBackend(folder), run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "35 ·", "approval")
        await fault(folder)
        await pilot.press("r")
        if fault not in SILENT:
            await until(pilot, lambda: told(text_of(app)))
        await answers(pilot)
        restored(whole, folder)
        await back_on_the_list(pilot)
        await until_seen(pilot, WAITING, "live")
        await until_gone(pilot, "✗ cannot read")
        await pilot.press("r")
        await answers(pilot)


async def test_r_keeps_what_is_shown_where_the_store_cannot_be_read(folder: Path) -> None:
    app = app_over(FileBackend(folder), run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "35 ·", "approval")
        whole = shutil.copytree(folder, folder.with_name("whole"))
        await a_store_that_is_a_file(folder)
        await pilot.press("r")
        await until_seen(pilot, "✗ LOST", "Not a directory", "approval")
        restored(whole, folder)
        await pilot.press("r")
        await until_seen(pilot, "read again", "approval")
        await until_gone(pilot, "✗ LOST")


def told(shown: str) -> bool:
    """Say whether the header or the status line tells of trouble."""
    lines = shown.split("\n")
    return any(word in line for word in TOLD for line in (*lines[:2], *lines[-3:]))


async def answers(pilot: Pilot[None]) -> None:
    """Press a key that works everywhere, and see its answer."""
    await pilot.press("question_mark")
    await until_seen(pilot, "Esc closes")
    await pilot.press("escape")
    await until_gone(pilot, "Esc closes")


async def back_on_the_list(pilot: Pilot[None]) -> None:
    """Leave the run."""
    while "RUN " not in text_of(pilot.app):
        await pilot.press("escape")
        await pilot.pause(0.05)


def restored(whole: Path, folder: Path) -> None:
    """Put back what was there."""
    if folder.is_dir():
        shutil.rmtree(folder)
    folder.unlink(missing_ok=True)
    shutil.copytree(whole, folder)


@pytest.mark.parametrize("data", [None, b"", b"no database at all" * 400], ids=["gone", "0", "x"])
async def test_a_database_that_breaks(data: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "flopod.db"
    backend = SqliteBackend(path, "normal")
    for story in stories()[:6]:
        await story.record(backend)
    app = app_over(backend, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "35 ·", "approval")
        for name in tmp_path.iterdir():
            name.unlink()
        if data is not None:
            path.write_bytes(data)
        await pilot.press("r")
        await answers(pilot)
        await pilot.press("escape", "r")
        await answers(pilot)
        await until_seen(pilot, WAITING)
    await backend.close()


async def test_a_store_that_grows_while_it_is_read(tmp_path: Path) -> None:
    backend = SqliteBackend(tmp_path / "flopod.db", "normal")
    await stories()[4].record(backend)
    app = app_over(backend, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "35 ·", "approval")
        for number in range(15):
            steps = [f"grown-{number}-{n}" for n in range(50)]
            done = ev.ActivityCompleted(output=encoded(None))
            await backend.append(WAITING, [Event(done, path) for path in steps])
            await queued(f"new-{number:02}", timedelta(seconds=40 - number)).record(backend)
        await until_seen(pilot, "grown-14-49", "785 ·")
        await answers(pilot)
        await pilot.press("escape")
        await until_seen(pilot, "new-14", "All 16")
    await backend.close()
