"""What the typed text may mean, the likeliest first; what does not apply now says why."""

from __future__ import annotations

from collections.abc import Sequence

from flopod_tui.frame.palette import Found
from flopod_tui.text.format import cut, fit_right, safe
from flopod_tui.text.spans import Span, Spans, spread
from flopod_tui.widgets.chooser import Chooser

KEY = 10


class PaletteList(Chooser):
    """The lines of the palette."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Sequence[Found] = ()

    @property
    def current(self) -> Found | None:
        """The line with the cursor."""
        return self.found[self.cursor] if self.found else None

    def show(self, found: Sequence[Found]) -> None:
        """Offer these, the cursor on the first."""
        self.found = found
        self.count = len(found)
        self.move_to(0)
        self.resize_to(len(found))

    def row(self, index: int, width: int) -> Spans:
        """Return one line: what it does, what it takes or why it does not apply, its key."""
        one = self.found[index]
        entry = one.entry
        role = "quiet" if entry.why_not else ""
        left: list[Span] = [(f" {safe(entry.label, 200)}", role)]
        if one.argument:
            left.append((f" {safe(one.argument, 200)}", "strong"))
        note = entry.why_not or (entry.argument if not one.argument else "")
        note = note or ("" if entry.key or one.argument else entry.name)
        key: Span = (f" {fit_right(entry.key, KEY)} ", "key")
        return spread(left, [(cut(safe(note, 300), width // 2), "quiet"), key], width)

    def empty_row(self, y: int, width: int) -> Spans:
        """Say that nothing is called so."""
        return [(" nothing here is called so", "quiet")] if y == 0 else []
