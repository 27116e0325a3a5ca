"""What a key or an event may set in motion: no layout of the whole screen, no second count."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from textual.screen import Screen
from textual.widgets import Input

from flopod import events as ev
from flopod.errors import ErrorInfo
from flopod.events import Event
from flopod.stored import encoded
from flopod_backends import MemoryBackend
from flopod_tui.paths import crowds
from flopod_tui.paths.lines import PathLines
from flopod_tui.run import past_summary
from flopod_tui.run.past_summary import Summaries
from flopod_tui.run.view import RunView
from flopod_tui.widgets.event_list import EventList
from flopod_tui.widgets.lines import LineList
from flopod_tui.widgets.path_list import PathList
from tui.alone import Alone, alone
from tui.looking import settled, until_seen
from tui.store import NOW, Story, app_over

OK = encoded(True)
ERROR = ErrorInfo("HTTPError", "502 Bad Gateway", "x")


@contextmanager
def layouts() -> Iterator[list[Screen[object]]]:
    """Note the screens that are laid out in the block."""
    noted: list[Screen[object]] = []
    lay_out = Screen._refresh_layout
    with pytest.MonkeyPatch.context() as patch:

        def noting(screen: Screen[object], *how: Any, **named: Any) -> None:
            noted.append(screen)
            lay_out(screen, *how, **named)

        patch.setattr(Screen, "_refresh_layout", noting)
        yield noted


def log_of(count: int) -> list[Event]:
    return [
        Event(ev.ActivityCompleted(output=OK), f"step-{n}", NOW, n) for n in range(1, count + 1)
    ]


def items(count: int) -> Story:
    """A run that went through so many items, every tenth of which failed, and was retried."""
    story = Story("r", timedelta(hours=1)).begin("job").tell(ev.EachStarted(total=count), "work")
    for index in range(count):
        story.step(f"work[{index}]/call")
        failed = ev.EachItemFailed(error=ERROR) if index % 10 == 3 else None
        story.tell(failed or ev.EachItemCompleted(output=OK), f"work[{index}]")
    story.tell(ev.RunFailed(error=ERROR))
    story.tell(ev.RunRetried(voided=("work[13]", "work[23]")))
    return story.step("work[13]/call").tell(ev.EachItemCompleted(output=OK), "work[13]")


@pytest.mark.parametrize("made", [PathList, EventList])
async def test_a_list_that_grows_lays_out_nothing_anew(made: type[LineList]) -> None:
    async with alone(made()) as (shown, pilot):
        view = RunView.of(log_of(50))

        def show() -> None:
            if isinstance(shown, PathList):
                shown.show(view.paths, NOW)
            elif isinstance(shown, EventList):
                shown.show(view.events)

        show()
        await pilot.pause(0.1)
        with layouts() as noted:
            view.take(log_of(400))
            show()
            await pilot.pause(0.1)
        assert not noted
        assert shown.vertical_scrollbar.window_virtual_size == shown.virtual_size.height >= 400


async def test_a_list_that_no_longer_fits_is_given_a_scrollbar() -> None:
    async with alone(PathList()) as (shown, pilot):
        assert not shown.show_vertical_scrollbar
        shown.show(RunView.of(log_of(50)).paths, NOW)
        await pilot.pause(0.1)
        assert shown.show_vertical_scrollbar
        shown.show(RunView.of(log_of(3)).paths, NOW)
        await pilot.pause(0.1)
        assert not shown.show_vertical_scrollbar


async def test_a_log_that_follows_leaves_it_to_whoever_shows_it_to_tell_of_the_newest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[object] = []

    def noting(self: Alone, message: EventList.Highlighted) -> None:
        told.append(message.event)

    monkeypatch.setattr(Alone, "on_event_list_highlighted", noting, raising=False)
    async with alone(EventList()) as (log, pilot):
        log.show(log_of(30))
        await pilot.pause()
        told.clear()
        log.show(log_of(40))
        await pilot.pause()
        assert log.current and log.current.seq == 40
        assert not told
        await pilot.press("k")
        await pilot.pause()
        assert told == [log.events[38]]


async def test_a_key_in_the_filter_lays_out_nothing_anew(backend: MemoryBackend) -> None:
    for number in range(120):
        name = f"run-{'b' if number < 50 else 'a'}{number}"
        await Story(name, timedelta(hours=1)).begin("job").record(backend)
    app = app_over(backend)
    async with app.run_test(size=(120, 36)) as pilot:
        await until_seen(pilot, "All 120")
        await pilot.press("slash", *"run-")
        await until_seen(pilot, "120 runs of 120")
        await settled(pilot)
        with layouts() as noted:
            await pilot.press("b")
            await until_seen(pilot, " 50 runs of 120")
            await pilot.press("backspace")
            await until_seen(pilot, "120 runs of 120")
        assert not noted
        assert app.screen.query_one("#filter", Input).virtual_size.width == len("run-") + 1


def test_lines_that_went_through_time_are_those_of_each_moment() -> None:
    story, chance = items(60), random.Random(7)
    view, gone_through = RunView.of(story.events[:-40]), PathLines()
    for known in (len(story.events) - 40, len(story.events)):
        view.take(story.events[len(view.events) : known])
        assert_like_anew(gone_through, view)
        for count in chance.sample(range(1, known + 1), 60):
            assert_like_anew(gone_through, view.at(count))


def test_what_was_folded_while_time_was_gone_through_is_counted_once() -> None:
    story, known = items(100), 200
    view, lines = RunView.of(story.events[:known]), PathLines()
    lines.show(view.paths)
    lines.show(view.at(150).paths)
    lines.fold(0, False)
    lines.show(view.paths)
    view.take(story.events[known:])
    lines.show(view.paths)
    lines.fold(0, True)
    assert_like_anew(lines, view)


def assert_like_anew(lines: PathLines, view: RunView) -> None:
    """Hold lines that showed other moments against lines that show this one alone."""
    lines.show(view.paths)
    anew = PathLines()
    anew.show(view.paths)
    assert told(lines) == told(anew), f"after {len(view.events)} events"


def told(lines: PathLines) -> list[object]:
    return [
        (one.node.path, one.depth, one.opened, one.crowd and (one.crowd.name, +one.crowd.counts))
        for one in map(lines.line, range(len(lines.lines)))
    ]


def test_a_step_in_time_looks_again_at_what_it_changed_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    view, lines = RunView.of(items(500).events), PathLines()
    lines.show(view.paths)
    lines.show(view.at(1200).paths)
    asked: list[object] = []
    at_its_end = crowds._at_its_end
    monkeypatch.setattr(crowds, "_at_its_end", lambda node: asked.append(node) or at_its_end(node))
    lines.show(view.at(1199).paths)
    assert 0 < len(asked) < 10
    assert "work" not in view._marks.sums or view._marks.sums["work"][0] >= 398


def test_how_a_run_stood_is_folded_once_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    log = items(20).events
    summaries = Summaries("r")
    first = summaries.at(log, 50)
    monkeypatch.setattr(past_summary, "fold", None)
    assert summaries.at(log, 50) is first


def test_the_first_events_of_a_log_are_told_like_a_copy() -> None:
    log = log_of(9)
    view = RunView.of(log)
    then, copied = view.at(5).events, log[:5]
    assert list(then) == copied
    assert (then[-1], then[0], then[1:3], len(then)) == (log[4], log[0], log[1:3], 5)
    assert list(reversed(then)) == copied[::-1]
    assert log[5] not in then
    with pytest.raises(IndexError):
        then[5]
