"""How our widgets draw: a row is a list of spans, a span is a text and the role it plays.

A role is a component class, so all colour lives in the stylesheet, and `strip` is the one place
where text turns into terminal cells: whatever was not made harmless before is made so there.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from flopod_tui.format import safe
from flopod_tui.glyphs import PLAIN
from flopod_tui.spans import Span, Spans

ROLES = (
    *("quiet", "rule", "strong", "accent", "key", "danger", "error", "cursor", "cursor-mark"),
    *("running", "waiting", "sleeping", "retrying", "ok", "failed", "trouble", "damaged"),
)


class Painted(Widget):
    """A widget whose lines are spans."""

    COMPONENT_CLASSES = {f"paint--{role}" for role in ROLES}
    DEFAULT_CSS = """
    Painted {
        & > .paint--quiet { color: $quiet; }
        & > .paint--rule { color: $rule; }
        & > .paint--strong { text-style: bold; }
        & > .paint--accent { color: $accent; text-style: bold; }
        & > .paint--key { color: $accent; }
        & > .paint--danger { color: $warning; }
        & > .paint--error { color: $error; text-style: bold; }
        & > .paint--running { color: $running; }
        & > .paint--waiting { color: $waiting; text-style: bold; }
        & > .paint--sleeping { color: $sleeping; }
        & > .paint--retrying { color: $retrying; }
        & > .paint--ok { color: $ok; }
        & > .paint--failed { color: $failed; text-style: bold; }
        & > .paint--trouble { color: $trouble; text-style: bold; }
        & > .paint--damaged { color: $failed; text-style: reverse; }
        & > .paint--cursor { background: $cursor; text-style: $cursor-style; }
        & > .paint--cursor-mark { color: $accent; }
        &:nocolor {
            & > .paint--accent { text-style: bold underline; }
            & > .paint--retrying { text-style: underline; }
            & > .paint--failed { text-style: bold underline; }
            & > .paint--waiting { text-style: reverse; }
            & > .paint--trouble { text-style: reverse; }
        }
    }
    """

    def style_of(self, role: str) -> Style:
        """Return what a role adds to the style of the line."""
        return self.get_component_rich_style(f"paint--{role}", partial=True) if role else Style()

    def strip(self, spans: Spans, width: int, *, cursor: bool = False) -> Strip:
        """Return the spans as exactly `width` terminal cells."""
        base = self.rich_style
        if cursor:
            base += self.style_of("cursor")
        # A row in reverse video is one block: colours in it would be turned round as well.
        plain = bool(cursor and base.reverse)
        segments = [
            Segment(self.shown(text), base + self.style_of("" if plain else role))
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
        """Show these rows; lines that stay the same are not sent again."""
        new = [list(row) for row in rows]
        if new == self.rows:
            return
        old, self.rows = self.rows, new
        for y in range(max(len(old), len(new))):
            if old[y : y + 1] != new[y : y + 1]:
                self.refresh(Region(0, y, self.size.width, 1))

    def row(self, y: int, width: int) -> Spans:
        """Return one row."""
        return self.rows[y] if y < len(self.rows) else []

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        return self.strip(self.row(y, self.size.width), self.size.width)
