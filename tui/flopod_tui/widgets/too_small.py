"""The one line over a screen that does not fit its terminal: what it needs, and what works instead.

It lies on a layer above, so nothing below loses its focus or its text while a window is narrow.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual.geometry import Size

from flopod_tui.text.format import cut, width_of
from flopod_tui.text.spans import Spans
from flopod_tui.widgets.painted import Panel

INSTEAD = ("flopod runs", "flopod show RUN", "flopod tail RUN")
ADVICE = "Enlarge the terminal, or use:"


class TooSmall(Panel):
    """Covers the screen while it is too small."""

    DEFAULT_CSS = """
    Screen { layers: base over; }
    TooSmall {
        layer: over;
        display: none;
        width: 100%;
        height: 100%;
        background: $background;
        color: $foreground;
    }
    """

    def judge(self, size: Size, needs: tuple[int, int], instead: Sequence[str] = INSTEAD) -> None:
        """Cover a screen of this size if it needs a larger one.

        Args:
            instead: commands that do the same.
        """
        self.display = size.width < needs[0] or size.height < needs[1]
        if self.display:
            self.show(told(size, needs, instead))


def told(size: Size, needs: tuple[int, int], instead: Sequence[str] = INSTEAD) -> list[Spans]:
    """Return what stands there, as much as fits."""
    what = f"{size.width} x {size.height} is too small for this view"
    needed = f"(needs {needs[0]} x {needs[1]})."
    room = size.width - 2
    lines = _whole([what, needed], " ", room) + _whole([ADVICE, *instead], "  ", room)
    return [[(f" {cut(line, room)}", "")] for line in lines]


def _whole(parts: Sequence[str], gap: str, room: int) -> list[str]:
    """Return the parts in one line if they fit, else each in one of its own."""
    line = gap.join(parts)
    return [line] if width_of(line) <= room else [*parts]
