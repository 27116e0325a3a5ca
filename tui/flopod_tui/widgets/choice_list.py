"""A few things to choose from: each with the key that chooses it, or why it cannot be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from flopod_tui.text.format import cut, fit, safe
from flopod_tui.text.spans import Spans, spread
from flopod_tui.widgets.lines import LineList


@dataclass(frozen=True, slots=True)
class Choice:
    """A line of a menu."""

    key: str
    """The key that chooses it at once; empty: only by the cursor."""
    label: str
    note: str = ""
    """What it would give, at the right."""
    value: str = ""
    """What the menu returns; the key if empty."""
    why_not: str = ""
    """Why it cannot be chosen now."""

    @property
    def result(self) -> str:
        """What the menu returns for it."""
        return self.value or self.key


class ChoiceList(LineList):
    """The lines of a menu."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "choose", "Choose", show=False)]

    @dataclass
    class Chosen(Message):
        """The user chose a line."""

        choice: Choice

    def __init__(self, choices: Sequence[Choice] = (), *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.choices = list(choices)
        self.count = len(self.choices)

    def on_mount(self) -> None:
        """Be as high as there are lines."""
        self.resize_to(len(self.choices))

    def show(self, choices: Sequence[Choice]) -> None:
        """Offer these."""
        self.choices = list(choices)
        self.resize_to(len(self.choices))
        self.move_to(min(self.cursor, max(0, len(self.choices) - 1)))

    def row(self, index: int, width: int) -> Spans:
        """Return one line."""
        one = self.choices[index]
        role = "quiet" if one.why_not else ""
        left = [(f" {fit(one.key, 2)} ", "key"), (safe(one.label, 200), role)]
        return spread(left, [(cut(safe(one.why_not or one.note, 300), width // 2), "quiet")], width)

    def action_choose(self) -> None:
        """Choose the line under the cursor."""
        if self.choices:
            self.post_message(self.Chosen(self.choices[self.cursor]))

    def open_row(self) -> None:
        """Choose it."""
        self.action_choose()
