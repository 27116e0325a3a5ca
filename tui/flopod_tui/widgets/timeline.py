"""When each path of a run was at work, waited or slept, as bars on an axis of time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from flopod.events import Event
from flopod.stored import utc_now
from flopod.summary import Status
from flopod_tui.terminal.timing import once
from flopod_tui.text.spans import Spans
from flopod_tui.timeline.rows import Painter, Row
from flopod_tui.timeline.view import (
    TimelineView,
    bar_width,
    head_spans,
    legend,
    row_spans,
)
from flopod_tui.widgets.searching import Searching

AT_ONCE = 2000
"""Events that are taken in between two keys."""
REST = 0.005
BESIDE = 2
"""Cells for the cursor mark on the left and the scrollbar on the right."""
ROOM_FOR_KEYS = 110


class Timeline(Searching):
    """The paths of a run and their bars."""

    HEAD = 2
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("plus,equals_sign", "zoom(2)", "Zoom", key_display="+/-"),
        Binding("minus", "zoom(0.5)", "Zoom out", show=False, key_display="-"),
        Binding("0", "fit", "Whole run", show=False),
        Binding("h,left", "pan(-1)", "Pan", show=False, key_display="h/l"),
        Binding("l,right", "pan(1)", "Pan right", show=False),
        Binding("i", "idle", "Idle gaps", show=False),
        Binding("enter", "switch_fold", "Fold or unfold", show=False),
    ]

    @dataclass
    class Highlighted(Message):
        """The cursor stands on another path."""

        path: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.view = TimelineView()
        self._on = ""
        self._painter: Painter | None = None
        self._wanted: tuple[Sequence[Event], datetime, Status | None] = ([], utc_now(), None)
        self._taking = False
        self._order: dict[str, int] = {}

    @property
    def note(self) -> str:
        """How much is on view, and the keys that change it where there is room for them."""
        if self.view.behind:
            return f"{self.view.behind:,} events to go"
        zoom = "whole run" if self.view.zoom == 1 else f"{self.view.zoom:,} times"
        idle = "folded" if self.view.fold_idle else "shown"
        if self.size.width < ROOM_FOR_KEYS:
            return f"zoom: {zoom} · idle gaps: {idle}"
        return f"zoom: {zoom}  + - zoom  h l pan  0 fit  i idle gaps: {idle}"

    @property
    def current(self) -> str:
        """The path under the cursor."""
        return self.row_at.track.path if self.row_at else ""

    @property
    def row_at(self) -> Row | None:
        """The row under the cursor."""
        rows = self.view.rows
        return rows[self.cursor] if self.cursor < len(rows) else None

    def show(self, events: Sequence[Event], now: datetime, status: Status | None = None) -> None:
        """Show the run after these events; the cursor stays on its path.

        Args:
            status: how the run stands: of one that is over no time passes.
        """
        self._wanted = (events, now, status)
        self._take()

    def _take(self) -> None:
        """Take in as many events as leave room for a key."""
        taking = self._wanted
        if self.view.take(*taking, AT_ONCE):
            self.forget_search()
        self._relay()
        if self.view.behind and not self._taking:
            self._taking = True
            once(self, REST, self._go_on)

    def _go_on(self) -> None:
        self._taking = False
        self._take()

    def put_on(self, path: str) -> None:
        """Put the cursor on a path, unfolding what hides it."""
        self._on = self.view.unfold_to(path)
        self._relay()
        self.reveal(self.cursor)

    def cursor_moved(self) -> None:
        """Report the path."""
        if self.row_at:
            self._on = self.row_at.key
        if self._sought:
            self.found = self._sought.told(self.place())
        self.post_message(self.Highlighted(self.current))

    def head_row(self, y: int, width: int) -> Spans:
        """Return the legend, or the line of times."""
        return (
            legend(width) if y == 0 else [(" ", ""), *head_spans(self._painting(), width - BESIDE)]
        )

    def empty_row(self, y: int, width: int) -> Spans:
        """Say that there is nothing."""
        return [("   no step has begun yet", "quiet")] if y == 0 else []

    def row(self, index: int, width: int) -> Spans:
        """Return one row."""
        return row_spans(self.view, self._painting(), self.view.rows[index], width + 1 - BESIDE)

    def _painting(self) -> Painter:
        width = bar_width(self.size.width - BESIDE)
        if self._painter is None or self._painter.width != width:
            self._painter = self.view.painter(width)
        return self._painter

    def _relay(self) -> None:
        self._painter = None
        rows = self.view.rows
        self.count = len(rows)
        at = next((n for n, row in enumerate(rows) if row.key == self._on), self.cursor)
        self.set_reactive(Timeline.cursor, max(0, min(at, len(rows) - 1)))
        self.resize_to(len(rows))
        self.post_message(self.Highlighted(self.current))

    # Keys

    def action_switch_fold(self) -> None:
        """Fold or unfold the row."""
        if self.row_at and self.row_at.opened is not None:
            self._choose(self.row_at, not self.row_at.opened)

    def open_row(self) -> None:
        """Fold or unfold the row."""
        self.action_switch_fold()

    def _choose(self, row: Row, opened: bool) -> None:
        self.view.chosen[row.key] = opened
        self.view.lay_out()
        self._relay()

    def action_zoom(self, factor: float) -> None:
        """Look closer, or from further away."""
        width = bar_width(self.size.width - BESIDE)
        row = self.row_at if self.view.zoom == 1 else None
        middle = (row.track.start + row.track.end) / 2 if row else None
        self.view.zoom_to(int(self.view.zoom * factor), width, middle)
        self._relay()

    def action_fit(self) -> None:
        """Show the whole run."""
        self.view.fit()
        self._relay()

    def action_pan(self, step: int) -> None:
        """Go to what is earlier or later; where the whole is on view, fold or unfold."""
        width = bar_width(self.size.width - BESIDE)
        if self.view.zoom > 1:
            self.view.pan(step * max(1, width // 4), width)
            self._relay()
        elif self.row_at and self.row_at.opened is (step < 0):
            self._choose(self.row_at, step > 0)

    def action_idle(self) -> None:
        """Fold the idle gaps, or show them as long as they were."""
        self.view.fold_idle = not self.view.fold_idle
        self.action_fit()

    # Search

    def places(self, text: str) -> Iterator[int | None]:
        """Yield the number of each path that has the text in it."""
        wanted, number = text.lower(), 0
        self._order = {}
        for top in self.view.builder.tops:
            for track in top.walk():
                self._order[track.path] = number
                there = track.first <= self.view.moment.seq
                hit = there and wanted in f"{track.path} {track.note}".lower()
                yield number if hit else None
                number += 1

    def place(self) -> int:
        """Return the number of the path under the cursor."""
        return self._order.get(self.current, 0)

    def go_to(self, place: int) -> None:
        """Put the cursor on a path."""
        path = next((path for path, number in self._order.items() if number == place), "")
        self.put_on(path)
