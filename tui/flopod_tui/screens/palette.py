"""The command palette: everything that can be asked for here, by its name or by a few letters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.events import Click
from textual.widget import Widget
from textual.widgets import Input

from flopod.errors import FlopodError
from flopod_tui.frame.palette import Entry, Found, find
from flopod_tui.screens.typed import TypedDialog
from flopod_tui.text.format import safe
from flopod_tui.widgets.fields import TextField
from flopod_tui.widgets.painted import Panel
from flopod_tui.widgets.palette_list import PaletteList


class PaletteScreen(TypedDialog[Found]):
    """Gives what was chosen, with the argument that was typed."""

    CSS_PATH: ClassVar[Any] = ["dialog.tcss", "palette.tcss"]
    NEEDS: ClassVar[tuple[int, int]] = (40, 12)
    HOW = " · Enter runs · Tab completes · Esc closes"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,ctrl+n", "move(1)", "Down", show=False),
        Binding("up,ctrl+p", "move(-1)", "Up", show=False),
        Binding("pagedown", "page(2)", "Page down", show=False),
        Binding("pageup", "page(-2)", "Page up", show=False),
        Binding("tab", "complete", "Complete", show=False),
    ]

    def __init__(self, entries: Sequence[Entry]) -> None:
        super().__init__("Commands")
        self.entries = entries

    def compose_box(self) -> Iterator[Widget]:
        """Lay out the field, what it may mean, and a note."""
        with Horizontal(id="line"):
            yield Panel(id="colon")
            yield TextField(id="field")
        yield PaletteList()
        yield Panel(id="note")

    def on_mount(self) -> None:
        """Offer everything."""
        self.query_one("#colon", Panel).show([[(": ", "key")]])
        self.find("")

    @on(Input.Changed)
    def edited(self, event: Input.Changed) -> None:
        """Narrow the list with every key."""
        self.find(event.value)

    def find(self, typed: str) -> None:
        """Offer what the text may mean."""
        found = find(self.entries, typed)
        self.query_one(PaletteList).show(found)
        self.show_note()
        self.workers.cancel_group(self, "complete")
        if len(found) == 1 and found[0].entry.complete and " " in typed.lstrip():
            self.complete_from(found[0])

    @work(group="complete", exclusive=True)
    async def complete_from(self, one: Found) -> None:
        """Offer arguments below what was typed."""
        if (complete := one.entry.complete) is None:
            return
        try:
            arguments = await complete(one.argument)
        except (FlopodError, OSError) as error:
            return self.show_note(str(error), "error")
        more = [Found(one.entry, argument) for argument in arguments if argument != one.argument]
        self.query_one(PaletteList).show([one, *more])

    def show_note(self, text: str = "", role: str = "quiet") -> None:
        """Show a note; of itself, why the line with the cursor does not apply."""
        current = self.query_one(PaletteList).current
        why = f"not offered: {current.entry.why_not}" if current and current.entry.why_not else ""
        self.query_one("#note", Panel).show([[(f" {safe(text or why, 300)}", role)]])

    @on(Input.Submitted)
    def entered(self) -> None:
        """Run the line with the cursor."""
        self.choose()

    def on_click(self, event: Click) -> None:
        """A second click runs a line."""
        if isinstance(event.widget, PaletteList) and event.chain == 2:
            self.choose()

    def choose(self) -> None:
        """Give the line with the cursor, once nothing is missing."""
        found = self.query_one(PaletteList).current
        if found is None:
            return
        if found.entry.why_not:
            self.show_note(f"not offered: {found.entry.why_not}", "error")
        elif found.is_ready:
            self.dismiss(found)
        else:
            self.action_complete()

    def action_complete(self) -> None:
        """Take the line with the cursor into the field."""
        if found := self.query_one(PaletteList).current:
            field = self.query_one(TextField)
            space = " " if found.entry.argument else ""
            field.value = f"{found.entry.name}{space}{found.argument}"
            field.cursor_position = len(field.value)

    def action_move(self, rows: int) -> None:
        """Move the cursor of the list."""
        self.query_one(PaletteList).action_move(rows)
        self.show_note()

    def action_page(self, halves: int) -> None:
        """Move the cursor of the list by half pages."""
        self.query_one(PaletteList).action_page(halves)
        self.show_note()
