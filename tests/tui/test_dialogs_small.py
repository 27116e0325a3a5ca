"""Nothing in a dialog is cut or out of reach in a small window."""

from __future__ import annotations

import pytest

from flopod_backends import MemoryBackend
from flopod_tui.frame.why_text import Missing, reasons
from flopod_tui.text.spans import span_width
from tui.looking import text_of, until_gone, until_seen
from tui.store import app_over
from tui.test_bulk import FAILED, OTHERS, asked

NORMAL, SMALL = (80, 24), (60, 16)
SIZES = pytest.mark.parametrize("size", [NORMAL, SMALL])
MISSING = Missing("n", "next highlighted run", "nothing is highlighted: / then Tab does that")


@SIZES
async def test_all_runs_of_a_bulk_action_are_reached_and_then_why_they_were_refused(
    store: MemoryBackend, size: tuple[int, int]
) -> None:
    app = await asked(store, [*FAILED, *OTHERS])
    async with app.run_test(size=size) as pilot:
        await until_seen(pilot, *FAILED, *OTHERS, "Up/Down the runs")
        await pilot.press("2", "enter", "enter")
        await until_seen(pilot, "2 retried, 2 refused", *OTHERS, "[ Close ]")
        await until_seen(pilot, f"│ {OTHERS[0]} is waiting: only a failed or")
        await pilot.press("down")
        await until_seen(pilot, f"│ {OTHERS[1]} is running: only a failed or")


@SIZES
async def test_why_an_action_is_missing_is_read_to_its_end(
    store: MemoryBackend, size: tuple[int, int]
) -> None:
    app = app_over(store)
    async with app.run_test(size=size) as pilot:
        await until_seen(pilot, "All 28")
        await pilot.press("i")
        await until_seen(pilot, "Not offered now", "Retry")
        await pilot.press("G")
        await until_seen(pilot, "110 columns and 30 lines")
        box = [line for line in text_of(app).split("\n")[:-1] if "│" in line]
        assert all(line.count("│") == 2 for line in box)


@pytest.mark.parametrize("width", range(36, 100, 7))
def test_reasons_fit_their_width_and_lose_no_word(width: int) -> None:
    rows = reasons([MISSING], width)
    assert all(span_width(row) <= width for row in rows)
    told = " ".join("".join(text for text, _ in row) for row in rows).split()
    assert set(MISSING.why.split()) <= set(told)


@SIZES
async def test_the_last_line_of_a_menu_is_reached(
    store: MemoryBackend, size: tuple[int, int]
) -> None:
    app = app_over(store)
    async with app.run_test(size=size) as pilot:
        await until_seen(pilot, "All 28")
        await pilot.press("c")
        await until_seen(pilot, "Columns")
        await pilot.press("end")
        await until_seen(pilot, "▌ d  [x] now", "╰")


@SIZES
async def test_help_that_finds_nothing_says_so(store: MemoryBackend, size: tuple[int, int]) -> None:
    app = app_over(store)
    async with app.run_test(size=size) as pilot:
        await until_seen(pilot, "All 28")
        await pilot.press("question_mark")
        await until_seen(pilot, "type to search")
        await pilot.press(*"xqx")
        await until_seen(pilot, "no key here has that in its line · Esc clears")
        await pilot.press("escape")
        await until_gone(pilot, "no key here")
