"""The views of a run, search in its panes, and what is taken out of it."""

from __future__ import annotations

import inspect
import json
from datetime import timedelta
from pathlib import Path

import pytest
from textual.pilot import Pilot

from flopod import events as ev
from flopod.errors import CorruptLogError
from flopod.events import Event
from flopod.records import line
from flopod.stored import encoded
from flopod_backends import MemoryBackend
from flopod_tui.screens.run import RunScreen
from flopod_tui.screens.run_taking import page
from flopod_tui.screens.value import ValueScreen
from flopod_tui.widgets.detail import Detail
from flopod_tui.widgets.path_list import PathList
from flopod_tui.widgets.timeline import Timeline
from tui.looking import text_of, until, until_gone, until_seen
from tui.store import Story, app_over

WIDE, NORMAL = (120, 36), (80, 24)
WAITING, FAILED = "research-2026-0142", "research-2026-0141"


async def opened(pilot: Pilot[None], *texts: str) -> RunScreen:
    await until_seen(pilot, *(texts or ("35 · following",)))
    screen = pilot.app.screen
    assert isinstance(screen, RunScreen)
    return screen


async def taken(screen: RunScreen, key: str, *, file: bool = False) -> str:
    """Return the text behind a key of the copy menu, or of the export menu."""
    offered = screen.exports() if file else screen.copies()
    made = next(one for one in offered if one.key == key).text()
    return await made if inspect.isawaitable(made) else made


async def search(pilot: Pilot[None], before: str, text: str) -> None:
    await pilot.press(before, "slash")
    await until_seen(pilot, "type what to search for")
    await pilot.press(*("comma" if char == "," else char for char in text))


# Views


async def test_v_goes_through_the_views(store: MemoryBackend) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot, "v: [Tree]")
        await pilot.press("v")
        await until_seen(pilot, "[Timeline]", "approval ⇐ researcher-approved", "◆ open")
        await pilot.press("v")
        await until_seen(pilot, "[Events]", "35 11:49:32.270 ◆ WaitStarted")
        await pilot.press("v")
        await until_seen(pilot, "[JSON]", '{"seq":35,"at":"2026-11-22T11:49:32.270Z"')
        await pilot.press("v")
        await until_seen(pilot, "[Tree]", "1 Path", "4 Events")


async def test_the_views_keep_the_path_that_is_looked_at(store: MemoryBackend) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        screen = await opened(pilot)
        await until(pilot, lambda: screen.selected_path() == "approval")
        await pilot.press("v")
        await until(pilot, lambda: app.screen.query_one(Timeline).current == "approval")
        await pilot.press("g")
        await until(pilot, lambda: screen.selected_path() == "fetch")
        await pilot.press("escape")
        await until_seen(pilot, "[Tree]", "path      fetch")


async def test_places_and_views_can_be_asked_for_by_name(store: MemoryBackend) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        screen = await opened(pilot)
        offered = {entry.name: entry.run for entry in screen.palette()}
        offered["goto"]("12")
        await until_seen(pilot, "AT seq 12")
        offered["goto"]("soon")
        await until_seen(pilot, "not a place in the log")
        offered["live"]("")
        await until_seen(pilot, "state at LIVE")
        offered["view"]("json")
        await until_seen(pilot, "[JSON]")
        offered["view"]("pie")
        await until_seen(pilot, "a view is one of tree, timeline, events, json")


async def test_escape_leaves_a_view_for_the_tree(store: MemoryBackend) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=NORMAL) as pilot:
        screen = await opened(pilot, "v Tree")
        await pilot.press("v")
        await until_seen(pilot, "[Timeline]")
        await pilot.press("escape")
        await until_seen(pilot, "1[Path]", "v Tree")
        assert app.screen is screen


async def test_every_view_is_of_the_moment_that_is_shown(store: MemoryBackend) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        await pilot.press("less_than_sign", "v")
        await until_seen(pilot, "[Timeline]", "AT seq 25")
        assert "approval" not in text_of(app)
        await pilot.press("v", "v")
        await until_seen(pilot, "[JSON]", '{"seq":25,')
        assert '{"seq":26,' not in text_of(app)
        await pilot.press("full_stop")
        await until_seen(pilot, '{"seq":26,')


async def test_enter_on_a_line_of_json_opens_the_event(store: MemoryBackend) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        await pilot.press("v", "v", "v")
        await until_seen(pilot, '{"seq":35,')
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ValueScreen))
        await until_seen(pilot, "event 35", "WaitStarted", "researcher-approved")


async def test_z_gives_a_pane_the_screen_without_borders_and_gutter(store: MemoryBackend) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        await pilot.press("z")
        await until_gone(pilot, "3 State")
        lines = text_of(app).splitlines()
        assert not any(mark in line for line in lines[1:-2] for mark in "▌▕│├")
        assert lines[1].startswith("▾ ◆ research")
        await pilot.press("z")
        await until_seen(pilot, "3 State", "▌")


async def test_z_and_enter_in_the_detail_open_its_value(store: MemoryBackend) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        await pilot.press("g", "j", "2")
        await until(pilot, lambda: isinstance(app.focused, Detail))
        for key in ("enter", "z"):
            await pilot.press(key)
            await until(pilot, lambda: isinstance(app.screen, ValueScreen))
            await until_seen(pilot, f"{WAITING} fetch", "areas")
            await pilot.press("q")
            await until_seen(pilot, "2 Detail")


async def test_w_wraps_the_detail(store: MemoryBackend) -> None:
    app = app_over(store, run_id=FAILED)
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot, "finished")
        await pilot.press("w")
        await until_seen(pilot, "long lines of the detail are wrapped")
        assert app.screen.query_one(Detail).wraps


async def test_the_next_failure_is_told(store: MemoryBackend) -> None:
    app = app_over(store, run_id=FAILED)
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot, "finished")
        await pilot.press("4", "exclamation_mark")
        await until_seen(pilot, "failure 1 of 1")


# Search


async def test_a_search_in_the_tree_goes_on_with_n_and_ends_with_escape(
    store: MemoryBackend,
) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        screen = await opened(pilot)
        await search(pilot, "g", "classify")
        await until_seen(pilot, "1 of 3")
        await pilot.press("enter")
        assert isinstance(app.focused, PathList)
        await pilot.press("n")
        await until_seen(pilot, "2 of 3")
        assert screen.selected_path() == "expedition[1]/classify"
        await pilot.press("N", "N")
        await until_seen(pilot, "3 of 3")
        await pilot.press("escape")
        await until_gone(pilot, "3 of 3")
        assert app.screen is screen


async def test_letters_that_are_keys_are_typed_in_a_search(store: MemoryBackend) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        await search(pilot, "4", "GdtmzvNn,")
        await until_seen(pilot, "GdtmzvNn,", "nothing")
        await pilot.press("home", "q", "end", "r")
        await until_seen(pilot, "qGdtmzvNn,r")
        await pilot.press("escape")
        await until_gone(pilot, "GdtmzvNn")
        await until_seen(pilot, "state at LIVE")


async def test_events_and_state_are_searched_too(store: MemoryBackend) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        await search(pilot, "4", "squirtle")
        await pilot.press("enter")
        await until_seen(pilot, "event     28", "1 of 3")
        await pilot.press("escape")
        await search(pilot, "3", "charm")
        await pilot.press("enter")
        await until_seen(pilot, "variable  items", "1 of 2")
        await pilot.press("n")
        await until_seen(pilot, "variable  counts", "2 of 2")


async def test_where_nothing_can_be_searched_it_says_so(store: MemoryBackend) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        await pilot.press("2", "slash")
        await until_seen(pilot, "search works in the paths, the state and the events")


# Taking things out


async def test_what_is_under_the_cursor_can_be_copied(store: MemoryBackend) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        screen = await opened(pilot)
        assert await taken(screen, "i") == WAITING
        assert await taken(screen, "p") == "approval"
        command = f"flopod deliver {WAITING} approval researcher-approved"
        assert await taken(screen, "c") == command
        assert (await taken(screen, "l")).startswith("◆ approval ⇐ researcher-approved")
        await pilot.press("g", "j")
        await until(pilot, lambda: screen.selected_path() == "fetch")
        assert json.loads(await taken(screen, "v")) == {"areas": 3, "region": "kanto"}
        await pilot.press("4")
        await until_seen(pilot, "event     35")
        assert await taken(screen, "c") == f"flopod show {WAITING} --at 35"
        await pilot.press("3")
        await until_seen(pilot, "variable  total")
        assert await taken(screen, "v") == "42"


async def test_the_state_that_is_copied_is_that_of_the_moment(store: MemoryBackend) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        screen = await opened(pilot)
        assert json.loads(await taken(screen, "s"))["total"] == 42
        await pilot.press("less_than_sign")
        await until_seen(pilot, "AT seq 25")
        state = json.loads(await taken(screen, "s"))
        assert state["total"] == 0 and state["items"] == ["bulbasaur", "charmander"]
        assert [one.file for one in screen.exports()] == [
            f"{WAITING}.jsonl",
            f"{WAITING}.25.state.json",
            f"{WAITING}.timeline.txt",
            f"{WAITING}.timeline.svg",
        ]
        assert (await taken(screen, "l", file=True)).count("\n") == 25


async def test_the_log_is_exported_as_a_store_in_files_writes_it(store: MemoryBackend) -> None:
    app = app_over(store, run_id=FAILED)
    async with app.run_test(size=WIDE) as pilot:
        screen = await opened(pilot, "finished")
        wanted = "".join(f"{line(event).decode()}\n" for event in await store.events(FAILED))
        assert await taken(screen, "l", file=True) == wanted
        assert "expedition" in await taken(screen, "t", file=True)


async def test_no_secret_is_shown_or_taken_until_it_is_revealed(backend: MemoryBackend) -> None:
    story = Story("hush", timedelta(minutes=3)).begin("any", {"user": "eve", "password": "pssst"})
    story.tell(ev.VarSet(value=encoded("pssst")), "api_key")
    story.tell(ev.MapSet(value=encoded({"token": "pssst"})), "held")
    story.tell(ev.MapSet(put=encoded(["token", "pssst!"])), "held")
    story.step("login", {"authorization": "pssst", "ok": True})
    await story.record(backend)
    app = app_over(backend, run_id="hush")
    async with app.run_test(size=WIDE) as pilot:
        screen = await opened(pilot, "login")
        await pilot.press("d")
        texts: list[str] = []
        for key in ("1", "G", "3", "j", "4", "k", "k", "v", "v", "comma", "comma"):
            await pilot.press(key)
            await pilot.pause(0.1)
            texts.append(text_of(app))
            offered = [*screen.copies(), *screen.exports()]
            texts += [await taken(screen, one.key) for one in screen.copies()]
            texts += [await taken(screen, one.key, file=True) for one in screen.exports()]
            assert offered
        assert "api_key" in "".join(texts)
        assert "pssst" not in "".join(texts)
        screen.session.masking.revealed = True
        assert "pssst" in await taken(screen, "s")


def test_a_pager_is_given_harmless_text(tmp_path: Path) -> None:
    file = tmp_path / "seen"
    page('"\\u202e"', {"PAGER": f"dd status=none of={file}"})
    assert file.read_text() == '"\\u202e"'


async def test_without_a_terminal_there_is_no_pager(store: MemoryBackend) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        await pilot.press("g", "j", "o")
        await until_seen(pilot, "there is no terminal here to give to a pager")
        await pilot.press("G", "o")
        await until_seen(pilot, "there is no value here")


# Damage


async def test_a_damaged_log_says_what_is_shown_and_what_is_next(
    store: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = (await store.events(WAITING))[:12]

    async def damaged(run_id: str, after: int = 0) -> list[Event]:
        raise CorruptLogError(run_id, "line 13", "its checksum does not fit", good)

    monkeypatch.setattr(store, "events", damaged)
    app = app_over(store, run_id=WAITING)
    for size in (WIDE, NORMAL):
        async with app_over(store, run_id=WAITING).run_test(size=size) as pilot:
            await until_seen(
                pilot,
                "■ LOG DAMAGED",
                "is damaged at line 13: its checksum",
                "12 records read. Shown: everything up to seq 12; nothing was changed.",
                "flopod doctor",
            )
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "■ LOG DAMAGED")
        await pilot.press("comma")
        await until_seen(pilot, "■ LOG DAMAGED", "AT seq 11")


async def test_reading_again_is_live_again(store: MemoryBackend) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        await pilot.press("comma")
        await until_seen(pilot, "AT seq 34")
        await pilot.press("r")
        await until_seen(pilot, "read again", "state at LIVE", "35 · following")


@pytest.mark.parametrize("size", [(60, 16), (80, 18), (100, 24), (110, 30), (200, 60)])
async def test_every_view_fits_every_window(store: MemoryBackend, size: tuple[int, int]) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=size) as pilot:
        await until_seen(pilot, "research")
        for key in ("v", "v", "v", "v", "comma", "d", "z", "z", "2", "3", "4"):
            await pilot.press(key)
        await until_seen(pilot, "AT seq 34")
