"""The forms and the questions as pictures, wide and narrow; named by what a person sees."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from flopod import events as ev
from flopod.control import Control
from flopod.errors import ErrorInfo
from flopod.summary import RunSummary
from flopod_backends import MemoryBackend
from flopod_tui.screens.actions import why_not_of
from flopod_tui.screens.bulk import BulkScreen, Several
from flopod_tui.screens.cancel import CancelScreen
from flopod_tui.screens.confirm import ConfirmScreen, discard_question
from flopod_tui.screens.deliver import DeliverScreen
from flopod_tui.screens.fork import ForkScreen
from flopod_tui.screens.retry import RetryScreen
from flopod_tui.screens.start import StartScreen
from tui.bench import Make, bench
from tui.pictures import FAILED, WAITING, after, both_sizes
from tui.store import a_store, fixed_now, importing

MARKED = [FAILED, WAITING, "import-batch-77", "research-2026-0138", "import-batch-75"]
LAST_INPUT = "see:input of last run"


def run_of(store: MemoryBackend, run_id: str) -> RunSummary:
    """Return a run."""
    run = asyncio.run(store.summary(run_id))
    assert run is not None
    return run


def deliver(store: MemoryBackend) -> Make:
    run = run_of(store, WAITING)
    return lambda session: DeliverScreen(session, run, None)


def start(store: MemoryBackend) -> Make:
    return StartScreen


def retry(store: MemoryBackend) -> Make:
    run = run_of(store, FAILED)
    return lambda session: RetryScreen(session, run)


def puzzled(store: MemoryBackend) -> Make:
    story = importing("import-1", timedelta(minutes=3), done=2)
    story.tell(ev.RunStarted(code="9c2f00", was="a1f000"))
    error = ErrorInfo("NondeterminismError", "the code no longer fits the log", "process")
    stop = ev.RunNeedsAttention(error=error, recorded=("process", "publish"), asked=("handle",))
    asyncio.run(story.tell(stop).record(store))
    run = run_of(store, "import-1")
    return lambda session: RetryScreen(session, run)


def cancel(store: MemoryBackend) -> Make:
    run = run_of(store, "import-batch-77")
    return lambda session: CancelScreen(session, run)


def fork(store: MemoryBackend) -> Make:
    run = run_of(store, WAITING)
    return lambda session: ForkScreen(session, run, 20)


def bulk(store: MemoryBackend) -> Make:
    runs = [run_of(store, run_id) for run_id in MARKED]
    refused = {run.run_id: why for run in runs if (why := why_not_of("retry", run))}
    act = Control(store, workflows=()).retry
    return lambda _: BulkScreen(Several("retry", "retried", runs, refused, act))


def discard(store: MemoryBackend) -> Make:
    return lambda _: ConfirmScreen(discard_question("the form"))


PICTURES: dict[str, tuple[Callable[[MemoryBackend], Make], tuple[str, ...]]] = {
    "start": (start, ("see:catalog-import", LAST_INPUT)),
    "start, fields": (start, ("see:catalog-import", "r e s e", LAST_INPUT, "enter h o e n n")),
    "start, wrong JSON": (
        start,
        ("see:catalog-import", "r e s e", LAST_INPUT, "f4", "delete", "see:fix the input"),
    ),
    "start, id taken": (
        start,
        ("see:catalog-import", "n i g h t l y", "tab", " ".join(WAITING), "see:exists already"),
    ),
    "deliver": (deliver, ("see:is waited for", "enter a l i c e")),
    "deliver, JSON": (deliver, ("see:is waited for", "enter a l i c e", "f4", "see:valid JSON")),
    "deliver by hand": (deliver, ("see:is waited for", "G enter", "see:which wait?")),
    "deliver, filtered": (deliver, ("see:is waited for", "slash x", "see:0 of 1")),
    "retry": (retry, ("see:Retry 1 failed run", "see:fetch-details", "see:same input")),
    "retry as new run": (retry, ("see:fetch-details", "see:same input", "down", "see:everything")),
    "retry that does not help": (puzzled, ("see:Recorded",)),
    "cancel": (cancel, ("see:process[512]/enrich", "see:In flight")),
    "fork": (fork, ("see:EachItemCompleted", "see:free")),
    "several": (bulk, ("see:type 3 to retry 3 runs",)),
    "several, told": (bulk, ("see:type 3 to retry 3 runs", "3 enter enter", "see:Close")),
    "thrown away": (discard, ("see:Throw it away?",)),
}


@both_sizes
@pytest.mark.parametrize("what", PICTURES)
def test_looks(what: str, size: tuple[int, int], snap_compare: Any) -> None:
    make, steps = PICTURES[what]
    store = a_store()
    assert snap_compare(bench(store, make(store)), terminal_size=size, run_before=after(*steps))


@pytest.mark.parametrize("what", ["start, fields", "deliver", "retry", "several", "fork"])
def test_looks_small_and_plain(what: str, snap_compare: Any) -> None:
    make, steps = PICTURES[what]
    store = a_store()
    app = bench(store, make(store), look={"plain_glyphs": True, "theme": "ansi"})
    plain = tuple(step for step in steps if not step.startswith("see:"))
    seen = tuple(step for step in steps if step.startswith("see:"))[:1]
    assert snap_compare(app, terminal_size=(60, 16), run_before=after(*seen, *plain))


def test_nothing_to_start(snap_compare: Any) -> None:
    app = bench(MemoryBackend(clock=fixed_now), StartScreen)
    run_before = after("see:No workflow is known")
    assert snap_compare(app, terminal_size=(80, 24), run_before=run_before)
