"""Search in the list that has the focus: `/` types at the foot, `n` and `N` go on, Esc leaves."""

from __future__ import annotations

from collections.abc import Iterator

from textual import on
from textual.binding import Binding
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input

from flopod_tui.screens.actions import RunActions
from flopod_tui.text.format import safe
from flopod_tui.widgets.fields import TextField
from flopod_tui.widgets.painted import Panel
from flopod_tui.widgets.searching import Searching


class Finding(RunActions):
    """A screen whose lists can be searched."""

    BINDINGS = [
        Binding("slash", "find", "Search", key_display="/"),
        Binding("n", "next_hit(1)", "Next hit", show=False),
        Binding("N", "next_hit(-1)", "Hit before", show=False),
    ]
    sought: Searching | None = None
    """The list that is searched."""

    def compose_finding(self) -> Iterator[Widget]:
        """Lay out the line in which the search is typed."""
        with Horizontal(id="finding"):
            yield Panel(id="find-mark")
            yield TextField(id="find")
            yield Panel(id="find-count")

    @property
    def is_finding(self) -> bool:
        """Something is searched for."""
        return self.has_class("-finding")

    def action_find(self) -> None:
        """Type what to search for."""
        if not isinstance(self.focused, Searching):
            return self.say("search works in the paths, the state and the events", "error")
        self.sought = self.focused
        self.add_class("-finding")
        self.query_one("#find-mark", Panel).show([[(" / ", "key")]])
        field = self.query_one("#find", TextField)
        field.value = ""
        self.sought.forget_search()
        self.set_focus(field)
        self.show_found()

    @on(Input.Changed, "#find")
    def find_typed(self, event: Input.Changed) -> None:
        """Go to the first place that has it."""
        if self.sought is not None and self.is_finding:
            self.sought.search(event.value, 0)
            self.show_found()

    @on(Input.Submitted, "#find")
    def find_done(self) -> None:
        """Go back to the list, and keep what is searched for."""
        if self.sought is not None:
            self.set_focus(self.sought)

    @on(Searching.Found)
    def show_found(self) -> None:
        """Say how many places have it, and which one this is."""
        if self.sought is not None and self.is_finding:
            count = self.sought.found or "type what to search for"
            keys = [("   n", "key"), (" next  ", "quiet"), ("N", "key"), (" before  ", "quiet")]
            spans = [(count, "strong"), *keys, ("Esc", "key"), (" leave", "quiet")]
            self.query_one("#find-count", Panel).show([spans])

    def action_next_hit(self, step: int) -> None:
        """Go to the next place, or the one before."""
        text = self.query_one("#find", TextField).value
        if not text or not self.is_finding:
            return self.action_find()
        if isinstance(self.focused, Searching):
            self.sought = self.focused
        if self.sought is not None and not self.sought.search(text, step):
            self.say(f"nothing here has {safe(text, 60)} in it", "error")
        self.show_found()

    def leave_finding(self) -> None:
        """Search for nothing any more."""
        self.remove_class("-finding")
        if self.sought is not None:
            self.sought.forget_search()
            self.set_focus(self.sought)
        self.sought = None
