"""The timeline's rooms: bars from events, moments to cells, rows that fold."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from flopod import events as ev
from flopod.errors import ErrorInfo
from flopod.events import Event
from flopod.stored import encoded
from flopod.summary import Status
from flopod_tui.text.format import width_of
from flopod_tui.text.spans import span_width
from flopod_tui.timeline.axis import Axis, axis_line
from flopod_tui.timeline.spans import BACKOFF, RUN, WAIT, SpanBuilder
from flopod_tui.timeline.view import (
    TimelineView,
    bar_width,
    head_spans,
    legend,
    row_spans,
    timeline_text,
)
from tui.store import NOW, Story, cancelled, failing, finished, importing, sleeping, waiting

HOUR = timedelta(hours=1)
STEPS = ("activity", "wait", "sleep")


def built(story: Story) -> SpanBuilder:
    builder = SpanBuilder()
    for event in story.events:
        builder.add(event)
    return builder


def bars_of(story: Story, path: str) -> list[tuple[str, float, float, bool]]:
    """Return the bars at a path in seconds from the beginning of the run."""
    builder = built(story)
    return [
        (
            bar.kind,
            round(bar.start - builder.start, 3),
            round(bar.end - builder.start, 3) if bar.last else -1.0,
            bar.failed,
        )
        for bar in builder.tracks[path].bars
    ]


def lines_of(story: Story, now: Any = NOW, width: int = 100) -> dict[str, str]:
    """Return the bars of each row of the whole timeline by the name before them."""
    rows = [line.partition("│") for line in timeline_text(story.events, now, width).split("\n")]
    return {name.strip(" ▾▸").partition("  ")[0]: bars.rstrip() for name, _, bars in rows}


# Bars


def test_attempts_and_the_waits_between_them_are_bars_of_their_own() -> None:
    story = Story("r", HOUR).begin("w")
    error = ErrorInfo("TimeoutError", "no answer", "a")
    story.tell(ev.ActivityStarted(), "a", after=0.9)
    due = story.at + timedelta(seconds=5)
    story.tell(ev.ActivityRetrying(attempt=1, error=error, next_at=due), "a", after=2)
    story.tell(ev.ActivityStarted(attempt=2), "a", after=3)
    story.tell(ev.ActivityCompleted(output=encoded(1), attempt=2), "a", after=4)
    assert bars_of(story, "a") == [
        (RUN, 1.0, 3.0, True),
        (BACKOFF, 3.0, 6.0, False),
        (RUN, 6.0, 10.0, False),
    ]


def test_a_step_whose_worker_died_ends_with_the_last_record_before_the_next_worker() -> None:
    story = Story("r", HOUR).begin("w")
    story.tell(ev.ActivityStarted(), "a", after=0.9).step("b", took=1.0)
    story.tell(ev.RunStarted(worker="other:1"), after=600)
    story.tell(ev.ActivityStarted(attempt=1), "a", after=1)
    assert bars_of(story, "a") == [(RUN, 1.0, 2.01, False), (RUN, 603.01 - 0.0, -1.0, False)]
    assert [round(b - a) for a, b, _ in built(story).gaps] == [600]


def test_a_long_step_is_no_idle_time_but_a_wait_is() -> None:
    story = Story("r", HOUR).begin("w").step("a", took=500)
    assert not built(story).gaps
    story.tell(ev.WaitStarted(event="e"), "wait").tell(ev.WaitTimedOut(), "wait", after=700)
    assert [round(b - a) for a, b, _ in built(story).gaps] == [700]


def test_what_was_waited_for_when_a_run_failed_is_waited_for_again_after_a_retry() -> None:
    story = Story("r", HOUR).begin("w").tell(ev.WaitStarted(event="e"), "wait")
    info = ErrorInfo("E", "m", "a")
    story.tell(ev.ActivityStarted(), "a").tell(ev.ActivityFailed(error=info), "a")
    story.tell(ev.RunFailed(error=info, failed_paths=("a",)))
    assert all(bar[2] >= 0 for bar in bars_of(story, "wait"))
    story.tell(ev.RunRetried(voided=("a",)), after=5)
    assert [bar[0] for bar in bars_of(story, "wait")] == [WAIT, WAIT]
    assert bars_of(story, "wait")[-1][2] < 0
    assert built(story).tracks["a"].troubled == 0


# The axis


moments = st.integers(0, 10_000_000_000).map(lambda ms: ms / 1000)
"""Whole milliseconds, as in a log: of what lies closer together a float soon knows no more."""


@st.composite
def axes(draw: st.DrawFn) -> Axis:
    """Return an axis over a run with gaps in it."""
    edges = sorted(draw(st.lists(moments, min_size=2, max_size=14)))
    gaps = [(a, b) for a, b in zip(edges[1::2], edges[2::2], strict=False) if b > a]
    return Axis(edges[0], edges[-1], gaps, draw(st.integers(1, 300)))


@given(axes(), moments, moments)
def test_a_later_moment_never_lies_before_an_earlier_one(axis: Axis, a: float, b: float) -> None:
    first, second = sorted((a, b))
    assert axis.cell(first) <= axis.cell(second) + 1e-6


@given(axes(), moments)
def test_every_moment_lies_inside(axis: Axis, at: float) -> None:
    assert 0 <= axis.cell(at) <= axis.cells
    assert axis.cell(axis.start) == 0


@given(axes(), st.floats(0, 1))
def test_a_cell_leads_back_to_a_moment_that_lies_in_it(axis: Axis, share: float) -> None:
    cell = share * axis.cells
    at = axis.moment(cell)
    assert axis.start <= at <= axis.end
    if axis.end - axis.start > 1:
        assert abs(axis.cell(at) - cell) < 0.01 + axis.cells * 1e-6


def test_a_run_that_is_idle_throughout_takes_all_of_the_line() -> None:
    axis = Axis(0.001, 32768.002, [(0.001, 0.002), (0.002, 32768.002)], 100)
    assert axis.cell(axis.end) == 100


@given(axes())
def test_folded_gaps_never_take_more_than_half(axis: Axis) -> None:
    idle = sum(fold.end - fold.start for fold in axis.folds)
    if axis.end - axis.start - idle > 0.0005:
        assert sum(fold.after - fold.first for fold in axis.folds) <= axis.cells / 2 + 1e-6


@given(axes(), st.integers(0, 400), st.integers(1, 200))
def test_the_line_of_times_is_exactly_as_wide_as_asked(axis: Axis, left: int, width: int) -> None:
    assert width_of(axis_line(axis, left, width)) == width


def test_the_line_of_times_names_times_and_the_length_of_gaps() -> None:
    start = NOW.timestamp()
    axis = Axis(start, start + 8060, [(start + 30, start + 8030)], 100)
    line = axis_line(axis, 0, 100)
    assert line.startswith(" 14:03:22 ")
    assert "⋯ 2h13m ⋯" in line


# Rows


@given(
    st.sampled_from([waiting, failing, sleeping, finished, cancelled]),
    st.integers(30, 200),
    st.integers(0, 40),
    st.sampled_from([1, 2, 8, 1 << 20]),
    st.floats(0, 1),
)
def test_every_row_of_every_moment_is_exactly_as_wide_as_its_pane(
    tell: Any, width: int, seen: int, zoom: int, at: float
) -> None:
    events = tell("r", HOUR).events
    view = TimelineView()
    view.take(events, NOW, Status.RUNNING)
    view.take(events[:seen], NOW, Status.RUNNING)
    view.zoom_to(zoom, bar_width(width), view.builder.start + 100 * at)
    painter = view.painter(bar_width(width))
    for row in view.rows:
        assert row.track.first <= seen
        assert span_width(painter.bars(row)) == bar_width(width)
        if width >= 60:
            assert span_width(row_spans(view, painter, row, width)) == width
    if width >= 60:
        assert span_width(head_spans(painter, width)) == width
        assert span_width(legend(width)) <= width


def test_a_failing_step_shows_its_attempts_apart() -> None:
    bars = lines_of(failing("r", HOUR))["classify"]
    assert bars.strip().endswith("✗ 3 tries")
    assert bars.split("✗ 3")[0].count("✗") == 3
    assert "░" in bars


def test_an_open_wait_goes_on_over_the_folded_idle_time() -> None:
    bars = lines_of(waiting("r", timedelta(minutes=134)), width=120)[
        "approval ⇐ researcher-approved"
    ]
    assert "◇" in bars and "⋯2h13m⋯" in bars
    assert "▸" in bars
    assert bars.endswith("◆ open")


def test_of_a_run_that_is_over_no_time_passes() -> None:
    story = cancelled("r", HOUR)
    end = story.events[-1].at
    assert timeline_text(story.events, NOW, 100) == timeline_text(story.events, end, 100)
    view = TimelineView()
    story = importing("r", HOUR, done=3)
    view.take(story.events, NOW, Status.INTERRUPTED)
    assert view.moment.edge == story.events[-1].at.timestamp()
    view.take(story.events, NOW, Status.RUNNING)
    assert view.moment.edge == NOW.timestamp()


@given(st.sampled_from([waiting, failing, sleeping, finished]), st.integers(1, 40))
def test_an_earlier_moment_is_drawn_as_it_was_drawn_then(tell: Any, seen: int) -> None:
    events = tell("r", HOUR).events
    then, later = TimelineView(), TimelineView()
    then.take(events[:seen], NOW, None)
    later.take(events, NOW, None)
    later.take(events[:seen], NOW, None)
    for view in (then, later):
        view.chosen = dict.fromkeys(view.builder.tracks, True)
        view.lay_out()
    drawn = [
        [view.painter(80).bars(row) for row in view.rows if row.track.kind in STEPS]
        for view in (then, later)
    ]
    assert drawn[0] == drawn[1]


def test_many_finished_items_are_one_row_and_open_by_the_thousand() -> None:
    view = TimelineView()
    view.take(importing("r", HOUR, done=2500).events, NOW, Status.RUNNING)
    assert [row.track.path for row in view.rows][:2] == ["process", "process[0]"]
    assert len(view.rows[1].group) == 2500
    key = view.unfold_to("process[1234]/enrich")
    assert key in [row.key for row in view.rows]
    assert len(view.rows) < 1100


def test_a_failed_item_stands_by_itself() -> None:
    story = Story("r", HOUR).begin("w").tell(ev.EachStarted(total=60), "e")
    for index in range(60):
        story.item(f"e[{index}]") if index != 30 else story.tell(
            ev.EachItemFailed(error=ErrorInfo("E", "m", "e[30]")), "e[30]"
        )
    view = TimelineView()
    view.take(story.events, NOW, None)
    assert [row.key for row in view.rows] == ["e", "e[0]…", "e[30]", "e[31]…"]


def test_events_are_taken_in_a_few_at_a_time() -> None:
    view, events = TimelineView(), importing("r", HOUR, done=50).events
    view.take(events, NOW, Status.RUNNING, most=40)
    assert (view.behind, view.moment.seq) == (len(events) - 40, 40)
    view.take(events, NOW, Status.RUNNING, most=1000)
    assert (view.behind, view.moment.seq) == (0, len(events))


def test_another_run_begins_anew() -> None:
    view = TimelineView()
    view.take(waiting("r", HOUR).events, NOW, None)
    assert view.take(finished("s", HOUR).events, NOW, None)
    assert "publish" in view.builder.tracks
    assert "approval" not in view.builder.tracks
    view.take([], NOW, None)
    assert view.rows == []


def test_records_out_of_order_in_time_draw_no_bar_backwards() -> None:
    story = Story("r", HOUR).begin("w")
    story.tell(ev.ActivityStarted(), "a").tell(ev.ActivityCompleted(output=encoded(1)), "a", -30)
    assert all(end >= start for _, start, end, _ in bars_of(story, "a"))
    timeline_text(story.events, NOW, 80)


def test_the_text_of_no_events_is_an_empty_timeline() -> None:
    assert "path" in timeline_text([], NOW, 80)
    assert "at work" in timeline_text([Event(ev.RunSubmitted(workflow="w"), "", NOW, 1)], NOW, 120)
