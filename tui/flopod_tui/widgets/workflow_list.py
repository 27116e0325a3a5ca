"""The workflows that can be started; typing narrows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from flopod.backend import WorkflowInfo
from flopod_tui.format import fit, safe
from flopod_tui.spans import Spans
from flopod_tui.widgets.lines import LineList


class WorkflowList(LineList, inherit_bindings=False):
    """Workflows by name."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)", "Down", show=False),
        Binding("up", "move(-1)", "Up", show=False),
        Binding("pagedown", "page(2)", "Page down", show=False),
        Binding("pageup", "page(-2)", "Page up", show=False),
        Binding("home", "first", "First", show=False),
        Binding("end", "last", "Last", show=False),
        Binding("enter", "choose", "Choose", show=False),
        Binding("backspace", "untype", "Take back a letter", show=False),
    ]

    @dataclass
    class Highlighted(Message):
        """The cursor stands on another workflow."""

        workflow: WorkflowInfo | None

    class Chosen(Message):
        """The user goes on to the input."""

    @dataclass
    class Typed(Message):
        """The text that narrows the list changed."""

        text: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.known: Sequence[WorkflowInfo] = ()
        self.shown_ones: list[WorkflowInfo] = []
        self.typed = ""

    @property
    def current(self) -> WorkflowInfo | None:
        """The workflow under the cursor."""
        return self.shown_ones[self.cursor] if self.cursor < len(self.shown_ones) else None

    def show(self, workflows: Sequence[WorkflowInfo]) -> None:
        """Offer these workflows."""
        self.known = sorted(workflows, key=lambda one: one.name)
        self._narrow(self.typed)

    def _narrow(self, text: str) -> None:
        self.typed = text
        self.shown_ones = [one for one in self.known if text.lower() in one.name.lower()]
        self.count = len(self.shown_ones)
        self.set_reactive(WorkflowList.cursor, 0)
        self.resize_to(self.count)
        self.post_message(self.Typed(text))
        self.cursor_moved()

    def on_key(self, event: events.Key) -> None:
        """A letter narrows the list."""
        if event.is_printable and event.character and event.character not in "?":
            event.stop()
            event.prevent_default()
            self._narrow(self.typed + event.character)

    def action_untype(self) -> None:
        """Take the last letter back."""
        self._narrow(self.typed[:-1])

    def action_choose(self) -> None:
        """Go on to the input."""
        self.post_message(self.Chosen())

    def cursor_moved(self) -> None:
        """Report the workflow."""
        self.post_message(self.Highlighted(self.current))

    def empty_row(self, y: int, width: int) -> Spans:
        """Say why there is nothing to start."""
        if y:
            return []
        if self.known:
            return [(f"   none of {len(self.known)} workflows matches", "quiet")]
        return [("   none is known: start a worker with `flopod worker -w FILE`", "quiet")]

    def row(self, index: int, width: int) -> Spans:
        """Return one workflow."""
        one = self.shown_ones[index]
        name = max(12, min(32, max(len(other.name) for other in self.known)))
        doc = safe(one.doc.strip().partition("\n")[0], 200)
        return [(f" {fit(safe(one.name, 200), name)}  ", ""), (fit(doc, width - name - 4), "quiet")]
