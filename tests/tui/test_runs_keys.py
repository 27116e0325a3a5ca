"""What a person does with the list of runs: looks for, sorts, marks, takes away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from flopod import events as ev
from flopod.control import Control
from flopod.errors import BackendError
from flopod.events import Event
from flopod.stored import encoded
from flopod_backends import MemoryBackend, SqliteBackend
from flopod_tui.app import FlopodApp
from flopod_tui.screens import run_listing
from flopod_tui.screens.runs import RunsScreen
from flopod_tui.session import Session
from flopod_tui.settings.memory import Memory
from flopod_tui.settings.model import Settings
from flopod_tui.widgets.filter_field import FilterField
from flopod_tui.widgets.run_list import RunList
from tui.looking import text_of, until, until_gone, until_seen
from tui.store import NOW, Story, app_over, fixed_now, queued, seeded

WIDE, NORMAL = (120, 36), (80, 24)
FAILED, WAITING, IMPORT = "research-2026-0141", "research-2026-0142", "import-batch-77"


@asynccontextmanager
async def opened(
    store: MemoryBackend, size: tuple[int, int] = NORMAL, **options: Any
) -> AsyncIterator[Pilot[None]]:
    """The list, read."""
    app = app_over(store, **options)
    async with app.run_test(size=size) as pilot:
        await until_seen(pilot, "28 runs", WAITING, "live")
        yield pilot


def listed(pilot: Pilot[None]) -> list[str]:
    return [row.run.run_id for row in pilot.app.screen.query_one(RunList).rows]


def rows_of(pilot: Pilot[None]) -> list[str]:
    """What stands in the rows; the last cell is the scroll bar's."""
    return [line[:79].rstrip() for line in text_of(pilot.app).split("\n")[4:20]]


def marks(pilot: Pilot[None]) -> set[str]:
    return pilot.app.screen.query_one(RunList).marks


async def typed(pilot: Pilot[None], text: str) -> None:
    """Type a filter."""
    field = pilot.app.screen.query_one(FilterField)
    if not field.has_focus:
        await pilot.press("slash")
    field.value = text
    field.cursor_position = len(text)
    await pilot.pause(0.05)


async def test_a_filter_asks_for_a_field(store: MemoryBackend) -> None:
    async with opened(store) as pilot:
        await typed(pilot, "status:failed err:504")
        await until(pilot, lambda: listed(pilot) == ["research-2026-0138"])
        await until_seen(pilot, "1 run of 28")


async def test_a_wrong_filter_is_marked_where_it_is_wrong_and_the_list_stays(
    store: MemoryBackend,
) -> None:
    async with opened(store) as pilot:
        await typed(pilot, "import")
        await until(pilot, lambda: len(listed(pilot)) == 5)
        await typed(pilot, "import age")
        await until(pilot, lambda: listed(pilot) == [])
        await typed(pilot, "import age<x")
        await until_seen(pilot, "^ not a length of time, such as 30s")
        await until(pilot, lambda: len(listed(pilot)) == 5)
        lines = text_of(pilot.app).split("\n")
        line = next(i for i, text in enumerate(lines) if "^ not a length" in text)
        assert lines[line].index("^") == lines[line - 1].index("<x") + 1
        assert len(listed(pilot)) == 5
        await typed(pilot, "import age<2h")
        await until_gone(pilot, "^")
        await until(pilot, lambda: len(listed(pilot)) == 2)


async def test_tab_takes_the_ghost_text(store: MemoryBackend) -> None:
    async with opened(store) as pilot:
        await pilot.press("slash", *"st")
        await until_seen(pilot, "status:")
        await pilot.press("tab", *"fai")
        await until_seen(pilot, "status:failed")
        await pilot.press("tab")
        await until(pilot, lambda: listed(pilot) == [FAILED, "research-2026-0138"])
        await pilot.press("space", *"wf:res")
        await until_seen(pilot, "wf:research")


async def test_tab_with_nothing_to_complete_highlights_and_n_goes_to_it(
    store: MemoryBackend,
) -> None:
    async with opened(store) as pilot:
        await typed(pilot, "502")
        await until(pilot, lambda: listed(pilot) == [FAILED])
        await pilot.press("tab")
        await until(pilot, lambda: len(listed(pilot)) == 28)
        await pilot.press("enter", "g", "n")
        runs = pilot.app.screen.query_one(RunList)
        await until(pilot, lambda: runs.current is not None and runs.current.run_id == FAILED)
        await pilot.press("escape", "n")
        await until_seen(pilot, "nothing is highlighted")


async def test_up_brings_earlier_filters_back(store: MemoryBackend) -> None:
    memory = Memory()
    async with opened(store, memory=memory) as pilot:
        for text in ("import", "research"):
            await typed(pilot, text)
            await pilot.press("enter", "escape")
        assert memory.get("runs.filter") == ["research", "import"]
        await pilot.press("slash", "up", "up")
        field = pilot.app.screen.query_one(FilterField)
        assert field.value == "import"
        await until(pilot, lambda: len(listed(pilot)) == 5)
        await pilot.press("down", "down")
        assert field.value == ""


async def test_a_filter_is_saved_under_a_name_and_found_by_it(store: MemoryBackend) -> None:
    memory = Memory()
    settings = Settings(saved_filters={"mine": "wf:research"})
    async with opened(store, memory=memory, settings=settings) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, RunsScreen)
        await typed(pilot, "status:failed")
        screen.save_filter("bad")
        assert memory.get("runs.saved") == {"bad": "status:failed"}
        await typed(pilot, "@bad @mine 502")
        await until(pilot, lambda: listed(pilot) == [FAILED])
        names = [entry.name for entry in screen.palette()]
        assert {"filter", "save", "@bad", "@mine"} <= set(names)


async def test_the_list_begins_with_the_filter_of_the_settings(store: MemoryBackend) -> None:
    app = app_over(store, settings=Settings(default_filter="status:failed"))
    async with app.run_test(size=NORMAL) as pilot:
        await until_seen(pilot, "2 runs of 28", "/  status:failed")
        assert listed(pilot) == [FAILED, "research-2026-0138"]
        assert isinstance(pilot.app.focused, RunList)


async def test_a_second_facet_is_added_and_the_same_again_is_taken_away(
    store: MemoryBackend,
) -> None:
    async with opened(store) as pilot:
        await pilot.press("4")
        await until(pilot, lambda: len(listed(pilot)) == 2)
        await pilot.press("2")
        await until(pilot, lambda: len(listed(pilot)) == 3)
        await pilot.press("4")
        await until(pilot, lambda: listed(pilot) == [WAITING])
        await pilot.press("escape")
        await until(pilot, lambda: len(listed(pilot)) == 28)


@pytest.mark.parametrize("size", [WIDE, NORMAL])
async def test_a_click_on_a_facet_does_what_its_digit_does(
    store: MemoryBackend, size: tuple[int, int]
) -> None:
    async with opened(store, size) as pilot:
        bar = text_of(pilot.app).split("\n")[1]

        async def click_on(key: str) -> None:
            await pilot.click("#facets", offset=(bar.index(f" {key} ") + 2, 0))

        await click_on("4")
        await until(pilot, lambda: len(listed(pilot)) == 2)
        await click_on("2")
        await until(pilot, lambda: len(listed(pilot)) == 3)
        await click_on("4")
        await until(pilot, lambda: listed(pilot) == [WAITING])
        await click_on("0")
        await until(pilot, lambda: len(listed(pilot)) == 28)
        await pilot.click("#facets", offset=(size[0] - 1, 0))
        assert isinstance(pilot.app.focused, RunList)


async def test_s_sorts_o_turns_it_round_and_the_head_says_so(store: MemoryBackend) -> None:
    memory = Memory()
    async with opened(store, WIDE, memory=memory) as pilot:
        await pilot.press("s")
        await until_seen(pilot, "Sort by")
        await pilot.press("i")
        await until_seen(pilot, "RUN▴", "sort id▴")
        assert listed(pilot) == sorted(listed(pilot))
        await pilot.press("o")
        await until_seen(pilot, "RUN▾")
        assert listed(pilot) == sorted(listed(pilot), reverse=True)
    async with opened(store, memory=memory) as pilot:
        assert listed(pilot) == sorted(listed(pilot), reverse=True)


async def test_c_hides_and_shows_columns_and_remembers_them(store: MemoryBackend) -> None:
    memory = Memory()
    async with opened(store, WIDE, memory=memory) as pilot:
        await pilot.press("c")
        await until_seen(pilot, "[x] workflow", "[ ] events")
        await pilot.press("2")
        await until_seen(pilot, "[ ] workflow")
        await pilot.press("escape")
        await until_gone(pilot, "[ ] workflow")
        assert "WORKFLOW" not in text_of(pilot.app)
    async with opened(store, WIDE, memory=memory) as pilot:
        assert "WORKFLOW" not in text_of(pilot.app)


async def test_marks_are_set_one_by_one_in_a_range_and_all_at_once(store: MemoryBackend) -> None:
    async with opened(store) as pilot:
        await pilot.press("space")
        await until_seen(pilot, "1 marked", "*· nightly-0612")
        await pilot.press("j", "j", "V")
        await until_seen(pilot, "4 marked")
        screen = pilot.app.screen
        assert isinstance(screen, RunsScreen)
        assert {run.run_id for run in screen.marked()} == set(listed(pilot)[:4])
        screen.unmark({"nightly-0612"})
        await until_seen(pilot, "3 marked")
        await pilot.press("u")
        await until_gone(pilot, "marked")
        await pilot.press("4", "a")
        await until(pilot, lambda: marks(pilot) == {FAILED, "research-2026-0138"})


async def test_w_goes_to_the_run_with_the_least_time_left(store: MemoryBackend) -> None:
    deadline = NOW + timedelta(minutes=5)
    story = Story("urgent", timedelta(days=3)).begin("order")
    await story.tell(ev.WaitStarted(event="pay", deadline=deadline), "pay").record(store)
    app = app_over(store)
    async with app.run_test(size=NORMAL) as pilot:
        await until_seen(pilot, "29 runs")
        await pilot.press("w")
        await until_seen(pilot, "▌◆ urgent")
        await pilot.press("4", "w")
        await until_seen(pilot, "urgent waits, and the filter hides it")


async def test_v_shows_the_record_of_the_run(store: MemoryBackend) -> None:
    async with opened(store) as pilot:
        await pilot.press("v")
        await until_seen(pilot, "the summary of nightly-0612", "submitted_at")
        await pilot.press("q")
        await until_seen(pilot, "28 runs")


async def test_e_writes_the_shown_runs_to_a_file(store: MemoryBackend, tmp_path: Path) -> None:
    async with opened(store) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, RunsScreen)
        await pilot.press("4")
        await until(pilot, lambda: len(listed(pilot)) == 2)
        made: dict[str, str] = {}
        for one in screen.exports():
            text = one.text()
            made[one.file] = text if isinstance(text, str) else await text
        rows = made["runs.csv"].splitlines()
        assert rows[0].startswith("run_id,workflow,status,done,total")
        assert rows[1].startswith(f"{FAILED},research,error,3,4,2026-11-22T")
        assert made["runs.jsonl"].count("\n") == 2
        assert '"run_id":"research-2026-0138"' in made["runs.json"]


async def test_y_offers_id_path_command_and_summary(store: MemoryBackend) -> None:
    async with opened(store) as pilot:
        await pilot.press("4", "y")
        await until_seen(pilot, "Copy", "id", "path", "command", "summary as JSON")
        await pilot.press("escape")
        screen = pilot.app.screen
        assert isinstance(screen, RunsScreen)
        texts = {one.label: one.text() for one in screen.copies()}
        assert texts["id"] == FAILED
        assert texts["path"] == "expedition[2]/classify"
        assert texts["command"] == f"flopod show {FAILED}"


async def test_the_preview_says_that_no_worker_knows_the_workflow_of_a_queued_run(
    store: MemoryBackend,
) -> None:
    submitted = ev.RunSubmitted(workflow="unheard-of", input=encoded(None))
    async with opened(store, WIDE) as pilot:
        await until_seen(pilot, "Now        until a worker takes it")
        await Story("stuck", timedelta(0)).tell(submitted, after=0).record(store)
        await until_seen(pilot, "29 runs", "stuck")
        await pilot.press("g")
        await until_seen(pilot, "no worker knows unheard-of; start one with its file")


async def test_the_preview_shows_last_events_state_and_input(store: MemoryBackend) -> None:
    async with opened(store, WIDE) as pilot:
        await pilot.press("j", "j", "j", "j")
        await until_seen(pilot, "Waits for  researcher-approved at approval", "WaitStarted")
        await until_seen(pilot, "State      total 42 · items [3] · counts {3}")
        await until_seen(pilot, 'Input      {"region": "kanto", "limit": 9}')
        await pilot.press("k", "k", "k")
        await until_seen(pilot, "Worker     kanto:4121 · since 11:03:22")
        await pilot.press("p")
        await until_gone(pilot, "Worker  ")


async def test_a_row_stays_where_it_is_while_somebody_moves_the_cursor(
    store: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_listing, "STILL", 1.0)
    async with opened(store) as pilot:
        await pilot.press("j")
        await queued("brand-new", timedelta(0)).record(store)
        await pilot.pause(0.4)
        assert "brand-new" not in text_of(pilot.app)
        await until_seen(pilot, "brand-new")
        assert listed(pilot)[0] == "brand-new"


async def test_runs_that_come_above_the_screen_are_counted_and_g_goes_to_them(
    store: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_listing, "STILL", 0.1)
    async with opened(store) as pilot:
        await pilot.press("G")
        await pilot.pause(0.2)
        shown = rows_of(pilot)
        for number in range(4):
            await queued(f"brand-new-{number}", timedelta(0)).record(store)
        await until_seen(pilot, "+4 new, g")
        assert rows_of(pilot) == shown
        await pilot.press("g")
        await until_seen(pilot, "brand-new-0")
        await until_gone(pilot, "new, g")


async def test_a_run_that_leaves_the_facet_leaves_once_the_cursor_rests(
    store: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_listing, "STILL", 0.1)
    async with opened(store) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: listed(pilot) == [WAITING])
        await Control(store, workflows=()).cancel(WAITING)
        await until(pilot, lambda: listed(pilot) == [])
        await until_seen(pilot, "No run is in this group", "2 ◆ 0", "6 ⊘ 2")


async def test_a_deleted_run_leaves_the_list(store: MemoryBackend) -> None:
    async with opened(store) as pilot:
        del store._logs[FAILED], store._summaries[FAILED]  # no store offers this
        await until_seen(pilot, "27 runs")
        assert FAILED not in text_of(pilot.app)


async def test_what_happened_while_paused_is_counted_and_comes_when_it_goes_on(
    store: MemoryBackend,
) -> None:
    async with opened(store, WIDE) as pilot:
        await pilot.press("f")
        await Control(store, workflows=()).cancel(WAITING)
        await until_seen(pilot, "paused · 1 changed")
        assert "◆ research-2026-0142" in text_of(pilot.app)
        await pilot.press("f")
        await until_seen(pilot, "⊘ research-2026-0142", "live")


async def test_reading_shows_how_far_it_is_and_escape_stops_it(
    store: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(300):
        await queued(f"run-{number:03}", timedelta(minutes=number)).record(store)
    slow = asyncio.Event()

    class Slow(Control):
        async def list_runs(self, *args: Any, **options: Any) -> Any:
            if options.get("before"):
                await slow.wait()
            return await super().list_runs(*args, **options)

    app = FlopodApp(Session(Slow(store, workflows=()), now=fixed_now))
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "reading 200 / ~328", "nightly-0612")
        await pilot.press("escape")
        await until_seen(pilot, "reading stopped after 200 runs · r reads on")
        slow.set()
        await until_seen(pilot, "the newest 200 of 328 runs")
        await pilot.press("r")
        await until_seen(pilot, "328 runs", "live")


async def test_one_damaged_run_is_told_and_the_others_stay(tmp_path: Path) -> None:
    backend = SqliteBackend(tmp_path / "flopod.db", "normal", clock=fixed_now)
    await seeded(backend)
    async with backend_damaged(backend, tmp_path / "flopod.db") as damaged:
        app = app_over(damaged)
        async with app.run_test(size=WIDE) as pilot:
            await until_seen(pilot, f"■ {FAILED}", "28 runs")
            assert "✓ research-2026-0140" in text_of(pilot.app)


@asynccontextmanager
async def backend_damaged(backend: SqliteBackend, path: Path) -> AsyncIterator[SqliteBackend]:
    """A store of which one run's log has a hole."""
    import sqlite3

    await backend.close()
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM events WHERE run_id = ? AND seq = 3", (FAILED,))
        connection.execute("UPDATE runs SET summary = x'00' WHERE run_id = ?", (FAILED,))
    connection.close()
    again = SqliteBackend(path, "normal", clock=fixed_now)
    try:
        yield again
    finally:
        await again.close()


async def test_a_store_that_is_no_database_says_whose_it_is_and_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "flopod.db"
    path.write_bytes(b"this is not a database, whatever its name says" * 100)
    backend = SqliteBackend(path, "normal")
    app = FlopodApp(Session(Control(backend, workflows=()), now=fixed_now))
    async with app.run_test(size=(160, 36)) as pilot:
        await until_seen(pilot, "✗ CANNOT READ", f"{path}: file, owner", "you are")
        await until_seen(pilot, "Nothing was changed", "r look again", "flopod doctor")
        path.unlink()
        await pilot.press("r")
        await until_seen(pilot, "EMPTY", "No runs in")
    await backend.close()


class Lost(Control):
    """A store that is there at first."""

    lost = False

    async def counts(self) -> Any:
        if self.lost:
            raise BackendError("the disk is gone: /srv/runs")
        return await super().counts()


async def test_a_store_that_is_lost_keeps_its_rows_and_stops_the_clock(
    store: MemoryBackend,
) -> None:
    class Clock:
        now = NOW

    control = Lost(store, workflows=())
    app = FlopodApp(Session(control, now=lambda: Clock.now))
    async with app.run_test(size=NORMAL) as pilot:
        await until_seen(pilot, "28 runs", "live")
        control.lost = True
        await until_seen(pilot, "✗ LOST 0s")
        Clock.now = NOW + timedelta(seconds=14)
        await until_seen(pilot, "✗ LOST 14s", "⇐ researcher-approved")
        assert "4m11s" in text_of(pilot.app)
        control.lost = False
        await until_seen(pilot, "live", "4m25s")


async def test_a_filter_by_age_is_applied_again_as_time_goes_by(
    store: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Clock:
        now = NOW

    monkeypatch.setattr(run_listing, "TIMED_EVERY", 1)
    monkeypatch.setattr(run_listing, "STILL", 0.0)
    app = FlopodApp(Session(Control(store, workflows=()), now=lambda: Clock.now))
    async with app.run_test(size=NORMAL) as pilot:
        await until_seen(pilot, "28 runs")
        await typed(pilot, "age<5m")
        await until(pilot, lambda: listed(pilot) == ["nightly-0612", IMPORT])
        Clock.now = NOW + timedelta(minutes=3)
        await until(pilot, lambda: listed(pilot) == ["nightly-0612"])


@pytest.mark.parametrize("size", [WIDE, NORMAL, (60, 16)])
async def test_a_store_of_very_many_runs_says_that_only_the_newest_are_read(
    store: MemoryBackend, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    monkeypatch.setattr("flopod_tui.runs.feed.FIRST_PAGE", 5)
    monkeypatch.setattr("flopod_tui.runs.feed.PAGE", 5)
    monkeypatch.setattr("flopod_tui.runs.feed.MOST", 10)
    monkeypatch.setattr("flopod_tui.runs.feed_text.MOST", 10)
    app = app_over(store)
    async with app.run_test(size=size) as pilot:
        await until_seen(pilot, "the newest 10 of 28 runs", "All 28")
        await pilot.press("slash", *"nightly")
        await until_seen(pilot, "/  nightly", "2 runs of the newest 10 of 28")


async def test_no_event_is_lost_between_the_first_page_and_the_watch(
    store: MemoryBackend,
) -> None:
    class Late(Control):
        async def watch_runs(self) -> Any:
            await store.append(WAITING, [Event(ev.RunCancelled(), at=NOW)])
            async for changed in super().watch_runs():
                yield changed

    app = FlopodApp(Session(Late(store, workflows=()), now=fixed_now))
    async with app.run_test(size=NORMAL) as pilot:
        await until_seen(pilot, f"⊘ {WAITING}")
