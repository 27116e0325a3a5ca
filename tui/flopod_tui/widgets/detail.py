"""The pane that says everything about what another pane's cursor stands on."""

from __future__ import annotations

from collections.abc import Sequence

from flopod_tui.text.spans import Spans
from flopod_tui.text.wrapping import wrapped_rows
from flopod_tui.widgets.lines import LineList


class Detail(LineList):
    """Lines that are there already; they scroll."""

    CURSOR = False

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.lines: Sequence[Spans] = []
        self.wraps = False
        """Long lines go on in the next one, instead of being cut."""
        self._given: tuple[Sequence[Spans], int] = ([], 0)
        """What was shown last, and the width to which it was wrapped; 0: to none."""
        self._subject = ""

    def show(self, subject: str, lines: Sequence[Spans]) -> None:
        """Show these lines, from the top if they are about something else than before."""
        if subject != self._subject:
            self._subject = subject
            self.count = len(lines)
            self.jump(0)
        self._lay(lines)

    def wrap(self) -> bool:
        """Wrap long lines, or cut them again; tell which."""
        self.wraps = not self.wraps
        self._lay(self._given[0])
        return self.wraps

    def row(self, index: int, width: int) -> Spans:
        """Return one line."""
        return self.lines[index]

    def on_resize(self) -> None:
        """Wrap to the new width."""
        self._lay(self._given[0])

    def _lay(self, lines: Sequence[Spans]) -> None:
        width = max(1, self.size.width - 1) if self.wraps else 0
        if not width:
            self.lines = lines
        elif self._given != (lines, width):
            self.lines = [row for line in lines for row in wrapped_rows(line, width)]
        self._given = lines, width
        self.resize_to(len(self.lines))
