"""A long text as it was written, as a traceback is: its own lines, each in as many as it needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, chain

from flopod_tui.text.spans import Spans
from flopod_tui.values.pieces import pieces
from flopod_tui.widgets.searching import Searching

LONGEST = 500_000
"""Characters that are laid out; who needs more copies them or writes them to a file."""
SCROLLBAR = 1


class TextView(Searching):
    """Shows a text."""

    def __init__(self, text: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.text = text
        self.own_lines = text[:LONGEST].rstrip().split("\n")
        if len(text) > LONGEST:
            self.own_lines.append(f"… {len(text) - LONGEST:,} more characters")
        self.rows: Sequence[tuple[int, str]] = []
        """What stands in each row: the number of the line that it is of, and its text."""
        self._starts: Sequence[int] = []
        """The row in which each line begins."""
        self._width = 0

    def on_resize(self) -> None:
        """Fit the lines to the new width."""
        width = max(20, self.size.width - 1 - SCROLLBAR)
        if width != self._width:
            at = self.place()
            self._width = width
            parts = [list(pieces(line, width)) or [""] for line in self.own_lines]
            self.rows = [(number, row) for number, rows in enumerate(parts) for row in rows]
            self._starts = list(accumulate(chain([0], map(len, parts))))
            self.resize_to(len(self.rows))
            self.go_to(at)

    def row(self, index: int, width: int) -> Spans:
        """Return a row; it is harmless already."""
        return [(self.rows[index][1], "")]

    def cursor_moved(self) -> None:
        """Report how the search stands here."""
        if self._sought:
            self.found = self._sought.told(self.place())
            self.post_message(self.Found())

    # Search

    def places(self, text: str) -> Iterator[int | None]:
        """Yield the number of each line that has the text in it."""
        wanted = text.lower()
        for number, line in enumerate(self.own_lines):
            yield number if wanted in line.lower() else None

    def place(self) -> int:
        """Return the number of the line under the cursor."""
        return self.rows[self.cursor][0] if self.cursor < len(self.rows) else 0

    def go_to(self, place: int) -> None:
        """Put the cursor where a line begins."""
        self.move_to(self._starts[place])
