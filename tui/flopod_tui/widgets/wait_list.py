"""The open waits to choose from; choosing one fills the form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from flopod.stored import utc_now
from flopod_tui.forms.open_waits import WaitOf
from flopod_tui.text.format import (
    age,
    cut,
    cut_left,
    cut_middle,
    fit,
    fit_right,
    safe,
    since,
    width_of,
)
from flopod_tui.text.spans import Span, Spans
from flopod_tui.widgets.lines import LineList

TIMES = 29
"""Cells for since when, until when, the mark and the gaps."""
SOON = timedelta(hours=1)
"""A deadline as near as this is worth a mark."""


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
        self.shown_ones: Sequence[WaitOf] = ()
        """Those that the filter takes."""
        self.words = ""
        self.now = utc_now()

    @property
    def current(self) -> WaitOf | None:
        """The wait under the cursor; None on the last line, which stands for typing by hand."""
        return self.shown_ones[self.cursor] if self.cursor < len(self.shown_ones) else None

    def show(self, waits: Sequence[WaitOf], now: datetime) -> None:
        """Offer these waits."""
        self.waits, self.now = waits, now
        self.narrow(self.words)

    def narrow(self, words: str) -> None:
        """Offer those that hold all these words."""
        self.words = words
        wanted = words.lower().split()
        self.shown_ones = [one for one in self.waits if all(w in _text(one) for w in wanted)]
        self.resize_to(len(self.shown_ones) + 1)
        self.move_to(0)
        self.cursor_moved()

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
        mark = (" (o) " if index == self.cursor else " ( ) ", "")
        if index == len(self.shown_ones):
            told = "  type run, path and event by hand: kept until a wait opens"
            return [mark, ("other…", ""), (cut(told, width - 11), "quiet")]
        one = self.shown_ones[index]
        run, path, event = self._columns(width - TIMES)
        return [
            mark,
            (f"{fit(cut_middle(safe(one.run_id, 200), run), run)}  ", ""),
            (f"{fit(cut_left(safe(one.wait.path, 500), path), path)}  ", "quiet"),
            (fit(safe(one.wait.event, 200), event), "strong"),
            (f"{fit_right(since(one.wait.opened_at, self.now), 7)}", "quiet"),
            self._time_left(one),
        ]

    def _time_left(self, one: WaitOf) -> Span:
        if one.wait.deadline is None:
            return (f"{fit_right('no timeout', 12)} ", "quiet")
        left = one.wait.deadline - self.now
        if left > SOON:
            return (f"{fit_right(f'{age(left)} left', 12)} ", "quiet")
        told = since(self.now, one.wait.deadline)
        return (f"{fit_right(f'{told} left !', 12)} ", "trouble")

    def _columns(self, room: int) -> tuple[int, int, int]:
        """Return the widths of run, path and event: what they need, else a fair share."""
        longest = (
            max(width_of(safe(one.run_id, 200)) for one in self.shown_ones),
            max(width_of(safe(one.wait.path, 500)) for one in self.shown_ones),
            max(width_of(safe(one.wait.event, 200)) for one in self.shown_ones),
        )
        event = min(longest[2], max(room // 3, room - longest[0] - longest[1]))
        run = min(longest[0], max((room - event) * 2 // 3, room - event - longest[1]))
        path = min(longest[1], room - event - run)
        return run, path, room - run - path


def _text(one: WaitOf) -> str:
    return f"{one.run_id} {one.wait.path} {one.wait.event}".lower()
