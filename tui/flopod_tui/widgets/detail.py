"""The pane that says everything about what another pane's cursor stands on."""

from __future__ import annotations

from collections.abc import Sequence

from flopod_tui.spans import Spans
from flopod_tui.widgets.lines import LineList


class Detail(LineList):
    """Lines that are there already; they scroll."""

    CURSOR = False

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.lines: Sequence[Spans] = []
        self._subject = ""

    def show(self, subject: str, lines: Sequence[Spans]) -> None:
        """Show these lines, from the top if they are about something else than before."""
        self.lines = lines
        if subject != self._subject:
            self._subject = subject
            self.count = len(lines)
            self.jump(0)
        self.resize_to(len(lines))

    def row(self, index: int, width: int) -> Spans:
        """Return one line."""
        return self.lines[index]
