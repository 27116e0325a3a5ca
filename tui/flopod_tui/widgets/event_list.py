"""The log of a run, newest at the end; follows it until the cursor is moved away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from flopod.events import Event
from flopod_tui.event_text import event_look, event_words
from flopod_tui.format import clock, cut_left, fit, fit_right, safe, width_of
from flopod_tui.spans import Span, Spans, cut_spans
from flopod_tui.widgets.lines import LineList

TYPE = 19
"""Cells for the type."""
SHORTER = {
    "RepeatIterationCompleted": "IterationCompleted",
    "ParallelBranchCompleted": "BranchCompleted",
    "ParallelBranchFailed": "BranchFailed",
}
"""Of types that do not fit, what the list calls them; the detail names them in full."""


class EventList(LineList):
    """What happened, in order."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("f", "follow", "Follow")]
    SLACK = True

    @dataclass
    class Highlighted(Message):
        """The cursor stands on another event, or follows the newest."""

        event: Event | None

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.events: list[Event] = []
        self.following = True
        self.seen = 0
        """How many events there were when following stopped."""

    @property
    def current(self) -> Event | None:
        """The event under the cursor."""
        return self.events[self.cursor] if self.cursor < len(self.events) else None

    @property
    def unseen(self) -> int:
        """How many events came since following stopped."""
        return 0 if self.following else max(0, len(self.events) - self.seen)

    def show(self, events: list[Event]) -> None:
        """Show these events; the list may have grown since."""
        many = len(events) - self.count > self.page // 2
        self.events = events
        self.resize_to(len(events))
        if self.following and many:
            self.jump(self.count - self.page)
        if self.following:
            self._go_to_end()

    def cursor_moved(self) -> None:
        """Report the event; leaving the last one stops following."""
        at_end = self.cursor >= len(self.events) - 1
        if self.following and not at_end:
            self.seen = len(self.events)
        self.following = at_end
        self.post_message(self.Highlighted(self.current))

    def action_follow(self) -> None:
        """Follow the newest event, or stop to."""
        self.following = not self.following
        self.seen = len(self.events)
        if self.following:
            self._go_to_end()
        self.post_message(self.Highlighted(self.current))

    def row(self, index: int, width: int) -> Spans:
        """Return one event."""
        event = self.events[index]
        shown = event_look(event)
        start: list[Span] = [
            (f"{fit_right(str(event.seq), max(4, len(str(len(self.events)))))} ", "quiet"),
            (f"{clock(event.at)} ", "quiet"),
            (f"{shown.glyph} ", shown.role),
            (f"{fit(SHORTER.get(event.type, event.type), TYPE)} ", ""),
        ]
        room = width - TYPE - 23
        words = event_words(event)
        path = cut_left(safe(event.path, 1000), max(12, room - width_of(words) - 2))
        gap = "  " if path and words else ""
        return [*start, *cut_spans([(f"{path}{gap}", ""), (words, "quiet")], max(0, room))]

    def _go_to_end(self) -> None:
        """Put the cursor on the newest event; past the lower edge, jump by half a page."""
        last = self.count - 1
        if last >= self.scroll_offset.y + self.page:
            self.jump(self.virtual_size.height)
        if last >= 0 and last != self.cursor:
            self.cursor = last
