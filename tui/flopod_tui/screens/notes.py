"""A box of lines to read: why an action is missing, the settings. Any closing key closes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.events import Resize
from textual.widget import Widget

from flopod_tui.screens.dialog import Dialog
from flopod_tui.terminal.timing import once
from flopod_tui.text.spans import Spans
from flopod_tui.widgets.detail import Detail

LATER = 0.05
Lines = Callable[[int], Sequence[Spans]]
"""Returns the lines for a width."""


class NotesScreen(Dialog[None]):
    """Shows lines."""

    CSS_PATH: ClassVar[Any] = ["dialog.tcss", "notes.tcss"]
    AUTO_FOCUS = LIST = "Detail"
    AROUND = 3
    HOW = " · Esc closes"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i,q,enter,space", "dismiss(None)", "Close", show=False)
    ]

    def __init__(self, title: str, lines: Lines) -> None:
        super().__init__(title)
        self.lines = lines

    def compose_box(self) -> Iterator[Widget]:
        """Lay out the lines."""
        yield Detail()

    def on_resize(self, event: Resize) -> None:
        """Fit the lines to the width."""
        self.call_after_refresh(self.show_notes)

    def show_notes(self) -> None:
        """Show the lines."""
        detail = self.query_one(Detail)
        if width := detail.container_size.width:
            detail.show("notes", self.lines(width - 2))
        else:  # The box is laid out a moment later.
            once(self, LATER, self.show_notes)
