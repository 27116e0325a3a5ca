"""The whole log as JSON lines, made as they come into view."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from flopod.events import Event
from flopod_tui.run.log_lines import log_line, whole_line
from flopod_tui.text.format import safe
from flopod_tui.text.json_tokens import json_spans
from flopod_tui.text.spans import Span, Spans, cut_spans, span_width
from flopod_tui.values.masking import Masking
from flopod_tui.widgets.searching import Searching

STEP = 20
"""Cells by which the lines are pushed aside."""


class LogView(Searching):
    """What happened, as the store keeps it."""

    SLACK = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", show=False),
        Binding("l,right", "aside(1)", "To the right", show=False),
        Binding("h,left", "aside(-1)", "To the left", show=False),
        Binding("0", "aside(0)", "To the beginning of the lines", show=False),
    ]

    @dataclass
    class Highlighted(Message):
        """The cursor stands on another event."""

        event: Event | None

    @dataclass
    class Opened(Message):
        """The user asked to see an event whole."""

        event: Event

    def __init__(self, *, id: str | None = None, masking: Masking | None = None) -> None:
        super().__init__(id=id)
        self.masking = masking or Masking()
        self.events: Sequence[Event] = []
        self.left = 0
        """Cells of each line that are out of view on the left."""

    @property
    def current(self) -> Event | None:
        """The event under the cursor."""
        return self.events[self.cursor] if self.cursor < len(self.events) else None

    def show(self, events: Sequence[Event]) -> None:
        """Show these events; a cursor on the last one stays on the last one."""
        at_end = self.cursor >= len(self.events) - 1
        if len(events) != len(self.events):
            self.forget_search()
        self.events = events
        self.resize_to(len(events))
        if at_end and events and self.cursor != len(events) - 1:
            self.move_to(len(events) - 1)

    def row(self, index: int, width: int) -> Spans:
        """Return one event."""
        wanted = self.left + width
        text = log_line(self.events[index], self.masking, wanted + 1)
        spans: list[Span] = [(safe(piece), role) for piece, role in json_spans(text)]
        return _cut(_without(spans, self.left), width)

    def empty_row(self, y: int, width: int) -> Spans:
        """Say that there is nothing."""
        return [("   no event yet", "quiet")] if y == 0 else []

    def cursor_moved(self) -> None:
        """Report the event."""
        if self._sought:
            self.found = self._sought.told(self.cursor)
        self.post_message(self.Highlighted(self.current))

    def action_open(self) -> None:
        """Ask for the whole event."""
        if self.current:
            self.post_message(self.Opened(self.current))

    def open_row(self) -> None:
        """Ask for the whole event."""
        self.action_open()

    def action_aside(self, step: int) -> None:
        """Push the lines aside, or back."""
        self.left = max(0, self.left + step * STEP) if step else 0
        self.repaint_changed()

    def places(self, text: str) -> Iterator[int | None]:
        """Yield the index of each event whose line has the text in it."""
        wanted = text.lower()
        for index, event in enumerate(self.events):
            line = whole_line(event, self.masking)
            yield index if wanted in line.lower() else None

    def place(self) -> int:
        """Return which event has the cursor."""
        return self.cursor

    def go_to(self, place: int) -> None:
        """Put the cursor on an event, and push the lines aside so that the hit is on view."""
        self.move_to(place)
        wanted = self._sought.text.lower() if self._sought else ""
        at = whole_line(self.events[place], self.masking).lower().find(wanted)
        width = self.size.width
        if not self.left <= at < self.left + width - len(wanted) - 1:
            self.left = 0 if at < width // 2 else (at - width // 2) // STEP * STEP
            self.repaint_changed()


def _cut(spans: list[Span], width: int) -> list[Span]:
    """Return the spans in so many cells, with a sign where there is more."""
    if span_width(spans) <= width:
        return spans
    kept = [span for span in cut_spans(spans, width - 1) if span[0]]
    return kept if kept and kept[-1][0].endswith("…") else [*kept, ("…", "")]


def _without(spans: Spans, cells: int) -> list[Span]:
    """Return the spans without their first characters."""
    kept: list[Span] = []
    for text, role in spans:
        kept.append((text[cells:], role))
        cells = max(0, cells - len(text))
    return [span for span in kept if span[0]]
