"""The log as a widget: following, what stops it, searching, and how little is drawn."""

from __future__ import annotations

from textual.events import MouseScrollUp
from textual.pilot import Pilot

from flopod import events as ev
from flopod.events import Event
from flopod.stored import encoded
from flopod_tui.text.spans import Spans
from flopod_tui.widgets.detail import Detail
from flopod_tui.widgets.event_list import EventList
from tui.alone import alone, rows_drawn
from tui.looking import text_of, until, until_seen
from tui.store import NOW


def log_of(count: int) -> list[Event]:
    return [
        Event(ev.ActivityCompleted(output=encoded({"n": n})), f"step-{n}", NOW, n)
        for n in range(1, count + 1)
    ]


def seen(pilot: Pilot[None]) -> list[str]:
    """Return the paths on the screen."""
    return [word for word in text_of(pilot.app).split() if word.startswith("step-")]


async def test_the_wheel_upwards_stops_following_and_end_goes_on() -> None:
    async with alone(EventList()) as (log, pilot):
        log.show(log_of(100))
        await until_seen(pilot, "step-100")
        assert log.following
        await pilot._post_mouse_events([MouseScrollUp], EventList)
        await until(pilot, lambda: not log.following)
        top = log.scroll_offset.y
        log.show(log_of(112))
        await pilot.pause()
        assert (log.unseen, log.scroll_offset.y) == (12, top)
        await pilot.press("end")
        await until_seen(pilot, "step-112")
        assert log.following and log.unseen == 0


async def test_a_log_that_comes_into_view_is_full_of_the_newest_events() -> None:
    async with alone(EventList()) as (log, pilot):
        log.styles.display = "none"
        await pilot.pause()
        log.show(log_of(100))
        log.show(log_of(120))
        log.styles.display = "block"
        await until_seen(pilot, "step-120")
        assert len(seen(pilot)) == log.page


async def test_page_up_and_home_stop_following() -> None:
    async with alone(EventList()) as (log, pilot):
        for key in ("pageup", "home", "k", "ctrl+u"):
            log.show(log_of(100))
            await pilot.press("G")
            assert log.following
            await pilot.press(key)
            assert not log.following


async def test_older_events_come_in_above_without_moving_what_is_looked_at() -> None:
    async with alone(EventList()) as (log, pilot):
        whole = log_of(3000)
        log.show(whole[-200:])
        await until_seen(pilot, "step-3000")
        await pilot.press("pageup", "pageup", "k")
        await pilot.pause()
        on, before = log.current, seen(pilot)
        log.show(whole)
        await pilot.pause()
        assert log.current is on
        assert seen(pilot) == before


async def test_what_has_not_happened_yet_at_the_moment_shown_is_quiet() -> None:
    async with alone(EventList()) as (log, pilot):
        log.show(log_of(9), until=5)
        await pilot.pause()
        roles = [{role for _, role in log.row(index, 80)} for index in range(9)]
        assert all(len(one) > 1 for one in roles[:5])
        assert roles[5:] == [{"quiet"}] * 4


async def test_a_search_in_the_log_finds_types_paths_and_values() -> None:
    async with alone(EventList()) as (log, pilot):
        log.show(
            [*log_of(600), Event(ev.LogEmitted(level="info", message='say "hé"'), "", NOW, 601)]
        )
        assert log.search('"n":7}', 0) and log.cursor == 6
        assert log.search("STEP-599", 1) and log.cursor == 598
        assert log.search("logemit", 0) and log.cursor == 600
        assert log.search('say "hé', 0) and log.found == "1 of 1"
        assert not log.search("nowhere", 0)
        await pilot.pause()


async def test_a_cursor_key_draws_two_rows_among_100_000() -> None:
    async with alone(EventList(), height=30) as (log, pilot):
        log.show(log_of(2000) * 50)
        await pilot.press("home")
        await pilot.pause()
        with rows_drawn(log) as drawn:
            await pilot.press("j")
            await pilot.pause()
        assert sorted(set(drawn)) == [0, 1]


async def test_the_detail_wraps_its_lines_and_cuts_them_again() -> None:
    lines: list[Spans] = [[("error ", "quiet"), ("word " * 40, "failed")], [("end", "")]]
    async with alone(Detail()) as (detail, pilot):
        detail.show("a", lines)
        await until_seen(pilot, "end")
        assert detail.count == 2
        assert detail.wrap()
        await pilot.pause()
        assert text_of(pilot.app).count("word") == 40
        detail.show("a", lines)
        assert detail.count > 3
        assert not detail.wrap()
        assert detail.count == 2
