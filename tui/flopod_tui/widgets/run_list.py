"""The list of runs: knows rows and marks, and nothing about where the runs come from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from flopod.stored import utc_now
from flopod.summary import RunSummary
from flopod_tui.runs.columns import USUAL, Placed, cells, head, place
from flopod_tui.runs.order import Order
from flopod_tui.runs.rows import Row
from flopod_tui.text.format import cut
from flopod_tui.text.glyphs import look
from flopod_tui.text.spans import Span, Spans
from flopod_tui.widgets.lines import LineList

MEASURED = 200
"""So many of the first runs decide how wide the columns are."""


class RunList(LineList):
    """Runs in rows."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,l,right", "open", "Open", key_display="Enter"),
        Binding("space", "mark", "Mark", key_display="Space"),
        Binding("V", "mark_range", "Mark from the last mark to here", show=False),
        Binding("a", "mark_all", "Mark all shown", show=False),
        Binding("u", "mark_none", "Mark none", show=False),
    ]
    HEAD = 1

    @dataclass
    class Opened(Message):
        """The user asked to look inside a run."""

        run_id: str

    @dataclass
    class Highlighted(Message):
        """The cursor stands on another run; None: the list is empty."""

        run: RunSummary | None

    class Marked(Message):
        """Other runs are marked than before."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.rows: Sequence[Row] = ()
        self.now = utc_now()
        self.order = Order()
        self.names: Sequence[str] = USUAL
        """The columns that are wanted."""
        self.nothing: list[Spans] = []
        """What stands there when no run does."""
        self.marks: set[str] = set()
        self.hits: Callable[[Row], bool] | None = None
        """Says of a row whether it stands out."""
        self.new_above = 0
        """Runs that came above what is on the screen."""
        self.moved_at = 0.0
        """When somebody moved the cursor last."""
        self._on: Row | None = None
        self._last_mark = ""
        self._placed: tuple[int, list[Placed]] = (0, [])

    @property
    def current(self) -> RunSummary | None:
        """The run under the cursor."""
        return self.rows[self.cursor].run if self.cursor < len(self.rows) else None

    def show(self, rows: Sequence[Row], now: datetime, *, news: bool = False) -> None:
        """Show these rows; the cursor stays on its run, and the run on its line.

        Args:
            news: rows that are new above the first line are counted.
        """
        self.rows, self.now = rows, now
        self._placed = (0, [])
        moved = self._index_of_current() - self.cursor
        if moved:
            self.set_reactive(RunList.cursor, self.cursor + moved)
        self.resize_to(len(rows))
        if moved and self.scroll_offset.y:
            self.new_above += max(0, moved) if news else 0
            self.jump(self.scroll_offset.y + moved)
        self._told()

    def _index_of_current(self) -> int:
        if self.cursor < len(self.rows) and self.rows[self.cursor] is self._on:
            return self.cursor
        if self._on is None or not self._on.listed:
            return self.cursor
        return self.rows.index(self._on)

    def show_columns(self, names: Sequence[str], order: Order) -> None:
        """Show these columns, of which one is sorted by."""
        self.names, self.order = names, order
        self._placed = (0, [])
        self.repaint_changed()

    def tick(self, now: datetime) -> None:
        """Let time pass: only rows that say something else now are sent again."""
        self.now = now
        self.repaint_changed()

    def cursor_moved(self) -> None:
        """Report the run under the cursor; somebody moved it."""
        if self.rows:
            self.moved_at = monotonic()
        self._told()

    def _told(self) -> None:
        self._on = self.rows[self.cursor] if self.cursor < len(self.rows) else None
        if not self.scroll_offset.y:
            self.new_above = 0
        self.post_message(self.Highlighted(self.current))

    def go_to(self, run_id: str) -> bool:
        """Put the cursor on a run; say whether it is shown."""
        found = next((i for i, row in enumerate(self.rows) if row.run.run_id == run_id), None)
        if found is not None:
            self.move_to(found)
        return found is not None

    def step_to_hit(self, step: int) -> bool:
        """Put the cursor on the next row that stands out, or the one before; round the ends."""
        hits, count = self.hits, len(self.rows)
        around = (self.cursor + step * away for away in range(1, count + 1))
        found = next((i % count for i in around if hits and hits(self.rows[i % count])), None)
        if found is not None:
            self.move_to(found)
        return found is not None

    # Marks

    def mark(self, run_ids: Iterable[str]) -> None:
        """Mark these as well."""
        self._set_marks(self.marks | set(run_ids))

    def unmark(self, run_ids: Collection[str]) -> None:
        """Take the marks off these."""
        self._set_marks(self.marks - set(run_ids))

    def _set_marks(self, marks: set[str]) -> None:
        self.marks = marks
        self._placed = (0, [])
        self.repaint_changed()
        self.post_message(self.Marked())

    def action_mark(self) -> None:
        """Mark the run under the cursor, or take its mark off, and go on to the next."""
        if self.current is None:
            return
        self._last_mark = self.current.run_id
        self._set_marks(self.marks ^ {self._last_mark})
        self.action_move(1)

    def action_mark_range(self) -> None:
        """Mark all from the run that was marked last to the one under the cursor."""
        if self.current is None:
            return
        ids = (i for i, row in enumerate(self.rows) if row.run.run_id == self._last_mark)
        first, last = sorted((next(ids, self.cursor), self.cursor))
        self._last_mark = self.current.run_id
        self.mark(row.run.run_id for row in self.rows[first : last + 1])

    def action_mark_all(self) -> None:
        """Mark all that are shown."""
        self.mark(row.run.run_id for row in self.rows)

    def action_mark_none(self) -> None:
        """Take all marks off."""
        self._set_marks(set())

    def action_open(self) -> None:
        """Look inside the run under the cursor."""
        if self.current:
            self.post_message(self.Opened(self.current.run_id))

    def open_row(self) -> None:
        """Look inside the run under the cursor."""
        self.action_open()

    # Lines

    def placed(self, width: int) -> list[Placed]:
        """Return the columns that fit."""
        width -= bool(self.marks)
        if self._placed[0] != width:
            runs = [row.run for row in self.rows[:MEASURED]]
            self._placed = (width, place(self.names, width, runs))
        return self._placed[1]

    def head_row(self, y: int, width: int) -> Spans:
        """Return the titles of the columns."""
        if not self.count:
            return []
        gap = " " * (3 + bool(self.marks))
        return [(cut(f"{gap}{head(self.placed(width - 1), self.order)}", width), "quiet")]

    def empty_row(self, y: int, width: int) -> Spans:
        """Say why there is no run."""
        return self.nothing[y] if y < len(self.nothing) else []

    def row(self, index: int, width: int) -> Spans:
        """Return one run."""
        row = self.rows[index]
        shown = look(row.run.status)
        start: list[Span] = [(f"{shown.glyph} ", shown.role)]
        if self.marks:
            start.insert(0, ("*" if row.run.run_id in self.marks else " ", "accent"))
        spans = [*start, *cells(row.run, self.now, self.placed(width))]
        if self.hits and self.hits(row):
            spans[len(start)] = (spans[len(start)][0], "accent")
        return spans
