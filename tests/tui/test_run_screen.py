"""What a person sees and does inside a run."""

from __future__ import annotations

from datetime import timedelta

from flopod import events as ev
from flopod.errors import CorruptLogError
from flopod.events import Event
from flopod.stored import encoded
from flopod_backends import MemoryBackend
from flopod_tui.screens.runs import RunsScreen
from flopod_tui.widgets.detail import Detail
from flopod_tui.widgets.event_list import EventList
from tui.looking import settled, text_of, until, until_gone, until_seen
from tui.store import NOW, app_over, failing, importing

WIDE, NORMAL = (120, 36), (80, 24)


async def test_a_waiting_run_opens_on_its_wait_and_tells_all_of_it(store: MemoryBackend) -> None:
    app = app_over(store, run_id="research-2026-0142")
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(
            pilot, "path      approval", "timeout   ", "{by: string, comment?: string}"
        )
        assert "flopod deliver research-2026-0142 \\" in text_of(app)
        assert 'items     list[3]   ["bulbasaur", "charmander"' in text_of(app)
        assert "35 · following" in text_of(app)


async def test_a_failed_run_opens_on_its_failure_with_the_traceback(store: MemoryBackend) -> None:
    app = app_over(store, run_id="research-2026-0141")
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "path      expedition[2]/classify", "raise_for_status()")
        assert "error     HTTPError: 502 Bad Gateway" in text_of(app)


async def test_what_happens_meanwhile_is_seen_at_once(store: MemoryBackend) -> None:
    app = app_over(store, run_id="research-2026-0142")
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "35 · following")
        at = NOW
        await store.append(
            "research-2026-0142",
            [
                Event(ev.VarSet(value=encoded(43)), "total", at),
                Event(ev.ActivityStarted(), "publish", at),
            ],
        )
        await until_seen(pilot, "37 · following", "publish", "total     var       43")


async def test_moving_up_stops_following_and_g_follows_again(store: MemoryBackend) -> None:
    app = app_over(store, run_id="research-2026-0142")
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "35 · following")
        await pilot.press("4")
        await pilot.press("k", "k")
        await until_seen(pilot, "35 · paused")
        await store.append("research-2026-0142", [Event(ev.ActivityStarted(), "publish", NOW)])
        await until_seen(pilot, "36 · paused · 1 new · G live")
        await pilot.press("G")
        await until_seen(pilot, "36 · following")


async def test_the_detail_tells_of_whatever_pane_has_the_cursor(store: MemoryBackend) -> None:
    app = app_over(store, run_id="research-2026-0142")
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "path      approval")
        await pilot.press("4")
        await until_seen(pilot, "event     35 WaitStarted")
        await pilot.press("3")
        await pilot.press("j")
        await until_seen(pilot, "variable  items", 'charmander"')


async def test_a_narrow_screen_shows_one_pane_at_a_time(store: MemoryBackend) -> None:
    app = app_over(store, run_id="research-2026-0142")
    async with app.run_test(size=NORMAL) as pilot:
        await until_seen(pilot, "1[Path] 2 Detail  3 State  4 Events", "approval")
        assert "WaitStarted" not in text_of(app)
        await pilot.press("4")
        await until_seen(pilot, "WaitStarted")
        await pilot.press("2")
        await until_seen(pilot, "event     35 WaitStarted")
        await pilot.press("1")
        await until_seen(pilot, "expedition")


async def test_folding_hides_what_is_below_and_unfolding_shows_it(store: MemoryBackend) -> None:
    app = app_over(store, run_id="import-batch-77")
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "[0..511]", "512 ok", "[512]")
        await pilot.press("g", "j", "j", "l")
        await until_seen(pilot, "[11]")
        await pilot.press("h")
        await until_gone(pilot, "[11]")
        await pilot.press("minus")
        await until_gone(pilot, "[0..511]")


async def test_the_next_failure_is_one_key_away(backend: MemoryBackend) -> None:
    await failing("broken", timedelta(hours=1)).record(backend)
    app = app_over(backend, run_id="broken")
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "path      expedition[2]/classify")
        await pilot.press("g")
        await until_gone(pilot, "path      expedition[2]/classify")
        await pilot.press("exclamation_mark")
        await until_seen(pilot, "path      expedition[2]/classify")


async def test_zoom_gives_one_pane_the_screen_and_escape_gives_it_back(
    store: MemoryBackend,
) -> None:
    app = app_over(store, run_id="research-2026-0142")
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "3 State 3")
        await pilot.press("4")
        await pilot.press("z")
        await until_gone(pilot, "3 State 3")
        await pilot.press("escape")
        await until_seen(pilot, "3 State 3")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))


async def test_a_long_value_scrolls_and_keeps_its_place_while_time_passes(
    backend: MemoryBackend,
) -> None:
    story = importing("long", timedelta(minutes=1), done=0)
    story.step("big", {f"key{number}": number for number in range(200)})
    await story.record(backend)
    app = app_over(backend, run_id="long")
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "big")
        await pilot.press("G", "2")
        await pilot.press("pagedown")
        detail = app.screen.query_one(Detail)
        await until(pilot, lambda: detail.scroll_offset.y > 0)
        before = detail.scroll_offset.y
        await pilot.pause(1.2)
        assert detail.scroll_offset.y == before


async def test_following_jumps_by_half_pages(backend: MemoryBackend) -> None:
    await importing("busy", timedelta(minutes=1), done=20).record(backend)
    app = app_over(backend, run_id="busy")
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "following")
        log = app.screen.query_one(EventList)
        await until(pilot, lambda: log.cursor == log.count - 1)
        await settled(pilot)
        top = log.scroll_offset.y
        await backend.append("busy", [Event(ev.ActivityStarted(), "extra", NOW)])
        # The paths may tell of it a frame before the log does.
        await until(pilot, lambda: log.scroll_offset.y != top)
        assert log.scroll_offset.y - top in (log.page // 2, log.page // 2 + 1)


async def test_a_damaged_log_shows_what_is_before_the_damage(
    store: MemoryBackend, monkeypatch: object
) -> None:
    good = (await store.events("research-2026-0142"))[:12]

    async def damaged(run_id: str, after: int = 0) -> list[Event]:
        raise CorruptLogError(run_id, "line 13", "its checksum does not fit", good)

    store.events = damaged  # type: ignore[method-assign]
    app = app_over(store, run_id="research-2026-0142")
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "is damaged at line 13", "12 · following", "expedition")


async def test_a_run_that_is_not_there_says_so(store: MemoryBackend) -> None:
    app = app_over(store, run_id="never-was")
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "■ run no longer in the store")


async def test_a_run_deleted_while_it_is_looked_at_keeps_its_content(store: MemoryBackend) -> None:
    app = app_over(store, run_id="research-2026-0142")
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "35 · following")
        await store.delete("research-2026-0142")
        await until_seen(pilot, "■ run no longer in the store", "approval")
