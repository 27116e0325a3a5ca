"""A long text on a screen of its own, as it was written: a traceback."""

from __future__ import annotations

from collections.abc import Sequence

from flopod_tui.screens.sharing import Takeable
from flopod_tui.screens.viewer import Viewer
from flopod_tui.session import Session
from flopod_tui.text.format import plural, safe
from flopod_tui.text.spans import Span, Spans
from flopod_tui.widgets.text_view import TextView


class TextScreen(Viewer):
    """Shows one text."""

    AUTO_FOCUS = "TextView"
    HINTS = ("search", "next_hit", "copy", "export")

    def __init__(self, session: Session, title: str, text: str, file: str) -> None:
        """Show `text`; `file` is the name offered for it."""
        super().__init__(session, title)
        self.text, self.file = text, file

    def compose_view(self) -> TextView:
        """Return the text."""
        return TextView(self.text, id="text")

    def header(self) -> tuple[Spans, Spans]:
        """Return what is shown, how the search stands, and how long it is."""
        view = self.query_one(TextView)
        right: list[Span] = [(f"{view.found}  ", "key")] if view.found else []
        right.append((f"{plural(len(view.own_lines), 'line')} ", "quiet"))
        return [(f" {safe(self.heading, 200)} ", "strong")], right

    def copies(self) -> Sequence[Takeable]:
        """Return the line under the cursor, and the whole."""
        view = self.query_one(TextView)
        line = view.own_lines[view.place()]
        return (
            Takeable("l", "line", lambda: line),
            Takeable("w", "whole text", lambda: self.text),
        )

    def exports(self) -> Sequence[Takeable]:
        """Return the whole."""
        return (Takeable("w", "whole text", lambda: f"{self.text.rstrip()}\n", self.file),)
