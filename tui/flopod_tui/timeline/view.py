"""The timeline of a run as lines of a given width: for its widget, and whole for a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from flopod import events as ev
from flopod.events import Event
from flopod.summary import Status
from flopod_tui.text.format import fit_right
from flopod_tui.text.spans import Span, cut_spans, span_width
from flopod_tui.timeline.axis import Axis, axis_line
from flopod_tui.timeline.rows import Moment, Painter, Row, label, length, rows
from flopod_tui.timeline.spans import IDLE, SpanBuilder

RIGHT = 10
"""Cells for how long it took."""
TIME_PASSES = (Status.RUNNING, Status.WAITING, Status.SLEEPING, Status.RETRYING)
"""Of a run that stands so, what is open goes on until now; of any other to its newest record."""
ENDS = (ev.RunCompleted, ev.RunFailed, ev.RunCancelled, ev.RunNeedsAttention)
LEGEND: tuple[tuple[Span, str, str], ...] = (
    (("█", "ok"), "at work", "work"),
    (("✗", "failed"), "failed attempt", "failed"),
    (("░", "retrying"), "backoff", "backoff"),
    (("◇", "waiting"), "waiting", "wait"),
    (("○", "sleeping"), "sleeping", "sleep"),
    (("▸", "running"), "goes on", "on"),
    (("⋯", "quiet"), "idle, folded", "idle"),
)


class TimelineView:
    """A run's timeline as of an event, at a zoom."""

    def __init__(self) -> None:
        self.builder = SpanBuilder()
        self.chosen: dict[str, bool] = {}
        """What was folded (False) or unfolded (True), by the key of its row."""
        self.zoom = 1
        """How many times as long as its pane the whole is."""
        self.left: float | None = None
        """The first moment on view, where not the whole is."""
        self.fold_idle = True
        self.rows: list[Row] = []
        self.moment = Moment(0, 0.0)
        self.behind = 0
        """Events that are not taken in yet."""
        self._first: Event | None = None
        self._taken = 0

    def take(
        self,
        events: Sequence[Event],
        now: datetime,
        status: Status | None,
        most: int | None = None,
    ) -> bool:
        """Show the run after these events; say whether it is another run than before.

        Args:
            now: where open bars end, if time passes for a run that stands so.
            most: of events that are new, take in only so many; the rest is `behind`.
        """
        other = not events or events[0] is not self._first
        if other:
            self.builder, self._taken = SpanBuilder(), 0
            self._first = events[0] if events else None
        end = len(events) if most is None else min(len(events), self._taken + most)
        for index in range(self._taken, end):
            self.builder.add(events[index])
        self.behind = max(0, len(events) - end)
        past = len(events) < self._taken or self.behind > 0
        before, added = self.moment.seq, end > self._taken
        self._taken = max(self._taken, end)
        self.moment = self._moment(events[end - 1] if end else None, None if past else status, now)
        if other or added or self.moment.seq != before:
            self.lay_out()
        return other

    def unfold_to(self, path: str) -> str:
        """Unfold what hides a path; return the key of its row."""
        above: set[str] = set()
        track = self.builder.tracks.get(path)
        while track is not None:
            above.add(track.path)
            track = track.around
        self.chosen.update(dict.fromkeys(above - {path}, True))
        self.lay_out()
        index = 0
        while index < len(self.rows):
            row = self.rows[index]
            if row.group and not row.opened and any(one.path in above for one in row.group):
                self.chosen[row.key] = True
                self.lay_out()
            index += 1
        return path

    def _moment(self, newest: Event | None, status: Status | None, now: datetime) -> Moment:
        if newest is None:
            return Moment(0, 0.0)
        at = newest.at.timestamp()
        edge = max(at, now.timestamp()) if status in TIME_PASSES else at
        return Moment(newest.seq, max(edge, self.builder.start))

    def lay_out(self) -> None:
        """Find the rows on view."""
        self.rows = rows(self.builder.tops, self.chosen, self.moment.seq)

    def painter(self, width: int) -> Painter:
        """Return what draws the bars in so many cells."""
        axis = self.axis(width)
        first = 0 if self.left is None else round(axis.cell(self.left))
        return Painter(axis, min(first, axis.cells - width), width, self.moment)

    def axis(self, width: int) -> Axis:
        """Return where moments lie."""
        gaps = self.gaps() if self.fold_idle else []
        return Axis(self.builder.start, self.moment.edge, gaps, width * self.zoom)

    def gaps(self) -> list[tuple[float, float]]:
        """Return the times in which nothing was at work and nothing was recorded."""
        known, seq, edge = self.builder, self.moment.seq, self.moment.edge
        found = [(start, end) for start, end, last in known.gaps if last <= seq]
        idle = not known.working and known.last == seq
        return [*found, (known.newest, edge)] if idle and edge - known.newest > IDLE else found

    def zoom_to(self, zoom: int, width: int, around: float | None = None) -> None:
        """Look closer, or from further away, at a moment or at the middle of what is on view."""
        before = self.painter(width)
        middle = before.axis.moment(before.left + width / 2) if around is None else around
        self.zoom = max(1, min(zoom, 1 << 20))
        self._begin_at(self.axis(width).cell(middle) - width / 2, width)

    def pan(self, cells: int, width: int) -> None:
        """Look at what is earlier, or later."""
        self._begin_at(self.painter(width).left + cells, width)

    def fit(self) -> None:
        """Look at the whole."""
        self.zoom, self.left = 1, None

    def _begin_at(self, cell: float, width: int) -> None:
        axis = self.axis(width)
        first = max(0.0, min(cell, float(axis.cells - width)))
        self.left = axis.moment(first) if self.zoom > 1 else None


def label_width(width: int) -> int:
    """Return the cells for the paths."""
    return max(16, min(40, width * 3 // 10))


def bar_width(width: int) -> int:
    """Return the cells for the bars."""
    return max(8, width - label_width(width) - RIGHT - 2)


def row_spans(view: TimelineView, painter: Painter, row: Row, width: int) -> list[Span]:
    """Return a row: its path, its bars, and how long it took."""
    text, role = length(row, view.moment)
    return [
        *_fitted(label(row), label_width(width)),
        ("│", "rule"),
        *painter.bars(row),
        (" " + fit_right(text, RIGHT), role),
    ]


def head_spans(painter: Painter, width: int) -> list[Span]:
    """Return the line of times."""
    title = " path " + "─" * (label_width(width) - 6)
    line = axis_line(painter.axis, painter.left, painter.width)
    return [(title, "quiet"), ("┬", "rule"), (line, "quiet"), ("─" * (RIGHT + 1), "quiet")]


def legend(width: int) -> list[Span]:
    """Return what the bars mean, in as many words as fit."""
    long, short = (
        [span for glyph, *words in LEGEND for span in (glyph, (f" {words[n]}  ", "quiet"))]
        for n in (0, 1)
    )
    return cut_spans([(" ", ""), *(long if span_width(long) < width else short)], width)


def timeline_text(events: Sequence[Event], now: datetime, width: int) -> str:
    """Return the timeline of these events as text."""
    lines = whole(events, now, width)
    return "".join("".join(text for text, _ in line).rstrip() + "\n" for line in lines)


def whole(
    events: Sequence[Event], now: datetime, width: int, most: int | None = None
) -> Iterator[list[Span]]:
    """Yield the lines of a timeline, unfolded but for long rows of finished items.

    Args:
        most: rows that are drawn; the others are counted.
        now: where open bars end, unless the run has ended.
    """
    view = TimelineView()
    ended = bool(events) and isinstance(events[-1].fact, ENDS)
    view.take(events, now, None if ended else Status.RUNNING)
    view.chosen = dict.fromkeys(view.builder.tracks, True)
    view.lay_out()
    painter = view.painter(bar_width(width))
    yield head_spans(painter, width)
    yield from (row_spans(view, painter, row, width) for row in view.rows[:most])
    if most is not None and len(view.rows) > most:
        yield [(f"   … {len(view.rows) - most:,} more rows", "quiet")]
    yield legend(width)


def _fitted(spans: list[Span], width: int) -> list[Span]:
    kept = cut_spans(spans, width)
    return [*kept, (" " * (width - span_width(kept)), "")]
