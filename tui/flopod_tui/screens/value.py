"""One stored value on a screen of its own: folded, searched, copied place by place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from textual import on
from textual.binding import Binding
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input

from flopod_tui.screens.sharing import Sharing, Takeable
from flopod_tui.session import Session
from flopod_tui.text.format import safe, size
from flopod_tui.text.spans import Span, Spans
from flopod_tui.widgets.fields import TextField
from flopod_tui.widgets.painted import Panel
from flopod_tui.widgets.value_view import ValueView


class ValueScreen(Sharing):
    """Shows one value."""

    CSS_PATH = "value.tcss"
    AUTO_FOCUS = "ValueView"
    HINTS = ("unfold", "unfold_all", "fold_all", "search", "next_hit", "copy", "export")
    BINDINGS = [
        Binding("slash", "search", "Search", key_display="/"),
        Binding("n", "next_hit(1)", "Next"),
        Binding("N", "next_hit(-1)", "Next hit before", show=False),
        Binding("escape", "back", "Back", show=False),
        Binding("q,z", "leave", "Back", key_display="q"),
    ]
    HINTS_END = ("help", "palette", "leave")

    def __init__(self, session: Session, title: str, value: object) -> None:
        """Show `value`: one as a log holds it, or one that could be stored."""
        super().__init__(session)
        self.heading = title
        self.value = value

    def compose_body(self) -> Iterator[Widget]:
        """Lay out the value, and the line in which a search is typed."""
        yield ValueView(id="value", masking=self.session.masking)
        with Horizontal(id="search-line"):
            yield Panel(id="search-mark")
            yield TextField(id="search")

    def on_mount(self) -> None:
        """Show the value, once its width is known."""
        self.query_one("#search-mark", Panel).show([[(" / ", "key")]])
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
    @on(ValueView.Found)
    def moved(self) -> None:
        """Name the place under the cursor."""
        self.show_header()

    # Search

    def action_search(self) -> None:
        """Type what to search for."""
        self.add_class("-searching")
        self.set_focus(self.query_one(TextField))

    @on(Input.Changed, "#search")
    def search_typed(self, event: Input.Changed) -> None:
        """Go to the first place that has it."""
        self.query_one(ValueView).search(event.value, 0)
        self.show_header()

    @on(Input.Submitted, "#search")
    def search_done(self) -> None:
        """Go back to the value, and keep what is searched for."""
        self.set_focus(self.query_one(ValueView))

    def action_next_hit(self, step: int) -> None:
        """Go to the next place, or the one before."""
        text = self.query_one(TextField).value
        if not text:
            return self.action_search()
        if not self.query_one(ValueView).search(text, step):
            self.say(f"nothing here has {safe(text, 60)} in it", "error")

    def action_back(self) -> None:
        """Leave the search; without one, the screen."""
        if not self.has_class("-searching"):
            return self.action_leave()
        self.remove_class("-searching")
        self.query_one(TextField).value = ""
        self.set_focus(self.query_one(ValueView))

    def action_leave(self) -> None:
        """Go back."""
        self.dismiss(None)

    # Taking things out

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
