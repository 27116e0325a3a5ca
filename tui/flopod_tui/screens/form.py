"""What the forms share: Ctrl+S sends, Esc asks before text is thrown away, an error keeps it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, TypeVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input

from flopod.backend import WorkerInfo
from flopod_tui.runs.summary_text import worker_spans
from flopod_tui.screens.confirm import ConfirmScreen, discard_question
from flopod_tui.screens.page import Page
from flopod_tui.session import Session
from flopod_tui.terminal.clipboard import copy
from flopod_tui.text.format import cut, safe
from flopod_tui.text.spans import Span, Spans, spread
from flopod_tui.values.masking import MASK
from flopod_tui.widgets.painted import Panel
from flopod_tui.widgets.press import Press

Sent = TypeVar("Sent")


class Form(Page[Sent | None]):
    """A form over the whole screen; gives what was sent, None when it was left."""

    CSS_PATH: ClassVar[Any] = ["form.tcss"]
    NEEDS = (60, 16)
    HINTS: ClassVar[Sequence[str]] = ("next_field", "send", "copy_shell")
    HINTS_END: ClassVar[Sequence[str]] = ("help", "leave")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "next_field", "Next", key_display="Tab"),
        Binding("shift+tab", "app.focus_previous", "Previous field", show=False),
        Binding("ctrl+s", "send", "Send", key_display="Ctrl+S", priority=True),
        Binding("ctrl+y", "copy_shell", "Copy command", key_display="Ctrl+Y", priority=True),
        Binding("f1", "app.help", "Help", key_display="F1"),
        Binding("escape,q", "leave", "Cancel", key_display="Esc"),
    ]
    WHAT = "this form"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.sending = False
        self._begun = False

    def set_focus(
        self, widget: Widget | None, scroll_visible: bool = True, from_app_focus: bool = False
    ) -> None:
        """Give a widget the focus, and bring it on the screen."""
        # A form opens at its top, where what has the focus first stands. To scroll to that before
        # it has its height would go past it.
        super().set_focus(widget, scroll_visible and self._begun, from_app_focus)
        self._begun = True

    def would_lose(self) -> bool:
        """Something was typed that would be lost."""
        return False

    def shell_line(self) -> str:
        """Return what a person would type into a shell to send the same."""
        raise NotImplementedError

    def unready(self) -> str:
        """Return why the form cannot be sent as it is; empty when it can."""
        return ""

    # Its parts

    def titled(
        self, title: str, workers: Sequence[WorkerInfo] | None
    ) -> tuple[list[Span], list[Span]]:
        """Return the first line: where we are, and who would execute what is sent."""
        where = cut(safe(self.control.backend.url), max(8, self.size.width - 54))
        here: list[Span] = [(" flopod", "accent"), (f" ▸ {title}   ", ""), (where, "quiet")]
        return here, [*worker_spans(workers), (" ", "")]

    def row(self, label: str, field: Widget, note_id: str) -> Iterator[Widget]:
        """Lay out one line of the form: a label, a field, a note."""
        with Horizontal(classes="row"):
            panel = Panel(classes="label")
            panel.show([[(f" {label}", "quiet")]])
            yield panel
            yield field
            yield Panel(id=note_id, classes="note")

    def buttons(self, send: str, *others: Widget) -> Iterator[Widget]:
        """Lay out the buttons, and why the first cannot be pressed."""
        with Horizontal(id="buttons"):
            yield from others
            yield Press(send, id="send")
            yield Press("Cancel", id="leave")
            yield Panel(id="unready")

    def note(self, note_id: str, *spans: tuple[str, str]) -> None:
        """Show a note beside a field."""
        self.query_one(f"#{note_id}", Panel).show([list(spans)])

    def line(self, line_id: str, spans: Spans) -> None:
        """Show a line of the form."""
        self.query_one(f"#{line_id}", Panel).show([spans])

    def show_shell(self) -> None:
        """Show the command that does the same, and the key that copies it."""
        panel = self.query_one("#shell", Panel)
        end = [("Ctrl+Y", "key"), (" copy ", "quiet")]
        line = cut(safe(self.shell_line()[:2000]), max(10, panel.size.width - 20))
        panel.show([spread([(" sh: ", "quiet"), (line, "")], end, panel.size.width)])

    def show_ready(self) -> None:
        """Let the form be sent, or say why it cannot be."""
        why = self.unready()
        self.query_one("#send", Press).disabled = bool(why)
        panel = self.query_one("#unready", Panel)
        told = cut(safe(self.in_short(why), 200), max(0, panel.size.width - 5))
        panel.show([[(f" ({told})", "quiet")] if told else []])

    def in_short(self, why: str) -> str:
        """Return why the form cannot be sent, in the words that stand beside the button."""
        return why

    # Keys

    @on(Press.Pressed, "#send")
    def send_pressed(self) -> None:
        """Send the form."""
        self.action_send()

    @on(Press.Pressed, "#leave")
    def leave_pressed(self) -> None:
        """Leave the form."""
        self.action_leave()

    @on(Input.Submitted)
    def entered(self, message: Input.Submitted) -> None:
        """Enter in a line goes on to the next: it never sends."""
        message.stop()
        self.focus_next()

    def action_next_field(self) -> None:
        """Go to the next field."""
        self.focus_next()

    def action_copy_shell(self) -> None:
        """Copy the command that does the same."""
        line = self.shell_line()
        masked = "; its secrets are masked" if MASK in line else ""
        self.say(f"command: {copy(self.app, line)}{masked}", "ok")

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

    def close_one(self) -> bool:
        """Close something within the form, if it is open; say whether it was."""
        return False

    async def send(self) -> None:
        """Check what was typed, send it, and dismiss the form."""
        raise NotImplementedError

    @work(group="leave", exclusive=True)
    async def action_leave(self) -> None:
        """Leave the form; typed text is thrown away only after a question."""
        question = ConfirmScreen(discard_question(self.WHAT))
        if self.close_one():
            return
        if not self.would_lose() or await self.app.push_screen_wait(question):
            self.dismiss(None)
