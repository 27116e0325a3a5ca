"""One line to type, checked with every key: a moment to go to, a file to write, a number."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from textual import on
from textual.widget import Widget
from textual.widgets import Input

from flopod_tui.screens.typed import TypedDialog
from flopod_tui.text.format import safe
from flopod_tui.widgets.fields import TextField
from flopod_tui.widgets.painted import Panel

Check = Callable[[str], str]
"""Returns what is wrong with the text; empty when nothing is."""


class PromptScreen(TypedDialog[str]):
    """Gives the text, once nothing is wrong with it."""

    def __init__(
        self, title: str, *, hint: str = "", value: str = "", check: Check | None = None
    ) -> None:
        super().__init__(title)
        self.hint = hint
        self.value = value
        self.check = check or (lambda _: "")

    def compose_box(self) -> Iterator[Widget]:
        """Lay out the field and its verdict."""
        yield TextField(self.value, id="field", placeholder=self.hint)
        yield Panel(id="note")

    @on(Input.Changed)
    def edited(self, event: Input.Changed) -> None:
        """Say what is wrong, or what is taken."""
        wrong = self.check(event.value) if event.value else ""
        note = (f"✗ {safe(wrong, 300)}", "error") if wrong else (safe(self.hint, 300), "quiet")
        self.query_one("#note", Panel).show([[note]])

    @on(Input.Submitted)
    def entered(self, event: Input.Submitted) -> None:
        """Give the text."""
        if not self.check(event.value):
            self.dismiss(event.value)
