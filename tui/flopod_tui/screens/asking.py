"""What the questions share: a box over the screen that asked, Cancel in focus, a yes by `y`.

One is open at once, with what is known; what takes a look into the log is filled in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.events import Resize
from textual.screen import ModalScreen
from textual.widget import Widget

from flopod_tui.screens.page import TALL
from flopod_tui.terminal.clipboard import copy
from flopod_tui.text.spans import Spans
from flopod_tui.widgets.painted import Panel
from flopod_tui.widgets.press import Press
from flopod_tui.widgets.too_small import TooSmall

Answer = TypeVar("Answer")
PADDING = 2
"""Empty lines above and below, in a tall window."""


class Asking(ModalScreen[Answer]):
    """A question with two buttons. Enter alone, at its opening, changes nothing."""

    CSS_PATH: ClassVar[Any] = "confirm.tcss"
    AUTO_FOCUS = "#no"
    NEEDS: ClassVar[tuple[int, int]] = (60, 14)
    AROUND = 10
    """Lines that the box has beside those of the question, in a tall window."""
    VERTICAL_BREAKPOINTS = TALL
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "yes", "Yes", show=False),
        Binding("n,escape,q", "no", "No", show=False),
        Binding("ctrl+y", "copy_shell", "Copy the command", show=False, priority=True),
        Binding("left,h", "app.focus_previous", "Previous", show=False),
        Binding("right,l", "app.focus_next", "Next", show=False),
        Binding("down,j", "scroll(1)", "Down", show=False),
        Binding("up,k", "scroll(-1)", "Up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
    ]

    heading = ""
    yes_word = "Yes"
    no_word = "Cancel"

    def compose(self) -> ComposeResult:
        """Lay out the question and two buttons."""
        with Vertical(id="box"):
            yield Panel(id="title")
            with VerticalScroll(id="scroll", can_focus=False):
                yield Panel(id="question")
                yield from self.compose_more()
                yield Panel(id="after")
            yield from self.compose_foot()
            yield Panel(id="note")
            with Horizontal(id="buttons"):
                yield Press(self.no_word, id="no")
                yield Press(self.yes_word, id="yes")
        yield Panel(id="keys")
        yield TooSmall()

    def compose_more(self) -> Iterator[Widget]:
        """Lay out what is below the question, and scrolls with it."""
        yield from ()

    def compose_foot(self) -> Iterator[Widget]:
        """Lay out what is right above the buttons."""
        yield from ()

    def rows(self, width: int) -> Sequence[Spans]:
        """Return the question."""
        raise NotImplementedError

    def rows_after(self, width: int) -> Sequence[Spans]:
        """Return what stands below `compose_more`."""
        return ()

    def shell_line(self) -> str:
        """Return what does the same from a shell; empty where nothing does."""
        return ""

    def keys(self) -> str:
        """Return what the keys do."""
        return f"Tab choose   Enter press   y {self.yes_word}   n Esc {self.no_word}"

    def unready(self) -> str:
        """Return why the answer cannot be yes; empty when it can."""
        return ""

    def on_mount(self) -> None:
        """Show the question."""
        self.show_heading(self.heading)
        self.show_keys(self.keys())
        self.ask()

    def show_keys(self, told: str) -> None:
        """Show the last line."""
        self.query_one("#keys", Panel).show([[(f" {told}", "quiet")]])

    def show_heading(self, heading: str) -> None:
        """Show the first line."""
        self.query_one("#title", Panel).show([[(heading, "accent")]])

    def on_resize(self, event: Resize) -> None:
        """See that the question fits, its buttons with it."""
        self.query_one(TooSmall).judge(event.size, self.NEEDS)
        self.call_after_refresh(self.ask)

    def around(self) -> int:
        """Return how many lines the box has now beside those of the question."""
        return self.AROUND - (PADDING if self.has_class("-low") else 0)

    def ask(self) -> None:
        """Show the question as it is now."""
        width = min(72, int(self.size.width * 0.96) - 6)
        self.query_one("#scroll").styles.max_height = max(1, self.size.height - self.around())
        for name, rows in (("question", self.rows(width)), ("after", self.rows_after(width))):
            panel = self.query_one(f"#{name}", Panel)
            panel.styles.height = len(rows)
            panel.show(rows)
        self.query_one("#yes", Press).disabled = bool(self.unready())

    def tell(self, text: str, role: str = "error") -> None:
        """Show a line above the buttons."""
        self.add_class("-noted")
        self.query_one("#note", Panel).show([[(text, role)]])

    @on(Press.Pressed, "#yes")
    def yes_pressed(self) -> None:
        """Say yes."""
        self.action_yes()

    @on(Press.Pressed, "#no")
    def no_pressed(self) -> None:
        """Say no."""
        self.action_no()

    def action_yes(self) -> None:
        """Give the answer, or say why it cannot be given."""
        if why := self.unready():
            return self.tell(why)
        self.answer()

    def answer(self) -> None:
        """Give the answer."""
        raise NotImplementedError

    def action_no(self) -> None:
        """Leave it."""
        self.dismiss(None)

    def action_scroll(self, lines: int) -> None:
        """Scroll a question that is longer than the window."""
        self.query_one("#scroll").scroll_relative(y=lines, animate=False)

    def action_page(self, pages: int) -> None:
        """Scroll it by pages."""
        self.query_one("#scroll").scroll_relative(y=5 * pages, animate=False)

    def action_copy_shell(self) -> None:
        """Copy the command that does the same."""
        if line := self.shell_line():
            self.tell(f"command: {copy(self.app, line)}", "ok")
