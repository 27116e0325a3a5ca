"""The part of the deliver form in which an open wait is chosen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input

from flopod_tui.forms.open_waits import WaitOf
from flopod_tui.runs.summary_text import rule
from flopod_tui.screens.page import Page, Result
from flopod_tui.text.spans import Span
from flopod_tui.widgets.fields import TextField
from flopod_tui.widgets.painted import Panel
from flopod_tui.widgets.unless_gone import unless_gone
from flopod_tui.widgets.value_editor import ValueEditor
from flopod_tui.widgets.wait_list import WaitList


class WaitsPart(Page[Result]):
    """Open waits to choose from, and a line that narrows them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter", key_display="/"),
        Binding("enter", "choose", "Payload", tooltip="go on to the payload", priority=True),
    ]

    chosen: WaitOf | None
    """The wait that the form was filled for."""

    async def fill(self, one: WaitOf | None) -> None:
        """Fill the form for a wait."""
        raise NotImplementedError

    def compose_waits(self) -> Iterator[Widget]:
        """Lay out the waits."""
        yield Panel(id="waits-title")
        with Horizontal(id="filter-line"):
            mark = Panel(id="filter-mark")
            mark.show([[(" / ", "accent")]])
            yield mark
            yield TextField(id="wait-filter", placeholder="words of run, path or event")
        yield WaitList(id="waits")

    @property
    def waits(self) -> WaitList:
        """The list."""
        return self.query_one(WaitList)

    def offer_waits(self, waits: Sequence[WaitOf], *, by_hand: bool) -> None:
        """Offer these, the cursor on the first, or on the line for typing by hand."""
        with self.waits.prevent(WaitList.Chosen):
            self.waits.show(waits, self.now())
            if by_hand:
                self.waits.move_to(len(waits))
        self.show_waits_title()

    def show_waits_title(self) -> None:
        """Say how many there are, and what narrows them."""
        shown, known = len(self.waits.shown_ones), len(self.waits.waits)
        count = f"{known}" if shown == known else f"{shown} of {known}"
        keys: list[Span] = [(" · ", "quiet"), ("/", "key"), (" filter", "quiet")]
        title: list[Span] = [("Open waits ", "strong"), (count, "quiet"), *keys]
        self.query_one("#waits-title", Panel).show([rule(title, self.size.width)])

    def show_lines(self) -> None:
        """Fill the lines that depend on the width."""
        super().show_lines()
        self.show_waits_title()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enter is the list's where that has the focus. Ours first: no key after it is lost."""
        on_list = isinstance(self.focused, WaitList)
        return on_list if action == "choose" else super().check_action(action, parameters)

    async def action_choose(self) -> None:
        """Go on to the payload of the wait under the cursor; the next keys wait until then."""
        with unless_gone():
            if self.waits.current != self.chosen:
                await self.fill(self.waits.current)
            self.go_on()

    @on(WaitList.Chosen)
    def chosen_wait(self, message: WaitList.Chosen) -> None:
        """Fill the form for a wait."""
        self.choose(done=message.done)

    def choose(self, *, done: bool) -> None:
        """Fill the form for the wait under the cursor, unless it is."""
        if self.waits.current != self.chosen:
            self.take_wait(done)
        elif done:
            self.go_on()

    @work(group="take-wait")
    async def take_wait(self, done: bool) -> None:
        """Fill the form for the wait under the cursor."""
        with unless_gone():
            await self.fill(self.waits.current)
            if done:
                self.go_on()

    def go_on(self) -> None:
        """Go on to the payload of the wait, or to where it is named."""
        if self.waits.current is None or not self.query_one(ValueEditor).go_in():
            self.set_focus(self.query_one("#run"))

    # The filter

    def action_filter(self) -> None:
        """Type words that the waits must hold."""
        self.add_class("-filtering")
        self.query_one("#wait-filter").focus()

    @on(Input.Changed, "#wait-filter")
    def filter_typed(self, message: Input.Changed) -> None:
        """Narrow the list with every key."""
        self.waits.narrow(message.value)
        self.show_waits_title()

    @on(Input.Submitted, "#wait-filter")
    def filter_done(self, message: Input.Submitted) -> None:
        """Go back to the list, keeping the words."""
        message.stop()
        message.prevent_default()
        self.waits.focus()

    def close_filter(self) -> bool:
        """Close the filter, if it is open; say whether it was."""
        if not self.has_class("-filtering"):
            return False
        self.remove_class("-filtering")
        self.query_one("#wait-filter", TextField).value = ""
        self.waits.focus()
        return True
