"""What the forms share: Ctrl+S sends, Esc asks before text is thrown away, an error keeps it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, TypeVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Button

from flopod_tui.screens.confirm import ConfirmScreen, discard_question
from flopod_tui.screens.page import Page
from flopod_tui.session import Session
from flopod_tui.spans import Spans
from flopod_tui.widgets.painted import Panel

Sent = TypeVar("Sent")


class Form(Page[Sent | None]):
    """A form over the whole screen; gives what was sent, None when it was left."""

    CSS_PATH: ClassVar[Any] = ["form.tcss"]
    HINTS: ClassVar[Sequence[str]] = ("next_field", "send")
    HINTS_END: ClassVar[Sequence[str]] = ("leave",)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "next_field", "Next field", key_display="Tab"),
        Binding("shift+tab", "app.focus_previous", "Previous field", show=False),
        Binding("ctrl+s", "send", "Send", key_display="Ctrl+S"),
        Binding("escape", "leave", "Cancel", key_display="Esc"),
    ]
    WHAT = "this form"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.typed = False
        """Something was typed that would be lost."""
        self.sending = False

    def row(self, label: str, field: Widget, note_id: str) -> Iterator[Widget]:
        """Lay out one line of the form: a label, a field, a note."""
        with Horizontal(classes="row"):
            panel = Panel(classes="label")
            panel.show([[(f" {label}", "quiet")]])
            yield panel
            yield field
            yield Panel(id=note_id, classes="note")

    def buttons(self, send: str) -> Iterator[Widget]:
        """Lay out the two buttons."""
        with Horizontal(id="buttons"):
            yield Button(send, id="send", compact=True, variant="primary")
            yield Button("Cancel", id="leave", compact=True)

    def note(self, note_id: str, *spans: tuple[str, str]) -> None:
        """Show a note beside a field."""
        self.query_one(f"#{note_id}", Panel).show([list(spans)])

    def line(self, line_id: str, spans: Spans) -> None:
        """Show a line of the form."""
        self.query_one(f"#{line_id}", Panel).show([spans])

    @on(Button.Pressed, "#send")
    def send_pressed(self) -> None:
        """Send the form."""
        self.action_send()

    @on(Button.Pressed, "#leave")
    def leave_pressed(self) -> None:
        """Leave the form."""
        self.action_leave()

    def action_next_field(self) -> None:
        """Go to the next field."""
        self.focus_next()

    @work(group="send")
    async def action_send(self) -> None:
        """Send the form once; a failure is told and everything stays as typed."""
        if self.sending:
            return
        self.sending = True
        try:
            with self.telling():
                await self.send()
        finally:
            self.sending = False

    async def send(self) -> None:
        """Check what was typed, send it, and dismiss the form."""
        raise NotImplementedError

    @work(group="leave", exclusive=True)
    async def action_leave(self) -> None:
        """Leave the form; typed text is thrown away only after a question."""
        question = ConfirmScreen(discard_question(self.WHAT))
        if not self.typed or await self.app.push_screen_wait(question):
            self.dismiss(None)
