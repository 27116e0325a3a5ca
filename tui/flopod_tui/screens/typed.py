"""A dialog with a line to type in: what was typed before the line was there is not lost."""

from __future__ import annotations

from typing import TypeVar

from textual.events import Key

from flopod_tui.screens.dialog import Dialog
from flopod_tui.widgets.fields import TextField

Given = TypeVar("Given")


class TypedDialog(Dialog[Given]):
    """Gives what came of the typed text."""

    AUTO_FOCUS = "TextField"

    def on_key(self, event: Key) -> None:
        """Take a letter that came before the field had the focus."""
        if event.is_printable and event.character:
            event.stop()
            self.query_one(TextField).insert_text_at_cursor(event.character)
