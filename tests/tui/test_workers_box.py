"""The box of live workers, asked for by the palette."""

from __future__ import annotations

from datetime import timedelta

from flopod.backend import WorkflowInfo
from flopod.process import this_process
from flopod.stored import utc_now
from flopod_backends import MemoryBackend
from flopod_tui.runs.worker_text import worker_lines
from tui.looking import until_gone, until_seen
from tui.store import app_over

ALL = "research-2026-0142"
ME = this_process(7, [WorkflowInfo(name="order", concurrency=3), WorkflowInfo(name="other")])


async def test_the_palette_shows_who_executes_the_runs(store: MemoryBackend) -> None:
    app = app_over(store)
    async with app.run_test(size=(120, 36)) as pilot:
        await until_seen(pilot, ALL)
        await store.renew(ME)
        await pilot.press("colon", *"workers")
        await until_seen(pilot, "Who executes the runs")
        await pilot.press("enter")
        await until_seen(pilot, "Workers", "HEARTBEAT", str(ME.pid), "order (at most 3), other")
        await pilot.press("escape")
        await until_gone(pilot, "HEARTBEAT")


def test_no_line_is_wider_than_the_box() -> None:
    lines = worker_lines([ME], ME.since + timedelta(seconds=12), 50)
    assert all(len(text) <= 50 for line in lines for text, _ in line)
    assert "12s ago" in lines[1][0][0]


def test_without_a_worker_it_says_how_to_start_one() -> None:
    [[(text, _)]] = worker_lines([], utc_now(), 80)
    assert "no live worker" in text
