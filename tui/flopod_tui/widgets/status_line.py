"""The newest message, with its time: replaced by the next one, never stacked.

An error stays until somebody has pressed a key: what is said meanwhile goes to the log alone.
"""

from __future__ import annotations

from datetime import datetime
from time import monotonic

from flopod_tui.frame.messages import MARKS
from flopod_tui.text.format import cut, safe, width_of
from flopod_tui.text.spans import Spans, spread
from flopod_tui.widgets.painted import Panel

MORE = "… L shows all "
READ = 1.0
"""Seconds that it takes to read an error: a key pressed sooner does not take it away."""


class StatusLine(Panel):
    """The last line but one of a screen."""

    text = ""
    """What it says now."""
    role = ""
    _seen = True
    _since = 0.0

    def say(self, text: str, at: datetime, role: str = "") -> None:
        """Show a message for people, unless an error stands here that nobody has seen yet."""
        if self.role == "error" and role != "error" and not self._seen:
            return
        self.text, self.role, self._seen, self._since = text, role, False, monotonic()
        mark = MARKS.get(role, "")
        clock = f"{at:%H:%M:%S} " if text else ""
        left = [(f" {mark}", role), (safe(text, 1000), role if role == "error" else "")]
        self.show([left, [(clock, "quiet")]])
        self.refresh()

    def row(self, y: int, width: int) -> Spans:
        """Return the message at the left, its time at the right."""
        left, right = self.rows or ([], [])
        if not left or width_of(left[1][0]) + 14 <= width:
            return spread(left, right, width)
        mark, (text, role) = left
        room = width - width_of(mark[0]) - width_of(MORE)
        return [mark, (cut(text, room).removesuffix("…"), role), (MORE, "key")]

    def key_pressed(self, at: datetime) -> None:
        """Somebody is there: an error that could be read goes, a newer message may replace it."""
        self._seen = True
        if self.role == "error" and monotonic() - self._since > READ:
            self.clear(at)

    def clear(self, at: datetime) -> None:
        """Show nothing."""
        self._seen = True
        self.say("", at)
