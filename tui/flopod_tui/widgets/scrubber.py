"""A whole log in one line of the screen; a click goes to the record there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from textual import events
from textual.message import Message

from flopod_tui.run.scrub_line import ScrubLine, Track, scrub_line
from flopod_tui.text.spans import Span, Spans, span_width
from flopod_tui.widgets.painted import Panel

NARROWEST = 8
"""Cells of the line itself, at least."""


class Scrubber(Panel):
    """Shows where in time the records are, and which one is shown."""

    @dataclass
    class Clicked(Message):
        """The user pointed at a record, by how many events there are up to it."""

        count: int

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._line: ScrubLine | None = None
        self._left = 0

    def lay(self, track: Track, here: int | None, end: str, more: Spans, *, times: bool) -> None:
        """Show a log.

        Args:
            here: the index of the record that is shown; None: the newest.
            end: what stands at the end: `LIVE`.
            more: what follows the line.
            times: show the times of the first and the last record.
        """
        if not self.size.width or not track.times:
            self._line = None
            return self.show([[]])
        left: list[Span] = [(f" {_clock(track.first)} " if times else " ", "quiet"), ("├", "rule")]
        mark = ("|" if self.is_plain else "▌") if here is None else " "
        last = f" {_clock(track.last)}" if times else ""
        right: list[Span] = [(mark, "accent"), (last, "quiet"), (f" {end} ", "ok"), *more]
        self._left = span_width(left)
        width = max(NARROWEST, self.size.width - self._left - span_width(right))
        self._line = self._laid_out(track, width)
        self.show([[*left, *self._line.spans(here, plain=self.is_plain), *right]])

    @property
    def is_plain(self) -> bool:
        """This terminal shows ASCII."""
        return bool(getattr(self.app, "plain_glyphs", False))

    def _laid_out(self, track: Track, width: int) -> ScrubLine:
        known = self._line
        same = known is not None and known.track is track and known.width == width
        if known and same and known.stretches[-1].end == len(track.times):
            return known
        return scrub_line(track, width)

    def on_click(self, event: events.Click) -> None:
        """Go to the record there."""
        if self._line is not None:
            index = self._line.nearest(max(0, event.x - self._left))
            if index is not None:
                self.post_message(self.Clicked(index + 1))


def _clock(at: datetime | None) -> str:
    return at.astimezone(UTC).strftime("%H:%M:%S") if at else ""
