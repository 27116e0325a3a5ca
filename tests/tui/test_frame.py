"""What surrounds every screen: hint bar, pace, keymap, workers, leaving, small windows."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

import pytest

from flopod.backend import WorkerInfo
from flopod.summary import Status
from flopod_backends import MemoryBackend
from flopod_tui.frame.messages import Said
from flopod_tui.runs.workforce import Workforce
from flopod_tui.screens.notes import NotesScreen
from flopod_tui.settings.model import Settings
from flopod_tui.terminal.pace import AWAY, RECOVER, Pace
from flopod_tui.text.spans import span_width
from flopod_tui.widgets.hint_bar import Hint, hint_spans
from tui.looking import text_of, until, until_gone, until_seen
from tui.store import NOW, app_over, worker

WIDE, NORMAL = (120, 36), (80, 24)
ALL = "research-2026-0142"
HINTS = [
    Hint("Enter", "Open"),
    Hint("D", "Deliver", changes=True),
    Hint("R", "Retry", changes=True),
    Hint("/", "Filter"),
    Hint("y", "Copy"),
]
END = [Hint("?", "Help"), Hint(":", "Cmd"), Hint("q", "Quit")]


def bar(width: int, hints: Sequence[Hint] = HINTS) -> str:
    """Return the hint bar as text."""
    return "".join(text for text, _ in hint_spans(hints, width, END))


# The hint bar


def test_what_changes_a_run_stands_right_of_the_bar() -> None:
    look, _, change = bar(100).partition("│")
    assert look.split() == ["Enter", "Open", "/", "Filter", "y", "Copy"]
    assert change.split() == [*["D", "Deliver", "R", "Retry", "?", "Help", ":", "Cmd", "q", "Quit"]]


@pytest.mark.parametrize("width", range(14, 100))
def test_the_hint_bar_shows_whole_items_and_counts_what_it_hides(width: int) -> None:
    shown = bar(width)
    assert len(shown) <= width
    words = {hint.word for hint in HINTS if f"{hint.key} {hint.word}" in shown}
    hidden = len(HINTS) - len(words)
    assert (f"Help +{hidden}" in shown) == bool(hidden)
    for part in shown.replace("│", " ").split():
        whole = {text for hint in (*HINTS, *END) for text in (hint.key, hint.word)}
        assert part in whole or part == f"+{hidden}"


def test_the_most_important_hints_are_the_last_to_go() -> None:
    assert "Enter Open" in bar(30)
    assert "Copy" not in bar(50)
    assert "Deliver" in bar(50)


def test_a_wide_letter_takes_two_cells_of_the_hint_bar() -> None:
    spans = hint_spans([Hint("x", "運行")], 30, END)
    assert span_width(spans) == 30


async def test_read_only_hides_what_changes_a_run_and_i_says_why(store: MemoryBackend) -> None:
    app = app_over(store, read_only=True)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, ALL, "? Help", "nothing changes a run")
        assert "Deliver" not in text_of(app).splitlines()[-1]
        await pilot.press("i")
        await until_seen(pilot, "Not offered now", "D ", "Deliver", "opened read-only")
        await pilot.press("i")
        await until(pilot, lambda: not isinstance(app.screen, NotesScreen))
        await pilot.press("S")
        await until_seen(pilot, "✗ opened read-only")


@pytest.mark.parametrize("size", [(70, 24), (120, 18), (60, 16)])
async def test_a_small_window_names_only_help_and_commands(
    store: MemoryBackend, size: tuple[int, int]
) -> None:
    app = app_over(store)
    async with app.run_test(size=size) as pilot:
        await until_seen(pilot, ALL)
        await until(pilot, lambda: text_of(app).splitlines()[-1].split()[:2] == ["?", "Help"])
        assert app.screen.has_class("-bare")
        await pilot.resize_terminal(*NORMAL)
        await until_seen(pilot, "Enter Open")


# Keys


async def test_keys_are_those_of_the_settings(store: MemoryBackend) -> None:
    app = app_over(store, settings=Settings(keymap={"log": "ctrl+o", "filter": "f3"}))
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, ALL, "F3 Filter")
        await pilot.press("L")
        await pilot.press("ctrl+o")
        await until_seen(pilot, "▸ messages", "1 message")


async def test_an_action_that_the_settings_made_up_is_told_at_the_start(
    store: MemoryBackend,
) -> None:
    app = app_over(store, settings=Settings(keymap={"teleport": "ctrl+t"}))
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, ALL, "✗ keymap: there is no action 'teleport'")


async def test_what_went_wrong_before_the_start_is_the_first_thing_said(
    store: MemoryBackend,
) -> None:
    app = app_over(store)
    app.session.log.add(Said(NOW, "tui.toml, line 3: unknown setting", "error"))
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, ALL, "✗ tui.toml, line 3")
        assert app.session.log.count == 1


async def test_ctrl_c_quits_when_it_is_pressed_twice(store: MemoryBackend) -> None:
    app = app_over(store)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, ALL)
        await pilot.press("ctrl+c")
        await until_seen(pilot, "Ctrl+C again quits")
        await pilot.press("question_mark", "ctrl+c")
        await until(pilot, lambda: app.return_code == 130)


async def test_escape_and_q_go_back_one_thing_at_a_time(store: MemoryBackend) -> None:
    app = app_over(store, run_id=ALL)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "35 · live")
        await pilot.press("L")
        await until_seen(pilot, "▸ messages")
        await pilot.press("colon")
        await until_seen(pilot, "Commands")
        await pilot.press("escape")
        await until_gone(pilot, "Commands")
        await until_seen(pilot, "▸ messages")
        await pilot.press("q")
        await until_seen(pilot, "35 · live")
        await pilot.press("q")
        await until_seen(pilot, "All 28")
        await pilot.press("q")
        await until(pilot, lambda: app.return_code == 0)


# The pace


def test_a_loop_that_was_held_up_twice_paints_half_as_often() -> None:
    told: list[bool] = []
    pace = Pace()
    pace.changed = lambda: told.append(pace.slow)
    assert pace.every(Settings()) == 0.1
    pace.beat(0.3)
    assert not pace.slow
    pace.beat(0.3)
    assert pace.every(Settings()) == 0.2
    for _ in range(20):
        pace.beat(0.3)
    assert pace.every(Settings()) == 1.6
    assert told == [True]


def test_the_pace_recovers_slowly() -> None:
    pace = Pace(factor=4.0)
    for _ in range(RECOVER):
        pace.beat(0.01)
    assert pace.factor == 2.0
    for _ in range(RECOVER):
        pace.beat(0.01)
    assert not pace.slow


def test_one_late_beat_is_no_slow_link() -> None:
    pace = Pace()
    for late in (0.9, 0.01, 0.9, 0.01):
        pace.beat(late)
    assert not pace.slow


def test_a_link_that_took_nothing_for_long_is_slow_at_once() -> None:
    pace = Pace()
    pace.beat(7.7)
    assert pace.factor == 2.0


def test_a_suspension_is_no_slow_link() -> None:
    pace = Pace()
    pace.suspended()
    pace.beat(60.0)
    assert not pace.slow
    pace.beat(60.0)
    assert pace.slow


def test_over_a_thin_line_and_with_nobody_there_paints_are_rare() -> None:
    pace = Pace()
    assert pace.every(Settings(low_bandwidth=True)) == 0.5
    assert pace.every(Settings(refresh=0.7)) == 0.7
    pace._typed -= AWAY + 1
    assert pace.every(Settings()) == 1.0
    pace.typed()
    assert pace.every(Settings()) == 0.1


async def test_the_heart_beats_only_while_something_is_painted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("flopod_tui.terminal.pace.BEAT", 0.01)
    monkeypatch.setattr("flopod_tui.terminal.pace.PAINTED", 0.03)
    pace = Pace(measuring=True)
    pace.every(Settings())
    assert pace._beating
    await asyncio.sleep(0.2)
    assert not pace._beating


async def test_a_slow_link_is_named_in_the_header(store: MemoryBackend) -> None:
    app = app_over(store)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, ALL)
        app.session.pace.changed = app.pace_changed
        for late in (0.3, 0.3):
            app.session.pace.beat(late)
        await until_seen(pilot, "slow link")


# Workers


def test_that_the_last_worker_is_gone_is_said_once() -> None:
    staff = Workforce(can_start=True)
    counts = {Status.RUNNING: 2, Status.OK: 5, Status.NEEDS_ATTENTION: 1}
    assert staff.seen([worker()], counts) == ""
    assert staff.seen([], counts) == "the last worker is gone: 2 runs not finished; W starts one"
    assert staff.seen([], counts) == ""


def test_a_store_that_never_had_a_worker_or_has_nothing_to_do_says_nothing() -> None:
    staff = Workforce()
    assert staff.seen([], {Status.QUEUED: 1}) == ""
    assert staff.seen([worker()], {Status.OK: 1}) == ""
    assert staff.seen([], {Status.OK: 1}) == ""


def test_on_leaving_a_worker_of_ours_is_named_if_runs_are_not_finished() -> None:
    staff = Workforce(started="started worker 7")
    assert staff.left_behind() == ""
    staff.seen([worker()], {Status.RUNNING: 1})
    assert (
        staff.left_behind() == "flopod: 1 run not finished; the worker goes on (started worker 7)"
    )


async def test_the_app_says_that_the_last_worker_is_gone_on_whatever_screen(
    store: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flopod_tui.screens.run_listing.LOOK_EVERY", 0.2)
    app = app_over(store, run_id=ALL)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "35 · live")
        await until(pilot, lambda: app.session.workforce.alive == 1)

        async def nobody() -> list[WorkerInfo]:
            return []

        monkeypatch.setattr(app.session.control, "workers", nobody)
        await until_seen(pilot, "✗ the last worker is gone: 6 runs not finished")


async def test_w_starts_a_worker_once_there_is_none(backend: MemoryBackend) -> None:
    started: list[datetime] = []

    async def start() -> str:
        started.append(NOW)
        await backend.renew(worker())
        return "started worker 4121"

    app = app_over(backend, start_worker=start)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "started worker 4121")
        await pilot.press("W")
        await until_seen(pilot, "a worker is alive already")
        assert len(started) == 1
        assert [said.shell for said in app.session.log.said if said.shell] == ["flopod worker"]


async def test_without_a_way_to_start_a_worker_w_says_so(backend: MemoryBackend) -> None:
    app = app_over(backend)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "No runs")
        await pilot.press("W")
        await until_seen(pilot, "no worker is started from here")
