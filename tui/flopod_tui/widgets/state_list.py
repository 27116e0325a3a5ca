"""The variables of a run and what they hold, a line each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from textual.message import Message

from flopod.state import Variable
from flopod_tui.format import cut, fit, safe
from flopod_tui.spans import Spans
from flopod_tui.value_text import brief_value, count_of
from flopod_tui.widgets.lines import LineList


class StateList(LineList):
    """What the run remembers."""

    @dataclass
    class Highlighted(Message):
        """The cursor stands on another variable."""

        path: str | None

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.variables: Mapping[str, Variable] = {}
        self.paths: list[str] = []
        self._brief: dict[str, tuple[int, str]] = {}

    @property
    def current(self) -> str | None:
        """The path of the variable under the cursor."""
        return self.paths[self.cursor] if self.cursor < len(self.paths) else None

    def show(self, variables: Mapping[str, Variable]) -> None:
        """Show these variables, in the order in which they came up."""
        self.variables, self.paths = variables, list(variables)
        self.resize_to(len(self.paths))

    def cursor_moved(self) -> None:
        """Report the variable."""
        self.post_message(self.Highlighted(self.current))

    def empty_row(self, y: int, width: int) -> Spans:
        """Say that there is nothing."""
        return [("   no variables", "quiet")] if y == 0 else []

    def row(self, index: int, width: int) -> Spans:
        """Return one variable."""
        path = self.paths[index]
        variable = self.variables[path]
        name = max(8, min(28, max(len(other) for other in self.paths[:200])))
        return [
            (f" {fit(safe(path, 500), name)}  ", ""),
            (f"{fit(count_of(variable), 9)} ", "quiet"),
            (cut(self._brief_of(path, variable), max(0, width - name - 13)), ""),
        ]

    def _brief_of(self, path: str, variable: Variable) -> str:
        seq, text = self._brief.get(path, (0, ""))
        if seq != variable.seq:
            text = brief_value(variable.value)
            self._brief[path] = (variable.seq, text)
        return text
