"""The keys in one column or two: the cursor goes from action to action, in both directions."""

from __future__ import annotations

from collections.abc import Sequence

from flopod_tui.frame.help_text import Cell, Row
from flopod_tui.text.spans import Span, Spans
from flopod_tui.widgets.lines import LineList


class HelpList(LineList, can_focus=False):
    """The rows of the help; a field above them has the focus."""

    CURSOR = False

    def __init__(self) -> None:
        super().__init__()
        self.rows: Sequence[Row] = ()
        self.column = 0

    @property
    def picked(self) -> int | None:
        """The action under the cursor, as its index."""
        cell = self._cell(self.cursor, self.column)
        return cell.key if cell else None

    def show(self, rows: Sequence[Row]) -> None:
        """Show these rows, the cursor on the first action."""
        self.rows = rows
        self.column = 0
        self.count = len(rows)
        self.move_to(next((at for at, row in enumerate(rows) if row[0].key is not None), 0))
        self.jump(0)
        self.resize_to(len(rows))

    def row(self, index: int, width: int) -> Spans:
        """Return one row, the action under the cursor marked."""
        spans: list[Span] = []
        for column, cell in enumerate(self.rows[index]):
            marked = cell.key is not None and (index, column) == (self.cursor, self.column)
            spans += _marked(cell.spans) if marked else cell.spans
        return spans

    def empty_row(self, y: int, width: int) -> Spans:
        """Say that no line has what was typed."""
        return [(" no key here has that in its line · Esc clears", "quiet")] if not y else []

    def action_move(self, rows: int) -> None:
        """Go to the next action of the column, or scroll where there is none."""
        index = self.cursor + rows
        while 0 <= index < len(self.rows) and not self._stands(index, self.column):
            index += rows
        if 0 <= index < len(self.rows):
            self.move_to(index)
        else:
            self.jump(self.scroll_offset.y + rows)

    def action_side(self) -> None:
        """Go to the other column."""
        other = 0 if self.column else 2
        places = [at for at in range(len(self.rows)) if self._stands(at, other)]
        if places:
            self.column = other
            self.move_to(min(places, key=lambda at: abs(at - self.cursor)))
            self.repaint_changed()

    def _stands(self, index: int, column: int) -> bool:
        """Say whether an action begins here."""
        cell, before = self._cell(index, column), self._cell(index - 1, column)
        return bool(cell and cell.key is not None and not (before and before.key == cell.key))

    def _cell(self, index: int, column: int) -> Cell | None:
        row = self.rows[index] if 0 <= index < len(self.rows) else ()
        return row[column] if column < len(row) else None


def _marked(spans: Spans) -> list[Span]:
    text = "".join(text for text, _ in spans)
    return [("▌", "cursor-mark"), (text[1:], "cursor")]
