"""What fits which window: the columns of the lists, and the line where nothing fits."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flopod import events as ev
from flopod.inner import Progress
from flopod_backends import MemoryBackend
from flopod_tui.runs.text import done_in_short
from flopod_tui.text.format import cut_middle
from flopod_tui.text.spans import changed_cells
from flopod_tui.widgets.fields import TextField
from tui.looking import text_of, until, until_gone, until_seen
from tui.store import Story, app_over, waiting

ALL = "research-2026-0142"
LONG = "watch-disk-20261123-072637-aaud"


@pytest.mark.parametrize("size", [(59, 16), (80, 11), (20, 5)])
async def test_a_window_that_is_too_small_says_so_and_what_works_instead(
    store: MemoryBackend, size: tuple[int, int]
) -> None:
    app = app_over(store)
    async with app.run_test(size=size) as pilot:
        await until_seen(pilot, f"{size[0]} x {size[1]} is")
        assert "RUN " not in text_of(app).split("flopod")[0]
        await pilot.resize_terminal(80, 24)
        await until_gone(pilot, "too small")
        await until_seen(pilot, ALL)
        await pilot.press("j")
        await until(pilot, lambda: "\n▌" in text_of(app))


async def test_a_form_asks_for_a_larger_window_and_keeps_what_was_typed(
    store: MemoryBackend,
) -> None:
    app = app_over(store, run_id=ALL)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_seen(pilot, "35 · live")
        await pilot.press("D")
        await until_seen(pilot, "is waited for")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.focused, TextField))
        await pilot.press("a", "n", "n")
        await until_seen(pilot, " ann ")
        await pilot.resize_terminal(60, 14)
        await until_seen(pilot, "needs 60 x 16")
        await pilot.resize_terminal(80, 24)
        await until_seen(pilot, " ann ")


async def test_a_question_whose_buttons_would_not_fit_is_not_half_shown(
    store: MemoryBackend,
) -> None:
    app = app_over(store, run_id=ALL)
    async with app.run_test(size=(80, 13)) as pilot:
        await until_seen(pilot, "35 · live")
        await pilot.press("X")
        await until_seen(pilot, "is too small for this view")


@pytest.mark.parametrize("width", [120, 200])
async def test_an_id_that_was_made_up_is_shown_whole(backend: MemoryBackend, width: int) -> None:
    submitted = ev.RunSubmitted(workflow="watch-disk")
    started = ev.EachStarted(total=2451)
    story = Story(LONG, timedelta(minutes=1)).tell(submitted).tell(ev.RunStarted())
    await story.tell(started, "files").record(backend)
    app = app_over(backend)
    async with app.run_test(size=(width, 36)) as pilot:
        await until_seen(pilot, f" {LONG} ", " 0/2451 ")


async def test_on_a_narrow_screen_two_ids_still_differ(backend: MemoryBackend) -> None:
    submitted = ev.RunSubmitted(workflow="watch-disk")
    await Story(LONG, timedelta(minutes=1)).tell(submitted).record(backend)
    app = app_over(backend)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_seen(pilot, "072637-aaud ")


async def test_the_open_waits_are_told_whole_at_80_columns(backend: MemoryBackend) -> None:
    await waiting("inventory-20261123-080812-1tgr", timedelta(minutes=2)).record(backend)
    app = app_over(backend)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_seen(pilot, "080812-1tgr")
        await pilot.press("D")
        await until_seen(pilot, "is waited for", "left")


@pytest.mark.parametrize(
    ("done", "total", "text"),
    [
        (7, 9, "7/9"),
        (2451, 2451, "2451/2451"),
        (2451, 12_000, "2.4k/12k"),
        (120_400, 1_250_000, "120k/1.2M"),
        (1_234_567_890, None, "1.2G"),
        (0, 1_000_000_000, "0/1.0G"),
    ],
)
def test_a_progress_takes_nine_characters(done: int, total: int | None, text: str) -> None:
    assert done_in_short(Progress(done, total)) == text
    assert len(text) <= 9


def test_an_id_is_cut_in_the_middle() -> None:
    assert cut_middle(LONG, 26) == "watch-disk-20…-072637-aaud"
    assert cut_middle("short", 26) == "short"


def test_only_cells_that_changed_are_told() -> None:
    old = [("run ", ""), ("12s", "quiet")]
    assert changed_cells(old, [("run ", ""), ("13s", "quiet")]) == (5, 6)
    assert changed_cells(old, [("run ", ""), ("12s", "ok")]) == (4, 7)
    assert changed_cells(old, old) == (7, 7)
    assert changed_cells(old, [("run ", ""), ("1m", "quiet")]) == (5, 7)
    assert changed_cells([("宽1", "")], [("宽2", "")]) == (0, 3)


async def test_a_screen_that_does_not_fit_names_its_own_commands(store: MemoryBackend) -> None:
    app = app_over(store, run_id=ALL)
    async with app.run_test(size=(80, 11)) as pilot:
        await until_seen(pilot, "needs 60 x 12", f"flopod show {ALL}", f"flopod tail {ALL}")
        await pilot.resize_terminal(80, 24)
        await until_seen(pilot, "35 · live")
        await pilot.press("D")
        await until_seen(pilot, "is waited for")
        await pilot.resize_terminal(59, 24)
        await until_seen(pilot, "flopod waits", "flopod deliver RUN PATH EVENT JSON")
