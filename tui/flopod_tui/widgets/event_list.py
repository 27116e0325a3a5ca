"""The log of a run, newest at the end; follows it until the cursor is moved away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.scrollbar import ScrollTo

from flopod.events import Event
from flopod_tui.run.event_search import hits
from flopod_tui.run.event_text import event_look, event_words
from flopod_tui.text.format import clock, cut_left, fit, fit_right, safe, width_of
from flopod_tui.text.spans import Span, Spans, cut_spans, span_width
from flopod_tui.values.masking import MASKED, Masking
from flopod_tui.widgets.searching import Searching

TYPE = 19
"""Cells for the type."""
SHORTER = {
    "RepeatIterationCompleted": "IterationCompleted",
    "ParallelBranchCompleted": "BranchCompleted",
    "ParallelBranchFailed": "BranchFailed",
}
"""Of types that do not fit, what the list calls them; the detail names them in full."""


class EventList(Searching):
    """What happened, in order."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("f", "follow", "Follow")]
    SLACK = True

    @dataclass
    class Highlighted(Message):
        """The cursor stands on another event, or follows the newest."""

        event: Event | None

    def __init__(self, *, id: str | None = None, masking: Masking = MASKED) -> None:
        super().__init__(id=id)
        self.masking = masking
        self.events: Sequence[Event] = []
        self.until: int | None = None
        """The number of the last event that has happened, at the moment that is shown."""
        self.following = True
        self.seen = 0
        """The number of the newest event when following stopped."""
        self._searched = 0

    @property
    def current(self) -> Event | None:
        """The event under the cursor."""
        return self.events[self.cursor] if self.cursor < len(self.events) else None

    @property
    def max_scroll_y(self) -> int:
        """Whoever follows has half a page below, for what comes."""
        most = super().max_scroll_y
        return most + self.page // 2 if most and self.following else most

    @property
    def unseen(self) -> int:
        """How many events came since following stopped."""
        return 0 if self.following else max(0, self._newest - self.seen)

    def show(self, events: Sequence[Event], until: int | None = None) -> None:
        """Show these events; the list may have grown since, at either end.

        Args:
            until: the number of the last event that has happened at the moment that is shown;
                later ones are told as not yet there.
        """
        many = len(events) - self.count > self.page // 2
        older = self._first - (events[0].seq if events else self._first)
        self.events, self.until = events, until
        self.resize_to(len(events))
        if older and not self.following:
            self._move_down(max(older, -self.cursor))
        if self.following and many:
            self.jump(self.count - self.page)
        if self.following:
            # Whoever shows events says everything about the newest one, too.
            with self.prevent(self.Highlighted):
                self._go_to_end()

    def put_on(self, seq: int) -> None:
        """Put the cursor on an event, by its number."""
        self.pause()
        self.move_to(seq - self._first)

    def resized(self) -> None:
        """Fill the new size with the newest events, if they are followed."""
        if self.following:
            self.jump(self.count - self.page)

    def cursor_moved(self) -> None:
        """Report the event; leaving the last one stops following."""
        if self.cursor < len(self.events) - 1:
            self.pause()
        else:
            self.following = True
        if self._sought:
            self.found = self._sought.told(self.cursor)
        self.post_message(self.Highlighted(self.current))

    def pause(self) -> None:
        """Stay where the list is, whatever comes."""
        if self.following:
            self.following, self.seen = False, self._newest

    def action_follow(self) -> None:
        """Follow the newest event, or stop to."""
        if self.following:
            self.pause()
        else:
            self.following = True
            self._go_to_end()
        self.post_message(self.Highlighted(self.current))

    def action_last(self) -> None:
        """Go to the newest event and follow."""
        self.following = True
        self._go_to_end()
        self.reveal(self.cursor)
        self.post_message(self.Highlighted(self.current))

    def on_mouse_scroll_up(self) -> None:
        """Who looks at what was before wants to go on looking at it."""
        self._look_back()

    def on_scroll_up(self) -> None:
        """The same with the scrollbar."""
        self._look_back()

    def on_scroll_to(self, message: ScrollTo) -> None:
        """The same with the handle of the scrollbar."""
        if message.y is not None and message.y < self.scroll_y:
            self._look_back()

    def search(self, text: str, step: int) -> bool:
        """Go to the next hit, the one before, or (step 0) this one or the next."""
        if self._searched != len(self.events):
            self.forget_search()
        self._searched = len(self.events)
        return super().search(text, step)

    def places(self, text: str) -> Iterator[int | None]:
        """Yield the index of each event that has the text in it."""
        return hits(self.events, text)

    def place(self) -> int:
        """Return the index of the event under the cursor."""
        return self.cursor

    def go_to(self, place: int) -> None:
        """Put the cursor on a hit."""
        self.pause()
        self.move_to(place)

    def row(self, index: int, width: int) -> Spans:
        """Return one event."""
        event = self.events[index]
        shown = event_look(event)
        start: list[Span] = [
            (f"{fit_right(str(event.seq), max(4, len(str(self._newest))))} ", "quiet"),
            (f"{clock(event.at)} ", "quiet"),
            (f"{shown.glyph} ", shown.role),
            (f"{fit(SHORTER.get(event.type, event.type), TYPE)} ", ""),
        ]
        room = width - span_width(start)
        words = event_words(event, self.masking)
        path = cut_left(safe(event.path, 1000), max(12, room - width_of(words) - 2))
        gap = "  " if path and words else ""
        row = [*start, *cut_spans([(f"{path}{gap}", ""), (words, "quiet")], max(0, room))]
        if self.until is not None and event.seq > self.until:
            return [(text, "quiet") for text, _ in row]
        return row

    @property
    def _first(self) -> int:
        return self.events[0].seq if self.events else 1

    @property
    def _newest(self) -> int:
        return self.events[-1].seq if self.events else 0

    def _look_back(self) -> None:
        self.pause()
        self.post_message(self.Highlighted(self.current))

    def _move_down(self, rows: int) -> None:
        """Stay on the event and leave it where it is on the screen, though others came before."""
        self.set_reactive(EventList.cursor, self.cursor + rows)
        self.jump(self.scroll_offset.y + rows)

    def _go_to_end(self) -> None:
        """Put the cursor on the newest event; past the lower edge, jump by half a page."""
        last = self.count - 1
        if last >= self.scroll_offset.y + self.page:
            self.jump(self.count)
        if last >= 0 and last != self.cursor:
            self.cursor = last
