"""How our widgets draw: a row is a list of spans, a span is a text and the role it plays.

A role takes its colour from the theme, and `strip` is the one place where text turns into terminal
cells: whatever was not made harmless before is made so there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from flopod_tui.text.format import safe
from flopod_tui.text.glyphs import PLAIN
from flopod_tui.text.spans import Span, Spans, changed_cells

ROLES: dict[str, tuple[str, str]] = {
    "quiet": ("quiet", ""),
    "rule": ("rule", ""),
    "strong": ("", "bold"),
    "accent": ("accent", "bold"),
    "key": ("accent", ""),
    "string": ("ok", ""),
    "number": ("running", ""),
    "keyword": ("retrying", ""),
    "danger": ("warning", ""),
    "error": ("error", "bold"),
    "running": ("running", ""),
    "waiting": ("waiting", "bold"),
    "sleeping": ("sleeping", ""),
    "retrying": ("retrying", ""),
    "ok": ("ok", ""),
    "failed": ("failed", "bold"),
    "trouble": ("trouble", "bold"),
    "damaged": ("failed", "reverse"),
    "cursor-mark": ("accent", ""),
    "moment": ("accent", "bold reverse"),
}
"""For each role the theme's variable for its colour, and what else tells it apart."""

WITHOUT_COLOUR = {
    "accent": "bold underline",
    "running": "bold",
    "retrying": "underline",
    "failed": "bold underline",
    "waiting": "reverse",
    "trouble": "reverse",
    "moment": "bold reverse",
}
"""What tells a role apart where there is no colour."""

COLOURLESS = "flopod-mono"
"""The theme without colours; NO_COLOR chooses it."""


class Painted(Widget):
    """A widget whose lines are spans."""

    _styles_by_role: ClassVar[dict[tuple[str, bool, str], Style]] = {}
    _variables: ClassVar[Mapping[str, str]] = {}
    """The colours that these styles are made of."""

    def style_of(self, role: str) -> Style:
        """Return what a role adds to the style of the line."""
        # Not component classes: Textual resolves those again for each widget at each change of a
        # class anywhere on the screen, which took most of the time of a key.
        key = (self.app.theme, self.app.no_color, role)
        if self.app.theme_variables is not Painted._variables:
            # The name of a theme changes a moment before its colours do.
            Painted._variables = self.app.theme_variables
            self._styles_by_role.clear()
        if key not in self._styles_by_role:
            self._styles_by_role[key] = self._resolved(role)
        return self._styles_by_role[key]

    def _resolved(self, role: str) -> Style:
        variables = self.app.theme_variables
        if role == "cursor":
            ground = Color.parse(variables["cursor"]).rich_color
            return Style(bgcolor=ground) + Style.parse(variables["cursor-style"])
        variable, attributes = ROLES[role]
        if self.app.no_color or self.app.theme == COLOURLESS:
            attributes = WITHOUT_COLOUR.get(role, attributes)
        colour = Color.parse(variables[variable]).rich_color if variable else None
        return Style(color=colour) + Style.parse(attributes)

    def strip(self, spans: Spans, width: int, *, cursor: bool = False) -> Strip:
        """Return the spans as exactly `width` terminal cells."""
        base = self.rich_style
        if cursor:
            base += self.style_of("cursor")
        # A row in reverse video is one block: colours in it would be turned round as well.
        plain = bool(cursor and base.reverse)
        segments = [
            Segment(self.shown(text), base + self.style_of(role) if role and not plain else base)
            for text, role in spans
        ]
        return Strip(segments).simplify().adjust_cell_length(width, base)

    def shown(self, text: str) -> str:
        """Return the text as this terminal may see it."""
        text = safe(text)
        return text.translate(PLAIN) if getattr(self.app, "plain_glyphs", False) else text


class Panel(Painted):
    """A few lines of spans that do not scroll: header, tabs, notes."""

    DEFAULT_CSS = "Panel { height: 1; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.rows: list[list[Span]] = []

    def show(self, rows: Iterable[Spans]) -> None:
        """Show these rows; cells that stay the same are not sent again."""
        new = [list(row) for row in rows]
        if new == self.rows:
            return
        old, self.rows = self.rows, new
        for y in range(max(len(old), len(new))):
            before, after = ((rows[y] if y < len(rows) else []) for rows in (old, new))
            first, end = changed_cells(before, after)
            if first < end:
                self.refresh(Region(first, y, min(end, self.size.width) - first, 1))

    def row(self, y: int, width: int) -> Spans:
        """Return one row."""
        return self.rows[y] if y < len(self.rows) else []

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        return self.strip(self.row(y, self.size.width), self.size.width)
