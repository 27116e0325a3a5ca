"""The questions before a run is retried, cancelled or forked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from flopod import events as ev
from flopod.control import Control
from flopod.errors import BackendError, ErrorInfo
from flopod.stored import encoded
from flopod.summary import RunSummary
from flopod_backends import MemoryBackend
from flopod_tui.screens.cancel import CancelScreen
from flopod_tui.screens.fork import ForkScreen
from flopod_tui.screens.retry import RetryScreen
from flopod_tui.screens.run import RunScreen
from flopod_tui.widgets.fields import TextField
from flopod_tui.widgets.press import Press
from tui.bench import Bench, bench
from tui.looking import text_of, until, until_seen
from tui.store import Story, app_over, importing

WIDE, NORMAL, SMALL = (120, 36), (80, 24), (60, 16)
WAITING, FAILED = "research-2026-0142", "research-2026-0141"


async def run_of(store: MemoryBackend, run_id: str) -> RunSummary:
    """Return a run."""
    run = await store.summary(run_id)
    assert run is not None
    return run


async def retry_of(store: MemoryBackend, run_id: str = FAILED, **more: Any) -> Bench:
    """Return the question before a retry."""
    run = await run_of(store, run_id)
    return bench(store, lambda session: RetryScreen(session, run), **more)


async def fork_of(store: MemoryBackend, seq: int, run_id: str = WAITING) -> Bench:
    """Return the question before a fork."""
    run = await run_of(store, run_id)
    return bench(store, lambda session: ForkScreen(session, run, seq))


async def test_it_says_where_it_failed_what_runs_again_and_what_is_kept(
    store: MemoryBackend,
) -> None:
    app = await retry_of(store)
    async with app.run_test(size=NORMAL) as pilot:
        await until_seen(pilot, "Retry 1 failed run", "expedition[2]/classify   3 attempts")
        await until_seen(pilot, "Runs again:  expedition[2]/classify, then everything after it")
        await until_seen(pilot, "Kept:        fetch, expedition[0..1], expedition[2]/fetch-details")
        await until_seen(pilot, "(o) Resume this run", "keeps 6 finished steps")
        await until_seen(pilot, f"sh: flopod retry {FAILED}")
        await pilot.press("enter")
        await until(pilot, lambda: app.given == [None])


async def test_the_question_is_there_before_the_log_is_read(
    store: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(self: Control, run_id: str, after: int = 0) -> Any:
        raise BackendError("the disk is gone")

    monkeypatch.setattr(Control, "events", lost)
    app = await retry_of(store)
    async with app.run_test(size=NORMAL) as pilot:
        await until_seen(pilot, "expedition[2]/classify   3 attempts", "the disk is gone")
        await pilot.press("down")
        await until_seen(pilot, "its input cannot be read", "(o) Resume this run")
        await pilot.press("y")
        await until(pilot, lambda: bool(app.given))
    assert not app.given[0].fresh


async def test_a_run_is_started_again_with_the_same_input(store: MemoryBackend) -> None:
    stopped = "import-batch-75"
    app = app_over(store, run_id=stopped)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "cancelled")
        await pilot.press("R")
        await until_seen(pilot, "same input, new id")
        await pilot.press("down")
        await until_seen(pilot, "(o) Start again as new run", "everything, from the beginning")
        await until_seen(pilot, "sh: flopod start catalog-import '{")
        await pilot.press("y")
        await until(
            pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.run_id != stopped
        )
        assert isinstance(app.screen, RunScreen)
        (submitted,) = await store.events(app.screen.run_id)
    assert submitted.data["input"] == {"file": "catalog.csv"}
    assert (await run_of(store, stopped)).status == "cancelled"


async def test_an_error_that_a_retry_does_not_help_is_told_first(backend: MemoryBackend) -> None:
    story = importing("import-1", timedelta(minutes=3), done=2)
    error = ErrorInfo("NondeterminismError", "the code no longer fits the log", "process")
    stop = ev.RunNeedsAttention(error=error, recorded=("process", "publish"), asked=("handle",))
    await story.tell(stop).record(backend)
    app = await retry_of(backend, "import-1")
    async with app.run_test(size=NORMAL) as pilot:
        await until_seen(pilot, "! its code no longer fits the log: put the ids back")
        await until_seen(pilot, "Recorded:    process, publish", "Asked:       handle")
        await until_seen(pilot, "▲ no worker is alive: the run waits for one")
        lines = text_of(app).split("\n")
        assert _line(lines, "! its code") < _line(lines, "attention 2m ago")


def _line(lines: list[str], text: str) -> int:
    return next(index for index, line in enumerate(lines) if text in line)


async def test_a_change_of_the_code_is_told(backend: MemoryBackend) -> None:
    story = importing("import-1", timedelta(minutes=3), done=1)
    story.tell(ev.RunStarted(code="9c2f00", was="a1f000")).tell(ev.RunCancelled())
    await story.record(backend)
    app = await retry_of(backend, "import-1")
    async with app.run_test(size=NORMAL) as pilot:
        told = "! code changed since this run started (hash a1f0 → 9c2f, event 8)"
        await until_seen(pilot, "Retry 1 cancelled run", told)
        await until_seen(pilot, "Runs again:  process[1]/enrich, then everything")


async def test_a_secret_input_is_masked_and_used_as_it_is(backend: MemoryBackend) -> None:
    story = Story("login-1", timedelta(minutes=3))
    story.tell(ev.RunSubmitted(workflow="login", input=encoded({"password": "hunter2"})))
    story.tell(ev.RunStarted()).tell(ev.RunFailed(error=ErrorInfo("ValueError", "no")))
    await story.record(backend)
    app = await retry_of(backend, "login-1")
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "the body of the workflow")
        await pilot.press("down")
        await until_seen(pilot, "(o) Start again", '"password": "•••"')
        assert "hunter2" not in text_of(app)
        await pilot.press("y")
        await until(pilot, lambda: bool(app.given))
    assert app.given[0].input == {"password": "hunter2"}
    assert "hunter2" not in app.given[0].shell


async def test_a_long_question_scrolls_in_a_small_window(store: MemoryBackend) -> None:
    app = await retry_of(store, look={"plain_glyphs": True, "theme": "ansi"})
    async with app.run_test(size=SMALL) as pilot:
        await until_seen(pilot, "Retry 1 failed run", "[ Cancel ]", "[ Retry ]")
        await pilot.press("pagedown", "pagedown")
        await until_seen(pilot, f"sh: flopod retry {FAILED}", "[ Retry ]")


async def test_a_cancel_says_what_is_in_flight(store: MemoryBackend) -> None:
    run = await run_of(store, "import-batch-77")
    app = bench(store, lambda session: CancelScreen(session, run))
    async with app.run_test(size=NORMAL) as pilot:
        await until_seen(pilot, "In flight:   process[512]/enrich", "at its worker, kanto:4121")
        await until_seen(pilot, "a step in flight may still end", "R takes it up again")
        await pilot.press("enter")
        await until(pilot, lambda: app.given == [False])


async def test_a_fork_says_what_goes_along(store: MemoryBackend) -> None:
    app = await fork_of(store, 20)
    async with app.run_test(size=NORMAL) as pilot:
        await until_seen(pilot, "as it was at event 20 of 35", "EachItemCompleted  expedition[1]")
        await until_seen(pilot, "Kept:        fetch, expedition[0..1]", "Runs again:  what follows")
        await until_seen(pilot, f"sh: flopod fork {WAITING} --at 20", "✓ free")
        await pilot.press("y")
        await until(pilot, lambda: bool(app.given))
    (answer,) = app.given
    assert answer.seq == 20
    assert answer.run_id.startswith("research-fork-20261122-")


async def test_a_fork_of_a_run_at_its_end_says_that_it_does_not_go_on(
    store: MemoryBackend,
) -> None:
    app = await fork_of(store, 24, FAILED)
    async with app.run_test(size=NORMAL) as pilot:
        await until_seen(pilot, "the run had ended there (RunFailed)", "Kept failed: expedition[2]")


async def test_the_id_of_a_fork_must_be_free(store: MemoryBackend) -> None:
    app = await fork_of(store, 20)
    async with app.run_test(size=NORMAL) as pilot:
        await until_seen(pilot, "✓ free")
        app.screen.query_one(TextField).value = FAILED
        await until_seen(pilot, "✗ exists")
        await until(pilot, lambda: app.screen.query_one("#yes", Press).disabled)
        await pilot.press("y")
        await until_seen(pilot, f"run {FAILED} exists already")
        app.screen.query_one(TextField).value = "mine"
        await until_seen(pilot, "--at 20 --run-id mine")
        await pilot.press("y")
        await until(pilot, lambda: bool(app.given))
    assert app.given[0].run_id == "mine"


async def test_a_run_is_forked_from_its_screen_and_the_new_one_opens(
    store: MemoryBackend,
) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "path      approval")
        await pilot.press("F")
        await until_seen(pilot, "as it was at event 35 of 35", "Goes on:     approval")
        app.screen.query_one(TextField).value = "second-try"
        await until_seen(pilot, "✓ free")
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        await until_seen(pilot, "second-try", "RunForked")
    assert len(await store.events("second-try")) == 36


async def test_the_list_of_runs_says_where_a_fork_begins(store: MemoryBackend) -> None:
    app = app_over(store)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, FAILED)
        await pilot.press("F")
        await until_seen(pilot, "a fork begins at an event: open the run and choose one")
