"""One thing on a screen of its own, to be searched and taken out: a value, a long text."""

from __future__ import annotations

from collections.abc import Iterator

from textual import on
from textual.binding import Binding
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input

from flopod_tui.screens.sharing import Sharing
from flopod_tui.session import Session
from flopod_tui.text.format import safe
from flopod_tui.widgets.fields import TextField
from flopod_tui.widgets.painted import Panel
from flopod_tui.widgets.searching import Searching


class Viewer(Sharing):
    """Shows one thing."""

    CSS_PATH = "viewer.tcss"
    BINDINGS = [
        Binding("slash", "search", "Search", key_display="/"),
        Binding("n", "next_hit(1)", "Next"),
        Binding("N", "next_hit(-1)", "Next hit before", show=False),
        Binding("escape", "back", "Back", show=False),
        Binding("q,z", "leave", "Back", key_display="q"),
    ]
    HINTS_END = ("help", "palette", "leave")

    def __init__(self, session: Session, title: str) -> None:
        super().__init__(session)
        self.heading = title

    def compose_view(self) -> Searching:
        """Return what shows it."""
        raise NotImplementedError

    def compose_body(self) -> Iterator[Widget]:
        """Lay out what is shown, and the line in which a search is typed."""
        yield self.compose_view()
        with Horizontal(id="search-line"):
            yield Panel(id="search-mark")
            yield TextField(id="search")

    def on_mount(self) -> None:
        """Mark the line of the search."""
        self.query_one("#search-mark", Panel).show([[(" / ", "key")]])

    @property
    def searched(self) -> Searching:
        """What shows it."""
        return self.query_one(Searching)

    @on(Searching.Found)
    def found(self) -> None:
        """Say how the search stands."""
        self.show_header()

    def action_search(self) -> None:
        """Type what to search for."""
        self.add_class("-searching")
        self.set_focus(self.query_one(TextField))

    @on(Input.Changed, "#search")
    def search_typed(self, event: Input.Changed) -> None:
        """Go to the first place that has it."""
        self.searched.search(event.value, 0)
        self.show_header()

    @on(Input.Submitted, "#search")
    def search_done(self) -> None:
        """Go back to what is shown, and keep what is searched for."""
        self.set_focus(self.searched)

    def action_next_hit(self, step: int) -> None:
        """Go to the next place, or the one before."""
        text = self.query_one(TextField).value
        if not text:
            return self.action_search()
        if not self.searched.search(text, step):
            self.say(f"nothing here has {safe(text, 60)} in it", "error")

    def action_back(self) -> None:
        """Leave the search; without one, the screen."""
        if not self.has_class("-searching"):
            return self.action_leave()
        self.remove_class("-searching")
        self.query_one(TextField).value = ""
        self.set_focus(self.searched)

    def action_leave(self) -> None:
        """Go back."""
        self.dismiss(None)
