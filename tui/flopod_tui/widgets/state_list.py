"""The variables of a run and what they hold, a line each; with a difference, how it was before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from textual.message import Message

from flopod.state import Variable
from flopod_tui.run.state_rows import StateRow, rows_of
from flopod_tui.text.format import cut, fit, safe, width_of
from flopod_tui.text.spans import Span, Spans, cut_spans
from flopod_tui.values.masking import Masking
from flopod_tui.widgets.searching import Searching

NAME = (8, 28)
"""Cells for a name, at least and at most."""
ROLES = {"+": "ok", "-": "failed", "±": "retrying"}


class StateList(Searching):
    """What the run remembers."""

    @dataclass
    class Highlighted(Message):
        """The cursor stands on another variable."""

        path: str | None

    def __init__(self, *, id: str | None = None, masking: Masking | None = None) -> None:
        super().__init__(id=id)
        self.masking = masking or Masking()
        self.variables: Mapping[str, Variable] = {}
        self.compared = False
        """Differences are shown."""
        self.rows: list[StateRow] = []
        self._shown_as: object = None
        self._wide = NAME[0]

    @property
    def current(self) -> str | None:
        """The path of the variable under the cursor."""
        return self.rows[self.cursor].path if self.cursor < len(self.rows) else None

    def show(
        self, variables: Mapping[str, Variable], then: Mapping[str, Variable] | None = None
    ) -> None:
        """Show these variables, in the order in which they came up.

        Args:
            then: how they were at the moment to compare with.
        """
        seen = tuple((path, one.seq) for path, one in variables.items())
        before = None if then is None else tuple((path, one.seq) for path, one in then.items())
        now = (seen, before, self.masking.revealed)
        if now == self._shown_as:
            return
        self._shown_as, self.compared, on = now, then is not None, self.current
        self.variables = variables if not then else {**then, **variables}
        self.rows = list(rows_of(variables, then, self.masking))
        names = (width_of(safe(row.name, 100)) + 2 * row.inner for row in self.rows[:200])
        self._wide = max(NAME[0], min(NAME[1], max(names, default=0)))
        self.forget_search()
        self._keep_on(on)

    def _keep_on(self, path: str | None) -> None:
        at = next((i for i, row in enumerate(self.rows) if row.path == path), self.cursor)
        self.count = len(self.rows)
        if self.current != path:
            self.set_reactive(StateList.cursor, max(0, min(at, self.count - 1)))
        self.resize_to(self.count)

    def cursor_moved(self) -> None:
        """Report the variable."""
        if self._sought:
            self.found = self._sought.told(self.cursor)
        self.post_message(self.Highlighted(self.current))

    def empty_row(self, y: int, width: int) -> Spans:
        """Say that there is nothing."""
        return [("   no variables", "quiet")] if y == 0 else []

    def row(self, index: int, width: int) -> Spans:
        """Return one variable, or a part of one."""
        row = self.rows[index]
        role = ROLES.get(row.mark, "")
        name = f"{'  ' if row.inner else ''}{safe(row.name, 500)}"
        kind = 0 if self.compared and not row.kind else 10
        spans: list[Span] = [
            (f"{row.mark or ' '}", role),
            (f"{fit(name, self._wide)}  ", ""),
            (f"{fit(row.kind, 9)} " if kind else "", "quiet"),
        ]
        room = max(0, width - self._wide - 3 - kind)
        was = cut(safe(row.was, 200), max(0, room - 4))
        text = cut(safe(row.text, 1000), max(3, room - width_of(was) - 2))
        return cut_spans([*spans, (text, ""), (f"  {was}" if was else "", role)], width)

    # Search

    def places(self, text: str) -> Iterator[int | None]:
        """Yield each row whose name or value has the text in it."""
        wanted = text.lower()
        for index, row in enumerate(self.rows):
            yield index if wanted in f"{row.name} {row.text} {row.was}".lower() else None

    def place(self) -> int:
        """Return the row with the cursor."""
        return self.cursor

    def go_to(self, place: int) -> None:
        """Put the cursor on a row."""
        self.move_to(place)
