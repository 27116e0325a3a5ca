"""A stored value, folded and unfolded place by place, below lines that say what it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import msgspec
from textual.binding import Binding, BindingType
from textual.message import Message

from flopod_tui.text.format import safe
from flopod_tui.text.spans import Span, Spans, cut_spans
from flopod_tui.values.lines import Line, Outline
from flopod_tui.values.masking import Masking
from flopod_tui.values.search import Where
from flopod_tui.values.spans import line_spans
from flopod_tui.widgets.searching import Searching

PIECE = 208
"""Cells of the window that a long text uses, at most."""

SCROLLBAR = 1


class ValueView(Searching):
    """Shows one value."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l,right", "unfold", "Unfold", key_display="h/l"),
        Binding("h,left", "fold", "Fold", show=False),
        Binding("enter,space", "switch_fold", "Open or fold", show=False),
        Binding("equals_sign", "unfold_all", "Unfold all", show=False, key_display="="),
        Binding("minus", "fold_all", "Fold all", show=False, key_display="-"),
        Binding("w", "switch_texts", "Long texts", show=False),
    ]

    @dataclass
    class Highlighted(Message):
        """The cursor stands on another place."""

        path: str

    def __init__(self, *, id: str | None = None, masking: Masking | None = None) -> None:
        super().__init__(id=id)
        self.masking = masking or Masking()
        self.header: Sequence[Spans] = []
        self.outline: Outline | None = None
        self._subject = ""
        self._value: object = None

    @property
    def path(self) -> str:
        """The path of the place under the cursor: `$.items[3].name`; empty in the header."""
        return self.outline.path(self._at) if self.outline and self._at >= 0 else ""

    @property
    def _at(self) -> int:
        """Which line of the value has the cursor; below 0 in the header."""
        return self.cursor - len(self.header)

    @property
    def _here(self) -> Line | None:
        inside = self.outline and 0 <= self._at < len(self.outline.lines)
        return self.outline.lines[self._at] if self.outline and inside else None

    def show(self, subject: str, header: Sequence[Spans], value: object, title: str = "") -> None:
        """Show a value; what is unfolded stays so while it is the same one.

        Args:
            subject: tells it from others.
            header: lines above it.
            value: one as a log holds it, or one that could be stored; None: there is none.
            title: what is shown before its brackets.
        """
        same = subject == self._subject and _same(value, self._value)
        self.header = header
        if not same:
            self._subject, self._value, self._title = subject, value, title
            self._lay_out()
        self._recount()

    def show_again(self) -> None:
        """Lay the value out anew: secrets were revealed, or the window is another."""
        opened = self.outline.opened() if self.outline else set()
        self.outline = self._outline()
        if self.outline:
            self.outline.open_only(opened)
        self.forget_search()
        self._recount()

    _title = ""

    def _lay_out(self) -> None:
        self.outline = self._outline()
        self.forget_search()
        self.set_reactive(ValueView.cursor, len(self.header) if self.outline else 0)
        self.jump(0)

    def _outline(self) -> Outline | None:
        width = self._room()
        return None if self._value is None else Outline(self._value, self.masking, width)

    def _room(self) -> int:
        return min(PIECE, max(30, (self.size.width or PIECE) - SCROLLBAR))

    def on_resize(self) -> None:
        """Fit long texts to the new width."""
        if self.outline and self.outline.width != self._room():
            self.show_again()

    def _recount(self) -> None:
        self.resize_to(len(self.header) + (len(self.outline.lines) if self.outline else 0))
        self.post_message(self.Highlighted(self.path))

    def row(self, index: int, width: int) -> Spans:
        """Return a line of the header, or of the value."""
        at = index - len(self.header)
        if at < 0:
            return self.header[index]
        if self.outline and self.outline.revealed != self.masking.revealed:
            self.outline.revealed = self.masking.revealed
            self.call_later(self.show_again)
        if self.outline is None or at >= len(self.outline.lines):
            return []
        line = self.outline.lines[at]
        spans: list[Span] = line_spans(line, self._title if at == 0 else "")
        return cut_spans([(safe(text), role) for text, role in spans], width - SCROLLBAR)

    def cursor_moved(self) -> None:
        """Report the place."""
        if self._sought:
            self.found = self._sought.told(self.place())
        self.post_message(self.Highlighted(self.path))

    # Keys

    def action_switch_fold(self) -> None:
        """Open the line, or fold it."""
        line = self._here
        if line and line.opened:
            self._change(Outline.close)
        elif line:
            self._change(Outline.open)

    def action_unfold(self) -> None:
        """Open the line, or go inside."""
        line = self._here
        if line and (line.opened is False or line.gap):
            self._change(Outline.open)
        elif line and line.opened:
            self.action_move(1)

    def action_fold(self) -> None:
        """Fold the line, or go to the one it is in."""
        line = self._here
        if line and line.opened:
            self._change(Outline.close)
        elif line and self.outline:
            self.move_to(self.outline.around(self._at) + len(self.header))

    def action_unfold_all(self) -> None:
        """Open everything, as far as that stays readable."""
        if self.outline:
            self.outline.open_all()
            self._recount()

    def action_fold_all(self) -> None:
        """Fold everything but the whole."""
        if self.outline:
            self.outline.close_all()
            self.move_to(len(self.header))
            self._recount()

    def open_row(self) -> None:
        """Open the line, or fold it."""
        self.action_switch_fold()

    def action_switch_texts(self) -> None:
        """Open every long text on view, or fold them all."""
        if self.outline:
            self.outline.switch_texts()
            self._recount()

    def _change(self, change: Callable[[Outline, int], None]) -> None:
        if self.outline:
            change(self.outline, self._at)
            self._recount()

    # Search

    def places(self, text: str) -> Iterator[Where | None]:
        """Yield the places whose key or text has the text in it."""
        return self.outline.walk(text) if self.outline else iter(())

    def place(self) -> Where:
        """Return where the cursor is."""
        return self._here.where if self._here else ()

    def go_to(self, place: Where) -> None:
        """Unfold what hides a place, and put the cursor there."""
        if self.outline:
            index = self.outline.reveal(place)
            self._recount()
            self.move_to(index + len(self.header))


def _same(value: object, other: object) -> bool:
    if isinstance(value, msgspec.Raw) and isinstance(other, msgspec.Raw):
        return value is other or bytes(value) == bytes(other)
    return value is other
