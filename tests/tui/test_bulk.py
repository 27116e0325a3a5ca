"""Retrying and cancelling several runs at once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from flopod.control import Control
from flopod.errors import BackendError
from flopod.summary import RunSummary
from flopod_backends import MemoryBackend
from flopod_tui.screens.actions import RunActions, why_not_of
from flopod_tui.screens.bulk import BulkScreen, Several
from flopod_tui.screens.runs import RunsScreen
from flopod_tui.widgets.press import Press
from tui.bench import Bench, bench
from tui.looking import text_of, until, until_gone, until_seen
from tui.store import app_over

WIDE, NORMAL, SMALL = (120, 36), (80, 24), (60, 16)
FAILED = ["research-2026-0141", "research-2026-0138"]
OTHERS = ["research-2026-0142", "import-batch-77"]


async def asked(
    store: MemoryBackend, run_ids: list[str], verb: str = "retry", **more: Any
) -> Bench:
    """Return the question about these runs."""
    found = [await store.summary(run_id) for run_id in run_ids]
    runs = [run for run in found if run is not None]
    refused = {run.run_id: why for run in runs if (why := why_not_of(verb, run))}
    control = Control(store, workflows=())
    act = control.retry if verb == "retry" else control.cancel
    past = "retried" if verb == "retry" else "cancelled"
    return bench(store, lambda _: BulkScreen(Several(verb, past, runs, refused, act)), **more)


async def status_of(store: MemoryBackend, run_id: str) -> str:
    """Return how a run stands."""
    run = await store.summary(run_id)
    return run.status if run else ""


async def test_nothing_is_done_before_the_number_is_typed(store: MemoryBackend) -> None:
    app = await asked(store, [*FAILED, *OTHERS])
    async with app.run_test(size=NORMAL) as pilot:
        await until_seen(pilot, "4 runs marked, 2 cannot be and stay marked")
        await until_seen(pilot, "type 2 to retry 2 runs:")
        await until_seen(pilot, "is waiting: only a failed")
        assert app.screen.query_one("#yes", Press).disabled
        await pilot.press("3")
        await pilot.press("enter", "enter")
        await until(pilot, lambda: app.given == [None])
    assert [await status_of(store, run_id) for run_id in FAILED] == ["error", "error"]


async def test_the_right_number_does_it_and_tells_what_was_refused(store: MemoryBackend) -> None:
    app = await asked(store, [*FAILED, *OTHERS])
    async with app.run_test(size=NORMAL) as pilot:
        await until_seen(pilot, "type 2 to retry 2 runs:")
        await pilot.press("2", "enter", "enter")
        await until_seen(pilot, "2 retried, 2 refused", "Retried 2 runs", OTHERS[0], "[ Close ]")
        assert FAILED[0] not in text_of(app)
        await pilot.press("enter")
        await until(pilot, lambda: bool(app.given))
    (told,) = app.given
    assert set(told.done) == set(FAILED)
    assert set(told.refused) == set(OTHERS)
    assert told.text.startswith("2 retried, 2 refused: research-2026-0142: ")
    assert told.shell == f'for run in {" ".join(FAILED)}; do flopod retry "$run"; done'
    assert [await status_of(store, run_id) for run_id in FAILED] == ["queued", "queued"]


async def test_a_refusal_of_the_store_is_told_for_that_run_only(store: MemoryBackend) -> None:
    app = await asked(store, FAILED)
    async with app.run_test(size=NORMAL) as pilot:
        await until_seen(pilot, "type 2 to retry 2 runs:")
        await Control(store, workflows=()).retry(FAILED[1])
        await pilot.press("2", "enter", "enter")
        await until_seen(pilot, "1 retried, 1 refused", "cannot retry what")
        await pilot.press("escape")
        await until(pilot, lambda: bool(app.given))
    assert set(app.given[0].refused) == {FAILED[1]}


async def test_where_nothing_is_refused_it_closes_by_itself(store: MemoryBackend) -> None:
    app = await asked(store, OTHERS, "cancel")
    async with app.run_test(size=NORMAL) as pilot:
        await until_seen(pilot, "type 2 to cancel 2 runs:")
        await pilot.press("2", "enter", "enter")
        await until(pilot, lambda: bool(app.given))
    assert app.given[0].text == "2 cancelled"
    assert await status_of(store, OTHERS[0]) == "cancelled"


async def test_a_box_that_is_drawn_while_it_closes_tells_of_no_refusal(
    store: MemoryBackend,
) -> None:
    app = await asked(store, FAILED)
    async with app.run_test(size=NORMAL) as pilot:
        await until_seen(pilot, "type 2 to retry 2 runs:")
        screen = app.screen
        assert isinstance(screen, BulkScreen)
        screen.phase = "told"
        assert screen.rows_after(60) == [[]]


async def test_esc_stops_after_the_run_at_hand(store: MemoryBackend) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(run_id: str) -> str:
        begun.set()
        await go_on.wait()
        return "done"

    runs = [run for run_id in FAILED if (run := await store.summary(run_id))]
    app = bench(store, lambda _: BulkScreen(Several("retry", "retried", runs, {}, slowly)))
    async with app.run_test(size=NORMAL) as pilot:
        await until_seen(pilot, "type 2 to retry 2 runs:")
        await pilot.press("2", "enter", "enter")
        await begun.wait()
        await until_seen(pilot, "0 of 2; Esc stops after this one")
        await pilot.press("escape")
        await until_seen(pilot, "0 of 2; stopping…")
        go_on.set()
        await until(pilot, lambda: bool(app.given))
    assert app.given[0].text == "1 retried, 1 not tried: it was stopped"
    assert list(app.given[0].done) == FAILED[:1]


async def test_the_number_can_be_typed_in_a_small_window(store: MemoryBackend) -> None:
    look = {"plain_glyphs": True, "theme": "ansi"}
    app = await asked(store, [*FAILED, *OTHERS], look=look)
    async with app.run_test(size=SMALL) as pilot:
        await until_seen(pilot, "type 2 to retry 2 runs:", "[ Leave them ]", "[ Retry 2 runs ]")
        await pilot.press("2", "enter", "enter")
        await until_seen(pilot, "2 retried, 2 refused", "[ Close ]")


async def test_marked_runs_are_retried_together_and_lose_their_marks(
    store: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    marked = [run for run_id in [*FAILED, OTHERS[0]] if (run := await store.summary(run_id))]
    unmarked: list[str] = []

    def which(self: RunActions) -> list[RunSummary]:
        return marked

    monkeypatch.setattr(RunsScreen, "marked", which)
    monkeypatch.setattr(RunsScreen, "unmark", lambda self, ids: unmarked.extend(ids))
    app = app_over(store)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, FAILED[0])
        await pilot.press("R")
        await until_seen(pilot, "3 runs marked, 1 cannot be", "type 2 to retry 2 runs:")
        await pilot.press("2", "enter", "enter")
        await until_seen(pilot, "2 retried, 1 refused")
        await pilot.press("enter")
        await until_gone(pilot, "[ Close ]")
        await until_seen(pilot, "2 retried, 1 refused: research-2026-0142")
    assert unmarked == FAILED


async def test_a_store_that_is_lost_refuses_one_after_the_other(store: MemoryBackend) -> None:
    async def lost(run_id: str) -> str:
        raise BackendError("the disk is gone")

    runs = [run for run_id in FAILED if (run := await store.summary(run_id))]
    app = bench(store, lambda _: BulkScreen(Several("retry", "retried", runs, {}, lost)))
    async with app.run_test(size=NORMAL) as pilot:
        await until_seen(pilot, "type 2 to retry 2 runs:")
        await pilot.press("2", "enter", "enter")
        await until_seen(pilot, "0 retried, 2 refused", "the disk is gone")
