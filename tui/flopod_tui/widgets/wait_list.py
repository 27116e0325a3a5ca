"""The open waits to choose from; choosing one fills the form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from flopod.stored import utc_now
from flopod_tui.format import age, cut_left, cut_middle, fit, fit_right, safe, since, width_of
from flopod_tui.open_waits import WaitOf
from flopod_tui.spans import Spans
from flopod_tui.widgets.lines import LineList

TIMES = 25
"""Cells for since when, until when, and the gaps."""


class WaitList(LineList):
    """Waits of a store."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "choose", "Choose", show=False)]

    @dataclass
    class Chosen(Message):
        """The form is to be filled for the wait under the cursor."""

        done: bool
        """Go on to the payload."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.waits: Sequence[WaitOf] = ()
        self.now = utc_now()

    @property
    def current(self) -> WaitOf | None:
        """The wait under the cursor; None on the last line, which stands for typing by hand."""
        return self.waits[self.cursor] if self.cursor < len(self.waits) else None

    def show(self, waits: Sequence[WaitOf], now: datetime) -> None:
        """Offer these waits."""
        self.waits, self.now = waits, now
        self.resize_to(len(waits) + 1)

    def cursor_moved(self) -> None:
        """Fill the form for the wait under the cursor."""
        self.post_message(self.Chosen(done=False))

    def action_choose(self) -> None:
        """Go on to the payload."""
        self.post_message(self.Chosen(done=True))

    def open_row(self) -> None:
        """Go on to the payload."""
        self.action_choose()

    def row(self, index: int, width: int) -> Spans:
        """Return one wait."""
        if index == len(self.waits):
            return [(" other…", ""), ("  type run, path and event by hand", "quiet")]
        one = self.waits[index]
        left = f"{age(one.wait.deadline - self.now)} left" if one.wait.deadline else "no timeout"
        run, path, event = self._columns(width - TIMES)
        return [
            (f" {fit(cut_middle(safe(one.run_id, 200), run), run)}  ", ""),
            (f"{fit(cut_left(safe(one.wait.path, 500), path), path)}  ", "quiet"),
            (fit(safe(one.wait.event, 200), event), "strong"),
            (f"{fit_right(since(one.wait.opened_at, self.now), 7)}", "quiet"),
            (f"{fit_right(left, 12)} ", "quiet"),
        ]

    def _columns(self, room: int) -> tuple[int, int, int]:
        """Return the widths of run, path and event: what they need, else a fair share."""
        longest = (
            max(width_of(safe(one.run_id, 200)) for one in self.waits),
            max(width_of(safe(one.wait.path, 500)) for one in self.waits),
            max(width_of(safe(one.wait.event, 200)) for one in self.waits),
        )
        event = min(longest[2], max(room // 3, room - longest[0] - longest[1]))
        run = min(longest[0], max((room - event) * 2 // 3, room - event - longest[1]))
        path = min(longest[1], room - event - run)
        return run, path, room - run - path
