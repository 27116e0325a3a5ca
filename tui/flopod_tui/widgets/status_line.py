"""The newest message, with its time: replaced by the next one, never stacked."""

from __future__ import annotations

from datetime import datetime

from flopod_tui.format import safe
from flopod_tui.spans import Spans, spread
from flopod_tui.widgets.painted import Panel


class StatusLine(Panel):
    """The last line but one of a screen."""

    text = ""
    """What it says now."""

    def say(self, text: str, at: datetime, role: str = "") -> None:
        """Show a message for people."""
        self.text = text
        mark = {"error": "✗ ", "ok": "✓ "}.get(role, "")
        clock = f"{at:%H:%M:%S} " if text else ""
        left = [(f" {mark}", role), (safe(text, 1000), role if role == "error" else "")]
        self.show([left, [(clock, "quiet")]])
        self.refresh()

    def row(self, y: int, width: int) -> Spans:
        """Return the message at the left, its time at the right."""
        left, right = self.rows or ([], [])
        return spread(left, right, width)

    def clear(self, at: datetime) -> None:
        """Show nothing."""
        self.say("", at)
