"""One stored value on a screen of its own: folded, searched, copied place by place."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from textual import on

from flopod_tui.screens.sharing import Takeable
from flopod_tui.screens.viewer import Viewer
from flopod_tui.session import Session
from flopod_tui.text.format import safe, size
from flopod_tui.text.spans import Span, Spans
from flopod_tui.widgets.value_view import ValueView


class ValueScreen(Viewer):
    """Shows one value."""

    AUTO_FOCUS = "ValueView"
    HINTS = ("unfold", "unfold_all", "fold_all", "search", "next_hit", "copy", "export")

    def __init__(self, session: Session, title: str, value: object) -> None:
        """Show `value`: one as a log holds it, or one that could be stored."""
        super().__init__(session, title)
        self.value = value

    def compose_view(self) -> ValueView:
        """Return the value."""
        return ValueView(id="value", masking=self.session.masking)

    def on_mount(self) -> None:
        """Show the value, once its width is known."""
        self.call_after_refresh(self.show_value)

    def show_value(self) -> None:
        """Show the value."""
        self.query_one(ValueView).show(self.heading, [], self.value, "")
        self.show_lines()

    def header(self) -> tuple[Spans, Spans]:
        """Return what is shown, the place under the cursor, and how the search stands."""
        view = self.query_one(ValueView)
        left: list[Span] = [(f" {safe(self.heading, 200)} ", "strong"), (" ", "")]
        left.append((safe(view.path, 500), "accent"))
        right: list[Span] = [(f"{view.found}  ", "key")] if view.found else []
        if isinstance(self.value, msgspec.Raw):
            right.append((f"{size(len(bytes(self.value)))} ", "quiet"))
        return left, right

    @on(ValueView.Highlighted)
    def moved(self) -> None:
        """Name the place under the cursor."""
        self.show_header()

    def copies(self) -> Sequence[Takeable]:
        """Return the place under the cursor, and what is there."""
        view = self.query_one(ValueView)
        outline, at = view.outline, view.cursor
        if outline is None:
            return ()
        offered = [
            Takeable("p", "path", lambda: outline.path(at)),
            Takeable("v", "value here", lambda: outline.pretty(at)),
            Takeable("w", "whole value", lambda: outline.pretty(0)),
        ]
        if (text := outline.plain_text(at)) is not None:
            offered.insert(2, Takeable("t", "text here, without quotes", lambda: text))
        return offered

    def exports(self) -> Sequence[Takeable]:
        """Return the place under the cursor, and the whole."""
        view = self.query_one(ValueView)
        outline, at = view.outline, view.cursor
        if outline is None:
            return ()
        return (
            Takeable("v", "value here", lambda: f"{outline.pretty(at)}\n", "value.json"),
            Takeable("w", "whole value", lambda: f"{outline.pretty(0)}\n", "value.json"),
        )
