"""What a person sees and does on the list of runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from flopod import events as ev
from flopod.control import Control
from flopod.errors import BackendError, ErrorInfo
from flopod.events import Event
from flopod.stored import encoded
from flopod.summary import RunSummary
from flopod_backends import MemoryBackend
from flopod_tui.app import FlopodApp
from flopod_tui.screens.runs import RunsScreen
from flopod_tui.session import Session
from flopod_tui.widgets.run_list import RunList
from tui.looking import text_of, until, until_gone, until_seen
from tui.store import NOW, Story, app_over, fixed_now, queued, worker

WIDE, NORMAL = (120, 36), (80, 24)
ALL = "research-2026-0142"


def line_of(app: FlopodApp, run_id: str) -> str:
    return next((line for line in text_of(app).split("\n") if f" {run_id} " in line), "")


async def test_the_list_says_of_each_run_what_it_does_now(store: MemoryBackend) -> None:
    app = app_over(store)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, ALL)
        assert "⇐ researcher-approved, 1d21h left" in line_of(app, "research-2026-0142")
        assert "HTTPError: 502 Bad Gateway at" in line_of(app, "research-2026-0141")
        assert "process[512]/enrich" in line_of(app, "import-batch-77")
        assert "wakes in 27m50s" in line_of(app, "nightly-0611")
        assert "again in 4s" in line_of(app, "import-batch-76")
        assert "interrupted" in line_of(app, "import-batch-70")
        await until_seen(pilot, "worker 4121 ✓")


async def test_no_log_is_read_but_that_of_the_run_that_the_cursor_rests_on(
    store: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    events = store.events

    async def noted(run_id: str, after: int = 0) -> list[Event]:
        read.append(run_id)
        return await events(run_id, after)

    monkeypatch.setattr(store, "events", noted)
    app = app_over(store)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, ALL)
        await pilot.press("j", "j", "j", "j")
        await until_seen(pilot, "WaitStarted approval")
        assert set(read) <= {"nightly-0612", ALL}
    read.clear()
    app = app_over(store)
    async with app.run_test(size=NORMAL) as pilot:
        await until_seen(pilot, ALL)
        await pilot.press("j", "G")
        await pilot.pause(0.5)
        assert not read


async def test_a_new_run_appears_on_top_and_the_cursor_stays_on_its_run(
    store: MemoryBackend,
) -> None:
    app = app_over(store)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, ALL)
        await pilot.press("j", "j")
        runs = app.screen.query_one(RunList)
        before = runs.current
        await queued("brand-new", timedelta(0)).record(store)
        await until_seen(pilot, "brand-new")
        assert runs.rows[0].run.run_id == "brand-new"
        assert runs.current == before
        assert runs.cursor == 3


async def test_a_change_repaints_the_line_of_that_run_and_no_other(store: MemoryBackend) -> None:
    app = app_over(store)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, ALL)
        runs = app.screen.query_one(RunList)
        drawn: list[int] = []
        draw = runs.render_line
        runs.render_line = lambda y: (drawn.append(y), draw(y))[1]  # type: ignore[method-assign]
        error = ErrorInfo("ValueError", "no stars", "process[512]/enrich")
        failed = Event(ev.RunFailed(error=error), at=NOW)
        await store.append("import-batch-77", [failed])
        await until_seen(pilot, "no stars")
        assert set(drawn) == {2}


async def test_a_facet_narrows_the_list_and_once_more_shows_all(store: MemoryBackend) -> None:
    app = app_over(store)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, ALL)
        await pilot.press("4")
        await until_gone(pilot, "nightly-0611")
        assert line_of(app, "research-2026-0141")
        await pilot.press("4")
        await until_seen(pilot, "nightly-0611")
        await pilot.press("7")
        await until_gone(pilot, "nightly-0611")
        assert line_of(app, "charge-0044")
        assert line_of(app, "import-batch-70")
        await pilot.press("0")
        await until_seen(pilot, "nightly-0611")


async def test_typed_words_are_all_looked_for_and_escape_clears_them(store: MemoryBackend) -> None:
    app = app_over(store)
    async with app.run_test(size=NORMAL) as pilot:
        await until_seen(pilot, ALL)
        await pilot.press("slash", *"502 research")
        await until_gone(pilot, "research-2026-0138")
        assert line_of(app, "research-2026-0141")
        assert "1 run" in text_of(app)
        await pilot.press("enter", "escape")
        await until_seen(pilot, "research-2026-0138")


async def test_a_filter_that_finds_nothing_says_so(store: MemoryBackend) -> None:
    app = app_over(store)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "All 28")
        await pilot.press("slash", *"zebra")
        await until_seen(pilot, "No run matches “zebra”", "28 runs hidden by the filter · Esc")


async def test_an_empty_store_says_where_it_looked_and_what_to_do(backend: MemoryBackend) -> None:
    app = app_over(backend, looked_in=(("FLOPOD_DATA_DIR", "not set"),))
    async with app.run_test(size=NORMAL) as pilot:
        await until_seen(pilot, "No runs in memory: yet.", "FLOPOD_DATA_DIR", "S start a run")
        await until_seen(pilot, "▲ no worker")
        assert "Enter" not in text_of(app)


async def test_all_runs_are_read_without_anybody_asking(backend: MemoryBackend) -> None:
    for number in range(2620):
        await queued(f"run-{number:04}", timedelta(minutes=number)).record(backend)
    app = app_over(backend)
    async with app.run_test(size=NORMAL) as pilot:
        await until_seen(pilot, "run-0000")
        runs = app.screen.query_one(RunList)
        await until(pilot, lambda: runs.count == 2620)
        await until_seen(pilot, "2,620 runs", "live")
        await pilot.press("G")
        await until_seen(pilot, "run-2619")


async def test_a_paused_list_stands_still_until_it_goes_on(store: MemoryBackend) -> None:
    app = app_over(store)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, ALL)
        await pilot.press("f")
        await until_seen(pilot, "paused")
        await queued("brand-new", timedelta(0)).record(store)
        await pilot.pause(0.3)
        assert "brand-new" not in text_of(app)
        await pilot.press("f")
        await until_seen(pilot, "brand-new")


class Flaky(Control):
    """A control over a store that can be lost and found."""

    lost = False

    async def list_runs(self, *args: Any, **options: Any) -> list[RunSummary]:
        if self.lost:
            raise BackendError("the disk is gone: /srv/runs")
        return await super().list_runs(*args, **options)

    async def watch_runs(self) -> AsyncIterator[list[RunSummary]]:
        async for changed in super().watch_runs():
            if self.lost:
                raise BackendError("the disk is gone: /srv/runs")
            yield changed


async def test_a_lost_store_keeps_the_last_rows_and_says_so(
    store: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flopod_tui.runs.feed.AGAIN", 0.1)
    control = Flaky(store, workflows=())
    app = FlopodApp(Session(control, now=fixed_now))
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, ALL)
        control.lost = True
        await queued("unseen", timedelta(0)).record(store)
        await until_seen(pilot, "✗ LOST", ALL, "✗ the disk is gone: /srv/runs")
        control.lost = False
        await until_seen(pilot, "live", "unseen", "the store can be read again")


async def test_a_store_that_cannot_be_read_at_all_says_why(store: MemoryBackend) -> None:
    control = Flaky(store, workflows=())
    control.lost = True
    app = FlopodApp(Session(control, now=fixed_now))
    async with app.run_test(size=NORMAL) as pilot:
        await until_seen(pilot, "✗ CANNOT READ", "✗ the disk is gone: /srv/runs", "r look again")
        await until_seen(pilot, "Tried to list the runs of memory:. Nothing was changed.")
        control.lost = False
        await until_seen(pilot, ALL, "live")


async def test_what_a_store_holds_is_shown_and_not_obeyed(backend: MemoryBackend) -> None:
    evil = "\x1b]52;c;aGk=\x07[@click=app.quit]x[/] \u202etxt"
    story = Story("evil", timedelta(minutes=1))
    story.tell(ev.RunSubmitted(workflow=evil, input=encoded(evil)))
    story.tell(ev.RunFailed(error=ErrorInfo(evil, evil, "a")))
    await story.record(backend)
    app = app_over(backend)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "evil", "[@click=app.quit]x[/]")
        assert not {"\x1b", "\x07", "\u202e"} & set(text_of(app))
        await pilot.press("enter")
        await until_seen(pilot, r"\x1b]52;c;aGk=\x07")
        assert not {"\x1b", "\x07", "\u202e"} & set(text_of(app))


async def test_q_leaves_and_so_does_ctrl_c_twice(store: MemoryBackend) -> None:
    app = app_over(store)
    async with app.run_test(size=NORMAL) as pilot:
        await until_seen(pilot, ALL)
        await pilot.press("ctrl+c")
        await until_seen(pilot, "Ctrl+C again quits")
        await pilot.press("ctrl+c")
        await until(pilot, lambda: app.return_code == 130)


async def test_read_only_offers_no_change_and_says_why(store: MemoryBackend) -> None:
    app = app_over(store, read_only=True)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, ALL, "read-only")
        assert "D Deliver" not in text_of(app)
        await pilot.press("S")
        await until_seen(pilot, "opened read-only: nothing can be changed from here")
        assert isinstance(app.screen, RunsScreen)


async def test_help_lists_the_keys_of_the_screen(store: MemoryBackend) -> None:
    app = app_over(store)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, ALL)
        await pilot.press("question_mark")
        await until_seen(
            pilot, "CHANGE (only these; each one asks first)", "Enter l →", "Half a page"
        )
        await pilot.press("escape")
        await until_seen(pilot, ALL)


async def test_a_run_whose_worker_died_is_told_as_interrupted(store: MemoryBackend) -> None:
    app = app_over(store)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, ALL, "worker 4121")
        assert "running" in line_of(app, "import-batch-77")
        await store.retire(worker().worker_id)
        await until_seen(pilot, "▲ no worker")
        await until(pilot, lambda: "interrupted" in line_of(app, "import-batch-77"))


async def test_w_starts_a_worker_after_the_last_one_died(store: MemoryBackend) -> None:
    async def start() -> str:
        await store.renew(worker())
        return "started worker 4121"

    session = Session(Control(store, workflows=()), now=fixed_now, start_worker=start)
    app = FlopodApp(session)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, ALL, "worker 4121 ✓")
        await pilot.press("W")
        await until_seen(pilot, "a worker is alive already")
        await store.retire(worker().worker_id)
        await until_seen(pilot, "▲ no worker W starts one")
        await pilot.press("W")
        await until_seen(pilot, "worker 4121 ✓", "started worker 4121")


async def test_w_says_where_no_worker_is_started_from(store: MemoryBackend) -> None:
    app = app_over(store, read_only=True)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, ALL)
        await pilot.press("W")
        await until_seen(pilot, "no worker is started from here")


async def test_the_facets_fit_the_window_again_as_soon_as_it_is_narrower(
    store: MemoryBackend,
) -> None:
    app = app_over(store)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, ALL, "7 ▲ Problem")
        await pilot.resize_terminal(*NORMAL)
        await pilot.pause()
        assert "Sleeping" not in text_of(app)
        assert "7 ▲" in text_of(app)
