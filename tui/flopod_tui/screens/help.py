"""The keys that work where the user is, from the bindings themselves; a letter searches them.

Enter on a line does what its key does, so the help can be used as a menu.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.events import Click, Resize
from textual.widget import Widget
from textual.widgets import Input

from flopod_tui.frame.help_text import CHANGE, EVERYWHERE, LOOK, HelpKey, Note, layout
from flopod_tui.screens.offers import Offer, capital
from flopod_tui.screens.typed import TypedDialog
from flopod_tui.settings.keys import keys_in_short
from flopod_tui.widgets.fields import TextField
from flopod_tui.widgets.help_list import HelpList

FOR_ALL = ("help", "palette", "copy", "export", "why", "log", "mouse")
"""Actions that are the same on every screen, in their order."""
MOVES = {
    "move(1)": "move",
    "move(-1)": "move",
    "page(1)": "half a page",
    "page(-1)": "half a page",
    "page(2)": "a page",
    "page(-2)": "a page",
    "first": "first, last",
    "last": "first, last",
}
"""Actions that stand in one line."""


class HelpScreen(TypedDialog[Offer]):
    """Lists the keys; gives the action to run."""

    CSS_PATH: ClassVar[Any] = ["dialog.tcss", "help.tcss"]
    NEEDS: ClassVar[tuple[int, int]] = (60, 12)
    HOW = " · Enter does it · Esc closes"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close", show=False),
        Binding("f1", "dismiss(None)", "Close", show=False),
        Binding("down,ctrl+n", "move(1)", "Down", show=False),
        Binding("up,ctrl+p", "move(-1)", "Up", show=False),
        Binding("pagedown", "page(2)", "Page down", show=False),
        Binding("pageup", "page(-2)", "Page up", show=False),
        Binding("tab,shift+tab", "side", "Other column", show=False),
    ]

    def __init__(self, where: str, offers: Sequence[Offer], notes: Sequence[Note] = ()) -> None:
        super().__init__(f"Help: {where}" if where else "Help")
        self.lines = help_lines(offers)
        self.notes = notes

    def compose_box(self) -> Iterator[Widget]:
        """Lay out the field and the keys."""
        yield TextField(id="field", placeholder="type to search")
        yield HelpList()

    def on_resize(self, event: Resize) -> None:
        """Fit the keys to the width."""
        self.call_after_refresh(self.show_keys)

    def show_keys(self) -> None:
        """Show the keys that hold what was typed."""
        found = self.query_one(HelpList)
        typed = self.query_one(TextField).value.strip()
        keys = [key for key, _ in self.lines]
        found.show(layout(keys, self.notes, found.size.width - 2, typed))

    @on(Input.Changed)
    def edited(self, event: Input.Changed) -> None:
        """Narrow the keys with every letter; the one that opened the help closes it."""
        if event.value == "?":
            self.dismiss(None)
        else:
            self.show_keys()

    @on(Input.Submitted)
    def entered(self) -> None:
        """Do what the line with the cursor is about."""
        picked = self.query_one(HelpList).picked
        if picked is not None:
            self.dismiss(self.lines[picked][1])

    def on_click(self, event: Click) -> None:
        """A second click does it."""
        if isinstance(event.widget, HelpList) and event.chain == 2:
            self.entered()

    def action_close(self) -> None:
        """Clear what was typed, then close."""
        field = self.query_one(TextField)
        if field.value:
            field.value = ""
        else:
            self.dismiss(None)

    def action_move(self, rows: int) -> None:
        """Go to the next action."""
        self.query_one(HelpList).action_move(rows)

    def action_page(self, halves: int) -> None:
        """Scroll."""
        self.query_one(HelpList).action_page(halves)

    def action_side(self) -> None:
        """Go to the other column."""
        self.query_one(HelpList).action_side()


def help_lines(offers: Sequence[Offer]) -> list[tuple[HelpKey, Offer]]:
    """Return the actions by section; what is said in the same words stands in one line."""
    lines: dict[tuple[str, str], tuple[list[str], Offer]] = {}
    for offer in offers:
        place = _section(offer), capital(MOVES.get(offer.action, offer.label))
        lines.setdefault(place, ([], offer))[0].extend(offer.keys)
    found = [
        (HelpKey(section, keys_in_short(keys), label), offer)
        for (section, label), (keys, offer) in lines.items()
    ]
    return sorted(found, key=lambda line: _rank(line[1]))


def _rank(offer: Offer) -> int:
    if offer.moves:
        return -1
    return FOR_ALL.index(offer.name) if offer.name in FOR_ALL else len(FOR_ALL)


def _section(offer: Offer) -> str:
    if offer.changes:
        return CHANGE
    return EVERYWHERE if offer.is_everywhere or offer.name in FOR_ALL else LOOK
