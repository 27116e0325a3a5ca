"""A menu of a few choices: its key, or Enter on the line. For copying, sorting, exporting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from textual import on
from textual.events import Key
from textual.widget import Widget

from flopod_tui.screens.dialog import Dialog
from flopod_tui.widgets.choice_list import Choice, ChoiceList
from flopod_tui.widgets.painted import Panel


class MenuScreen(Dialog[str]):
    """Gives the result of what was chosen."""

    AUTO_FOCUS = LIST = "ChoiceList"

    def __init__(self, title: str, choices: Sequence[Choice]) -> None:
        super().__init__(title)
        self.choices = choices

    def compose_box(self) -> Iterator[Widget]:
        """Lay out the lines, and one for why something cannot be chosen."""
        yield ChoiceList(self.choices)
        yield Panel(id="note")

    @on(ChoiceList.Chosen)
    def chosen(self, message: ChoiceList.Chosen) -> None:
        """Give what was chosen, or say why it cannot be."""
        self.choose(message.choice)

    def choose(self, choice: Choice) -> None:
        """Give the choice, or say why not."""
        if choice.why_not:
            self.query_one("#note", Panel).show([[(choice.why_not, "error")]])
        else:
            self.dismiss(choice.result)

    def on_key(self, event: Key) -> None:
        """A key of a line chooses it."""
        typed = event.character or event.key
        for choice in self.choices:
            if choice.key and choice.key == typed:
                event.stop()
                return self.choose(choice)
