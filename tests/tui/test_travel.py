"""Going through time inside a run: everything on the screen is as of the record that is shown."""

from __future__ import annotations

from datetime import timedelta

import pytest
from textual.pilot import Pilot

from flopod import events as ev
from flopod.events import Event
from flopod.stored import encoded
from flopod_backends import MemoryBackend
from flopod_tui.screens.run import RunScreen
from flopod_tui.widgets.event_list import EventList
from flopod_tui.widgets.scrubber import Scrubber
from tui.looking import text_of, until, until_gone, until_seen
from tui.store import NOW, app_over, failing, importing

WIDE, NORMAL = (120, 36), (80, 24)
WAITING, FAILED = "research-2026-0142", "research-2026-0141"


async def go(pilot: Pilot[None], where: str) -> None:
    await pilot.press("t")
    await until_seen(pilot, "Go to")
    await pilot.press(*where, "enter")
    await until_gone(pilot, "Go to ─")


async def opened(pilot: Pilot[None], *texts: str) -> RunScreen:
    await until_seen(pilot, *(texts or ("35 · following",)))
    screen = pilot.app.screen
    assert isinstance(screen, RunScreen)
    return screen


async def test_a_step_back_shows_the_run_as_it_was(store: MemoryBackend) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        await pilot.press("comma")
        await until_seen(pilot, "AT seq 34 · 11:49:31", "● running", "state at 34")
        assert "⇐ researcher-approved" not in text_of(app).partition("4 Events")[0]
        assert "35 · paused · G live" in text_of(app)
        await pilot.press("full_stop")
        await until_seen(pilot, "AT seq 35", "◆ waiting")
        await pilot.press("full_stop")
        await until_seen(pilot, "seq 35 · live", "state at LIVE", "35 · following")


async def test_ten_back_and_ten_forward(store: MemoryBackend) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        await pilot.press("less_than_sign", "less_than_sign")
        await until_seen(pilot, "AT seq 15")
        await pilot.press("greater_than_sign", "left_square_bracket")
        await until_seen(pilot, "AT seq 24")
        await pilot.press("less_than_sign", "less_than_sign", "less_than_sign")
        await until_seen(pilot, "AT seq 1 ", "queued")


async def test_the_header_and_the_progress_are_as_of_then(store: MemoryBackend) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        await go(pilot, "14")
        header = text_of(app).splitlines()[0]
        assert "● running 4s  2/4" in header
        assert "AT seq 14 · 11:49:26" in header
        assert "expedition  each 1/3" in text_of(app)


async def test_g_goes_back_to_now_and_follows_again(store: MemoryBackend) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        await pilot.press("comma", "G")
        await until_seen(pilot, "35 · following", "LIVE", "◆ waiting")
        await store.append(WAITING, [Event(ev.VarSet(value=encoded(43)), "total", NOW)])
        await until_seen(pilot, "36 · following", "var       43")


async def test_what_happens_meanwhile_is_kept_out_of_the_moment(store: MemoryBackend) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        await pilot.press("comma")
        await until_seen(pilot, "AT seq 34")
        news = [
            Event(ev.VarSet(value=encoded(43)), "total", NOW),
            Event(ev.ActivityStarted(), "publish", NOW),
        ]
        await store.append(WAITING, news)
        await until_seen(pilot, "37 · paused · 2 new · G live")
        shown = text_of(app)
        assert "AT seq 34" in shown and "var       42" in shown
        assert "publish" not in shown.partition("4 Events")[0]
        await pilot.press("escape")
        await until_seen(pilot, "37 · following", "var       43", "publish")


async def test_thousands_of_records_that_came_meanwhile_are_taken_in_on_the_way_back(
    store: MemoryBackend,
) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        screen = await opened(pilot)
        await pilot.press("comma")
        await until_seen(pilot, "AT seq 34")
        news = [Event(ev.VarSet(value=encoded(n)), "total", NOW) for n in range(3000)]
        await store.append(WAITING, news)
        await until_seen(pilot, "3,035 · paused")
        assert screen.view.folded == 35
        await go(pilot, "2000")
        await until_seen(pilot, "AT seq 2000", "var       1964")
        await pilot.press("G")
        await until_seen(pilot, "3,035 · following", "var       2999", "state at LIVE")


async def test_the_cursor_is_on_its_path_again_where_that_is_there_again(
    store: MemoryBackend,
) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        screen = await opened(pilot)
        await until(pilot, lambda: screen.selected_path() == "approval")
        await pilot.press("less_than_sign")
        await until(pilot, lambda: screen.selected_path() == "")
        await pilot.press("comma", "greater_than_sign", "full_stop")
        await until_seen(pilot, "AT seq 35")
        assert screen.selected_path() == "approval"


async def test_braces_go_through_the_records_of_the_selected_path(store: MemoryBackend) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        screen = await opened(pilot)
        await pilot.press("g", "j")
        await until(pilot, lambda: screen.selected_path() == "fetch")
        await pilot.press("left_curly_bracket")
        await until_seen(pilot, "AT seq 4 ")
        await pilot.press("left_curly_bracket")
        await until_seen(pilot, "AT seq 3 ")
        await pilot.press("left_curly_bracket")
        await until_seen(pilot, "no earlier event of fetch")
        await pilot.press("right_curly_bracket")
        await until_seen(pilot, "AT seq 4 ")


@pytest.mark.parametrize(
    ("typed", "seq"), [("12", 12), ("50%", 18), ("11:49", 35), ("-2s", None), ("11:49:25", None)]
)
async def test_t_goes_to_a_number_a_share_or_a_time(
    store: MemoryBackend, typed: str, seq: int | None
) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        screen = await opened(pilot)
        await go(pilot, typed)
        await until(pilot, lambda: screen.past is not None)
        assert seq is None or screen.moment_seq() == seq


async def test_t_says_what_is_taken_and_what_is_wrong_as_it_is_typed(store: MemoryBackend) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        await pilot.press("t")
        await until_seen(pilot, "Go to", "-5m")
        await pilot.press("1", "2")
        await until_seen(pilot, "seq 12 of 35 · 11:49:2")
        await pilot.press("4")
        await until_seen(pilot, "no event 124; the log has 1 to 35")
        await pilot.press("enter")
        await until_seen(pilot, "no event 124")
        await pilot.press("escape")
        await until_seen(pilot, "state at LIVE")


async def test_enter_on_an_event_goes_to_it_and_moving_only_selects(store: MemoryBackend) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        screen = await opened(pilot)
        await pilot.press("4", "k", "k")
        await until_seen(pilot, "event     33", "35 · paused")
        assert screen.here is None
        await pilot.press("enter")
        await until_seen(pilot, "AT seq 33")


async def test_later_records_are_quiet_and_the_shown_one_has_the_cursor(
    store: MemoryBackend,
) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        await go(pilot, "30")
        log = app.screen.query_one(EventList)
        assert log.current and log.current.seq == 30
        assert {role for _, role in log.row(30, 80)} == {"quiet"}
        assert {role for _, role in log.row(29, 80)} != {"quiet"}


async def test_a_click_on_the_line_of_the_log_goes_there(store: MemoryBackend) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        screen = await opened(pilot)
        await pilot.click(Scrubber, offset=(40, 0))
        await until(pilot, lambda: screen.past is not None)
        first = screen.moment_seq() or 0
        await pilot.click(Scrubber, offset=(80, 0))
        await until(pilot, lambda: (screen.moment_seq() or 0) > first)


async def test_a_finished_run_is_gone_through_as_well(store: MemoryBackend) -> None:
    app = app_over(store, run_id=FAILED)
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot, "finished", "END")
        await go(pilot, "50%")
        await until_seen(pilot, "● running", "AT seq")
        assert "HTTPError" not in text_of(app).partition("4 Events")[0]
        await pilot.press("G")
        await until_seen(pilot, "✗ failed", "finished", "END")


async def test_the_state_tells_what_the_event_changed(store: MemoryBackend) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        await go(pilot, "30")
        await pilot.press("d")
        await until_seen(pilot, "compare: previous event", "±42 (was 0)")
        await go(pilot, "29")
        await until_seen(pilot, "+  squirtle")
        await pilot.press("d")
        await until_gone(pilot, "+  squirtle")


async def test_the_state_is_compared_with_a_base(store: MemoryBackend) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        await go(pilot, "8")
        await pilot.press("m")
        await until_seen(pilot, "base is seq 8", "compare: base")
        await pilot.press("G")
        await until_seen(pilot, "LIVE", "±42 (was 0)", "+  [2]", "+  charmander")


async def test_the_end_key_in_a_list_is_its_end_when_it_is_live(store: MemoryBackend) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        screen = await opened(pilot)
        await pilot.press("g")
        await until(pilot, lambda: screen.selected_path() == "")
        await pilot.press("end")
        await until(pilot, lambda: screen.selected_path() == "approval")


async def test_a_run_without_a_record_has_nowhere_to_go(backend: MemoryBackend) -> None:
    app = app_over(backend, run_id="never-was")
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "no longer in the store")
        for key in ("comma", "t", "m", "less_than_sign"):
            await pilot.press(key)
            await until_seen(pilot, "there is no event yet")


async def test_a_long_run_is_gone_through_without_folding_it_again(backend: MemoryBackend) -> None:
    await importing("long", timedelta(hours=2), done=700).record(backend)
    await failing("short", timedelta(hours=1)).record(backend)
    app = app_over(backend, run_id="long")
    async with app.run_test(size=WIDE) as pilot:
        screen = await opened(pilot, "2,104 · following")
        await go(pilot, "1000")
        await until_seen(pilot, "AT seq 1000", "each 332/700")
        await until_seen(pilot, "332/700  ")
        await pilot.press("comma")
        await until_seen(pilot, "AT seq 999")
        assert screen.view.folded == 2104


async def test_escape_leaves_the_past_before_the_screen(store: MemoryBackend) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=NORMAL) as pilot:
        screen = await opened(pilot, "state @ LIVE")
        await pilot.press("comma")
        await until_seen(pilot, "AT seq 34", "state @ 34")
        await pilot.press("escape")
        await until_seen(pilot, "state @ LIVE")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is not screen)
