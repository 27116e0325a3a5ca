"""What a person sees and does with a value, the timeline, and the log as JSON lines."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from textual.pilot import Pilot

from flopod import events as ev
from flopod.events import Event
from flopod.stored import encoded
from flopod.summary import Status
from flopod_backends import MemoryBackend
from flopod_tui.app import FlopodApp
from flopod_tui.screens.run import RunScreen
from flopod_tui.screens.value import ValueScreen
from flopod_tui.widgets.log_view import LogView
from flopod_tui.widgets.timeline import Timeline
from flopod_tui.widgets.value_view import ValueView
from tui.looking import settled, text_of, until, until_gone, until_seen
from tui.store import NOW, app_over, importing

WIDE, NORMAL = (120, 36), (80, 24)
WAITING = "research-2026-0142"
VALUE = {
    "region": "kanto",
    "items": [{"name": f"n{number}", "when": NOW} for number in range(300)],
    "login": {"user": "ash", "api_key": "hunter2"},
    "story": "once upon a time " * 40,
}


@asynccontextmanager
async def showing(
    store: MemoryBackend, value: object, size: tuple[int, int] = WIDE
) -> AsyncIterator[tuple[Pilot[None], ValueView]]:
    """Open a value on a screen of its own."""
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=size) as pilot:
        await until_seen(pilot, "approval")
        app.push_screen(ValueScreen(app.session, "output of fetch", value))
        await until(pilot, lambda: isinstance(app.screen, ValueScreen))
        await until_seen(pilot, "output of fetch")
        await until(pilot, lambda: app.screen.query_one(ValueView).outline is not None)
        await settled(pilot)
        yield pilot, app.screen.query_one(ValueView)


async def in_view(pilot: Pilot[None], view: str) -> None:
    """Look at the run in one of its ways."""
    screen = pilot.app.screen
    assert isinstance(screen, RunScreen)
    screen.look_at(view)
    await until(pilot, lambda: screen.looking == view)
    await settled(pilot)


# A value


async def test_a_value_is_unfolded_place_by_place_and_the_title_says_where(
    store: MemoryBackend,
) -> None:
    async with showing(store, encoded(VALUE)) as (pilot, view):
        assert '  region  "kanto"' in text_of(pilot.app)
        assert "▸ items  [300]" in text_of(pilot.app)
        await pilot.press("j", "j", "l", "l", "l", "j", "j")
        assert view.path == "$.items[0].when"
        await until_seen(pilot, "output of fetch  $.items[0].when")
        assert "when  Date 2026-11-22T14:03:22.000Z" in text_of(pilot.app)
        await pilot.press("h")
        assert view.path == "$.items[0]"
        await pilot.press("h", "h")
        assert view.path == "$.items"
        await pilot.press("h")
        await until_gone(pilot, "[0]")


async def test_equals_opens_everything_and_minus_folds_it(store: MemoryBackend) -> None:
    async with showing(store, encoded(VALUE)) as (pilot, view):
        await pilot.press("equals_sign")
        assert view.count > 900
        await pilot.press("minus")
        assert view.count == 5


async def test_a_long_text_says_how_much_is_missing_and_enter_opens_it(
    store: MemoryBackend,
) -> None:
    async with showing(store, encoded(VALUE)) as (pilot, view):
        await pilot.press("G")
        assert '"…+583' in text_of(pilot.app)
        await pilot.press("enter", "G")
        assert view.count > 10
        await pilot.press("h", "h")
        assert '"…+583' in text_of(pilot.app)


async def test_a_secret_is_masked_until_it_is_revealed(store: MemoryBackend) -> None:
    async with showing(store, encoded(VALUE)) as (pilot, _):
        await until_seen(pilot, "api_key  ••• hidden")
        assert "hunter2" not in text_of(pilot.app)
        app: Any = pilot.app
        app.reveal(True)
        await until_seen(pilot, 'api_key  "hunter2"')
        app.reveal(False)
        await until_gone(pilot, "hunter2")


async def test_a_search_goes_to_what_is_folded_away(store: MemoryBackend) -> None:
    async with showing(store, encoded(VALUE)) as (pilot, view):
        await pilot.press("slash", *"n4", "enter")
        await until(pilot, lambda: view.path == "$.items[4].name")
        await until_seen(pilot, "1 of 11")
        await until(pilot, lambda: view.has_focus)
        await pilot.press("n")
        assert view.path == "$.items[40].name"
        await pilot.press("N", "N")
        assert view.path == "$.items[49].name"
        await pilot.press("escape")
        await until_gone(pilot, "of 11")
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, ValueScreen))


async def test_searching_for_what_is_not_there_says_so(store: MemoryBackend) -> None:
    async with showing(store, encoded(VALUE)) as (pilot, view):
        await pilot.press("slash", *"hunter2", "enter")
        await until(pilot, lambda: view.has_focus)
        await pilot.press("n")
        await until_seen(pilot, "nothing here has hunter2 in it")


async def test_copied_are_the_path_the_value_here_and_the_whole(store: MemoryBackend) -> None:
    async with showing(store, encoded(VALUE)) as (pilot, _):
        screen = pilot.app.screen
        assert isinstance(screen, ValueScreen)
        await pilot.press("j")
        made = {one.key: one.text() for one in screen.copies()}
        assert (made["p"], made["v"], made["t"]) == ("$.region", '"kanto"', "kanto")
        assert '"api_key": "•••"' in str(made["w"])
        assert all("hunter2" not in str(one.text()) for one in screen.exports())
        await pilot.press("y")
        await until_seen(pilot, "Copy", "text here, without quotes")


async def test_ten_megabytes_and_two_thousand_levels_open_and_answer_keys(
    store: MemoryBackend,
) -> None:
    from flopod.stored import Encoded

    deep = Encoded(b'{"json":' + b"[" * 2000 + b"]" * 2000 + b"}")
    for value in (encoded(list(range(1_400_000))), encoded("x" * 10_000_000), deep):
        async with showing(store, value) as (pilot, view):
            await pilot.press("G", "enter", "k", "h", "equals_sign", "minus", "w")
            assert view.count < 12_000


async def test_a_value_fits_itself_to_a_new_width(store: MemoryBackend) -> None:
    async with showing(store, encoded(["x" * 90]), WIDE) as (pilot, view):
        assert "…+" not in text_of(pilot.app)
        await pilot.resize_terminal(70, 20)
        await until(pilot, lambda: view.outline is not None and view.outline.width == 69)
        assert view.outline and view.outline.lines[1].opened is False


# The timeline


async def test_the_timeline_shows_bars_and_folds_the_idle_hours(store: MemoryBackend) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "path      approval")
        await in_view(pilot, "timeline")
        await until_seen(pilot, "⋯ 2h13m ⋯", "◆ open", "zoom: whole run")
        await pilot.press("i")
        await until_seen(pilot, "idle gaps: shown")
        await until_gone(pilot, "⋯ 2h13m ⋯")
        await pilot.press("i", "plus")
        await until_seen(pilot, "zoom: 2 times")
        await pilot.press("l", "h", "minus")
        await until_seen(pilot, "zoom: whole run", "⋯ 2h13m ⋯")


async def test_rows_of_the_timeline_fold_like_the_tree(store: MemoryBackend) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "path      approval")
        await in_view(pilot, "timeline")
        timeline = app.screen.query_one(Timeline)
        rows = timeline.count
        await pilot.press("g", "j", "enter")
        assert (timeline.current, timeline.count) == ("expedition", rows - 9)
        await pilot.press("l")
        assert timeline.count == rows
        await pilot.press("h", "enter")
        assert timeline.count == rows


async def test_the_timeline_finds_paths_inside_of_a_row_of_many(store: MemoryBackend) -> None:
    app = app_over(store, run_id="import-batch-77")
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "[0..511]")
        await in_view(pilot, "timeline")
        timeline = app.screen.query_one(Timeline)
        await until(pilot, lambda: timeline.count > 2)
        assert timeline.search("[77]/enrich", 0)
        await until(pilot, lambda: timeline.current == "process[77]/enrich")
        assert timeline.found.startswith("1 of 1")


async def test_a_long_log_is_taken_in_between_keys(store: MemoryBackend) -> None:
    app = FlopodApp(app_over(store).session)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, WAITING)
        timeline = Timeline()
        await app.screen.mount(timeline)
        events = importing("r", timedelta(hours=1), done=2000).events
        timeline.show(events, NOW, Status.RUNNING)
        assert timeline.view.behind == len(events) - 2000
        assert "events to go" in timeline.note
        await until(pilot, lambda: not timeline.view.behind)
        assert timeline.view.moment.seq == len(events)


# The log as JSON lines


async def test_the_log_is_read_as_json_lines_and_an_event_opened(store: MemoryBackend) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "path      approval")
        await in_view(pilot, "json")
        log = app.screen.query_one(LogView)
        assert '{"seq":35,"at":"2026-11-22T11:49:32.270Z","type":"WaitStarted"' in text_of(app)
        assert log.search("KANTO", 0)
        await until_seen(pilot, '"region":"kanto"')
        await pilot.press("enter")
        await until_seen(pilot, "▾ data")
        await pilot.press("q")
        await pilot.press("l", "l")
        assert '"at":"2026' not in text_of(app)
        await pilot.press("0")
        assert '"at":"2026' in text_of(app)


async def test_a_secret_is_masked_in_every_view_of_a_run(store: MemoryBackend) -> None:
    secret = encoded({"token": "hunter2", "n": 1})
    await store.append(
        WAITING,
        [
            Event(ev.ActivityCompleted(output=secret), "login", NOW),
            Event(ev.VarSet(value=secret), "total", NOW),
            Event(ev.VarSet(value=encoded("hunter2")), "password", NOW),
            Event(ev.MapSet(put=encoded(["token", "hunter2"])), "counts", NOW),
        ],
    )
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "39 · following", "password")
        for pane in "1234":
            await pilot.press(pane)
            for _ in range(6):
                await pilot.press("j")
                assert "hunter2" not in text_of(app)
        await in_view(pilot, "json")
        await until_seen(pilot, '"•••"')
        assert "hunter2" not in text_of(app)
        screen: Any = app.screen
        taken = [one.text() for one in (*screen.copies(), *screen.exports())]
        for text in taken:
            assert "hunter2" not in (text if isinstance(text, str) else await text)
