"""Where to go in the log: one line to type, and which record that takes."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.widgets import Input

from flopod.events import Event
from flopod_tui.run import goto
from flopod_tui.screens.prompt import PromptScreen
from flopod_tui.text.format import safe
from flopod_tui.widgets.painted import Panel


class GotoScreen(PromptScreen):
    """Gives the text, once it names a record."""

    def __init__(self, events: Sequence[Event], here: int) -> None:
        """Begin at the record that is shown, the last of the first `here` events."""
        super().__init__("Go to", hint=goto.FORMS, check=self.wrong)
        self.events = events
        self.here = here

    def wrong(self, text: str) -> str:
        """Return why the text names no record."""
        try:
            goto.find(text, self.events, self.here)
        except goto.PlaceError as error:
            return str(error)
        return ""

    @on(Input.Changed)
    def edited(self, event: Input.Changed) -> None:
        """Say which record is taken."""
        text = event.value
        if text and not self.wrong(text):
            event.prevent_default()
            told = goto.told(self.events, goto.find(text, self.events, self.here))
            self.query_one("#note", Panel).show([[(safe(told, 200), "ok")]])
