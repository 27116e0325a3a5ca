"""One of a few ways to go, all of them in sight: `(o) this   ( ) that`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Click
from textual.message import Message
from textual.strip import Strip

from flopod_tui.text.format import fit, safe
from flopod_tui.text.spans import Span
from flopod_tui.widgets.painted import Painted


@dataclass(frozen=True, slots=True)
class Way:
    """One of them."""

    value: str
    label: str
    note: str = ""
    why_not: str = ""
    """Why it cannot be chosen."""


class Either(Painted, can_focus=True):
    """Ways to choose from, a line each."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,space,j", "step(1)", "Next", show=False),
        Binding("up,k", "step(-1)", "Previous", show=False),
    ]

    @dataclass
    class Changed(Message):
        """Another way was chosen."""

        value: str

    def __init__(self, ways: Sequence[Way], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.ways = list(ways)
        self.chosen = 0
        self.styles.height = len(self.ways)

    @property
    def value(self) -> str:
        """The way that is chosen."""
        return self.ways[self.chosen].value

    def show(self, ways: Sequence[Way]) -> None:
        """Offer these; as many as before."""
        self.ways = list(ways)
        if self.ways[self.chosen].why_not:
            self.choose(0)
        self.refresh()

    def choose(self, index: int) -> None:
        """Choose one, if it can be."""
        if index != self.chosen and not self.ways[index].why_not:
            self.chosen = index
            self.refresh()
            self.post_message(self.Changed(self.value))

    def action_step(self, step: int) -> None:
        """Choose the next one."""
        self.choose((self.chosen + step) % len(self.ways))

    def on_click(self, event: Click) -> None:
        """A click chooses a line."""
        if 0 <= event.y < len(self.ways):
            self.choose(event.y)

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        width = self.size.width
        if y >= len(self.ways):
            return self.strip([], width)
        way, chosen = self.ways[y], y == self.chosen
        label = max(len(one.label) for one in self.ways)
        spans: list[Span] = [
            ("(o) " if chosen else "( ) ", "strong" if chosen else ""),
            (fit(way.label, label + 3), "quiet" if way.why_not else ""),
            (safe(way.why_not or way.note, 200), "quiet"),
        ]
        return self.strip(spans, width, cursor=chosen and self.has_focus)
