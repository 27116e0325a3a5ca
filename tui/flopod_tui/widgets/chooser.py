"""A list beside a field: the field has the focus and takes the letters, the list its cursor."""

from __future__ import annotations

from textual.strip import Strip

from flopod_tui.text.spans import GAP
from flopod_tui.widgets.lines import LineList


class Chooser(LineList, can_focus=False):
    """A list whose cursor is as bright as if it had the focus."""

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        spans, cursor = self._shown[y] = self._line(y)
        marked = [("▌", "cursor-mark") if cursor else GAP, *spans]
        return self.strip(marked, self.size.width, cursor=cursor)
