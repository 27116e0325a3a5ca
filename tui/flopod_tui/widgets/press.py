"""A button as text: `[ Start ]`, told from other words without colour or border."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from flopod_tui.text.format import width_of
from flopod_tui.widgets.painted import Painted


class Press(Painted, can_focus=True):
    """A button of a form or a dialog."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "press", "Press", show=False)]
    DEFAULT_CSS = """
    Press { height: 1; margin-left: 1; }
    """

    @dataclass
    class Pressed(Message):
        """It was pressed."""

        button: Press

        @property
        def control(self) -> Press:
            """The button, for `on(Press.Pressed, "#id")`."""
            return self.button

    def __init__(self, word: str, *, id: str) -> None:
        super().__init__(id=id)
        self.word = ""
        self.rename(word)

    def rename(self, word: str) -> None:
        """Carry another word."""
        self.word = f"[ {word} ]"
        self.styles.width = width_of(self.word)
        self.refresh()

    def action_press(self) -> None:
        """Report it."""
        if not self.disabled:
            self.post_message(self.Pressed(self))

    def on_click(self) -> None:
        """A click presses it."""
        self.action_press()

    def on_focus(self) -> None:
        """Show it bright."""
        self.refresh()

    def on_blur(self) -> None:
        """Show it as before."""
        self.refresh()

    def watch_disabled(self, disabled: bool) -> None:
        """Show whether it can be pressed."""
        super().watch_disabled(disabled)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw it."""
        role = "quiet" if self.disabled else "strong"
        return self.strip([(self.word, role)], self.size.width, cursor=self.has_focus)
