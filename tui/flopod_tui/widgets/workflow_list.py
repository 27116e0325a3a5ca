"""The workflows that can be started; typing narrows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from flopod.backend import WorkflowInfo
from flopod_tui.forms.start_text import NO_WORKFLOW
from flopod_tui.text.format import fit, safe
from flopod_tui.text.spans import Span, Spans
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
        self.trouble = ""
        """Why it is not known which there are."""

    @property
    def current(self) -> WorkflowInfo | None:
        """The workflow under the cursor; where none is known, one of the name that was typed."""
        if self.cursor < len(self.shown_ones):
            return self.shown_ones[self.cursor]
        typed = self.typed.strip()
        return WorkflowInfo(name=typed) if typed and not self.known else None

    def show(self, workflows: Sequence[WorkflowInfo]) -> None:
        """Offer these workflows."""
        known = sorted(workflows, key=lambda one: one.name)
        if known == self.known and known and not self.trouble:
            return
        self.trouble, self.known = "", known
        self._narrow(self.typed)

    def show_trouble(self, why: str) -> None:
        """Say why it is not known which there are; what was known stays."""
        self.trouble = safe(why, 300)
        self._narrow(self.typed)

    def _narrow(self, text: str) -> None:
        self.typed = text
        self.shown_ones = [one for one in self.known if text.lower() in one.name.lower()]
        self.count = len(self.shown_ones)
        self.set_reactive(WorkflowList.cursor, 0)
        self.set_class(not self.known, "-none")
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
        """Say why there is nothing to start, and what to do next."""
        if self.known:
            told = f"none of {len(self.known)} workflows matches"
            return [(f"   {told}", "quiet")] if not y else []
        lines: list[Span] = [(f"   {line}", "quiet") for line in NO_WORKFLOW]
        if self.trouble:
            lines[0] = (f" ✗ {self.trouble}", "error")
            lines[1:] = [("   The name of a workflow can be typed all the same.", "quiet")]
        if self.typed:
            lines.insert(1, (f"   as typed: {safe(self.typed, 100)}", ""))
        return [lines[y]] if y < len(lines) else []

    def row(self, index: int, width: int) -> Spans:
        """Return one workflow."""
        one = self.shown_ones[index]
        name = max(12, min(32, max(len(other.name) for other in self.known)))
        doc = safe(one.doc.strip().partition("\n")[0], 200)
        return [(f" {fit(safe(one.name, 200), name)}  ", ""), (fit(doc, width - name - 4), "quiet")]
