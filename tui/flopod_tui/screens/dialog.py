"""What the small dialogs share: a box over the screen that asked, and Esc leaves it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.events import Resize
from textual.screen import ModalScreen
from textual.widget import Widget

from flopod_tui.settings.keys import Remappable
from flopod_tui.text.spans import Spans
from flopod_tui.widgets.painted import Panel
from flopod_tui.widgets.too_small import TooSmall

Given = TypeVar("Given")
SHARE = 0.9
"""How much of the window's height the box may take; the style sheet says the same."""
MOST = 16
"""Lines of a list in a box."""


class Dialog(Remappable, ModalScreen[Given | None]):
    """A box with a title; gives None when it was left."""

    CSS_PATH: ClassVar[Any] = ["dialog.tcss"]
    NEEDS: ClassVar[tuple[int, int]] = (40, 12)
    LIST: ClassVar[str] = ""
    """The list that is as high as its lines, as far as there is room."""
    AROUND: ClassVar[int] = 4
    """Lines of the box beside that list: border, title, note."""
    HOW: ClassVar[str] = ""
    """What the title says about keys."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Leave", show=False)
    ]

    def __init__(self, title: str) -> None:
        super().__init__()
        self.heading = title

    def compose(self) -> ComposeResult:
        """Lay out the title and what is below it."""
        with Vertical(id="box"):
            yield Panel(id="title")
            yield from self.compose_box()
        yield TooSmall()

    def compose_box(self) -> Iterator[Widget]:
        """Lay out what is below the title."""
        yield from ()

    def on_mount(self) -> None:
        """Show the title."""
        self.show_title([(self.heading, "accent"), (self.HOW, "quiet")])

    def show_title(self, spans: Spans) -> None:
        """Show the first line."""
        self.query_one("#title", Panel).show([spans])

    def on_resize(self, event: Resize) -> None:
        """See that the box fits."""
        self.query_one(TooSmall).judge(event.size, self.NEEDS)
        room = int(event.size.height * SHARE) - self.AROUND
        for shown in self.query(self.LIST) if self.LIST else ():
            shown.styles.max_height = max(1, min(MOST, room))
