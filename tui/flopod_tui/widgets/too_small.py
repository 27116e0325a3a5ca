"""The one line over a screen that does not fit its terminal: what it needs, and what works instead.

It lies on a layer above, so nothing below loses its focus or its text while a window is narrow.
"""

from __future__ import annotations

from textual.geometry import Size

from flopod_tui.format import cut
from flopod_tui.spans import Spans
from flopod_tui.widgets.painted import Panel

INSTEAD = "Enlarge the terminal, or use:  flopod runs   flopod show RUN   flopod tail RUN"


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

    def judge(self, size: Size, needs: tuple[int, int]) -> None:
        """Cover a screen of this size if it needs a larger one."""
        self.display = size.width < needs[0] or size.height < needs[1]
        if self.display:
            self.show(told(size, needs))


def told(size: Size, needs: tuple[int, int]) -> list[Spans]:
    """Return what stands there, as much as fits."""
    what = f"{size.width} x {size.height} is too small for this view"
    needed = f"(needs {needs[0]} x {needs[1]})."
    lines = [f"{what} {needed}", INSTEAD]
    if size.width < len(INSTEAD) + 2:
        lines = [what, needed, *INSTEAD.split("  ")]
    return [[(f" {cut(line.strip(), size.width - 2)}", "")] for line in lines]
