"""Pictures of the long lists: many items of which some failed, folded and opened, and a paused log.

The lists stand alone, so that a picture changes when they do and at no other time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from textual.pilot import Pilot

from flopod import events as ev
from flopod.errors import ErrorInfo
from flopod.stored import encoded
from flopod_backends import MemoryBackend
from flopod_tui.run.view import RunView
from flopod_tui.widgets.event_list import EventList
from flopod_tui.widgets.path_list import PathList
from tui.alone import Alone
from tui.looking import settled
from tui.pictures import both_sizes
from tui.store import NOW, Story, app_over, retrying


def story() -> Story:
    """A run in the middle of many items, two of which failed."""
    error = ErrorInfo("HTTPError", "502 Bad Gateway", "process[404]/enrich", attempts=3)
    told = Story("r", timedelta(minutes=9)).begin("catalog-import", {"file": "catalog.csv"})
    told.step("open").tell(ev.EachStarted(total=700), "process")
    for index in range(512):
        path = f"process[{index}]"
        if index in (404, 510):
            told.tell(ev.ActivityFailed(error=error), f"{path}/enrich", after=0.05)
            told.tell(ev.EachItemFailed(error=error), path, after=0.01)
        else:
            told.step(f"{path}/enrich", index, took=0.05)
            told.tell(ev.EachItemCompleted(output=encoded(index)), path, after=0.01)
    return told.tell(ev.ActivityStarted(), "process[512]/enrich")


@both_sizes
@pytest.mark.parametrize("opened", [False, True], ids=["folded", "opened"])
def test_many_items(snap_compare: Callable[..., bool], size: tuple[int, int], opened: bool) -> None:
    async def do(pilot: Pilot[None]) -> None:
        paths = PathList()
        await pilot.app.push_screen(Alone(paths))
        paths.show(RunView.of(story().events).paths, NOW)
        if opened:
            paths.put_on("process[402]")
        await settled(pilot)

    assert snap_compare(app_over(MemoryBackend()), terminal_size=size, run_before=do)


@both_sizes
def test_a_paused_log(snap_compare: Callable[..., bool], size: tuple[int, int]) -> None:
    async def do(pilot: Pilot[None]) -> None:
        log = EventList()
        await pilot.app.push_screen(Alone(log))
        log.show(retrying("r", timedelta(minutes=9)).events)
        log.focus()
        await settled(pilot)
        await pilot.press("pageup", "k")
        await settled(pilot)

    assert snap_compare(app_over(MemoryBackend()), terminal_size=size, run_before=do)
