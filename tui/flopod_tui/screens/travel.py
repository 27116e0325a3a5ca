"""The keys that go through the whole log: a record at a time, to a number or a time, and back.

Everything on the screen is as of the record that is shown, until the run is live again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual import on, work
from textual.binding import Binding
from textual.widgets import Input

from flopod.state import Variable
from flopod_tui.frame.palette import Entry
from flopod_tui.run import goto
from flopod_tui.screens.goto import GotoScreen
from flopod_tui.screens.run_data import RunData
from flopod_tui.widgets.event_list import EventList
from flopod_tui.widgets.lines import LineList
from flopod_tui.widgets.scrubber import Scrubber

COMPARE = ("off", "previous event", "base")
"""What the state is compared with."""


class Travelling(RunData):
    """A screen on which time can be gone through."""

    BINDINGS = [
        Binding("comma,left_square_bracket", "step(-1)", "One event back", show=False),
        Binding("full_stop,right_square_bracket", "step(1)", "One event forward", show=False),
        Binding("less_than_sign", "step(-10)", "Ten events back", show=False),
        Binding("greater_than_sign", "step(10)", "Ten events forward", show=False),
        Binding("left_curly_bracket", "beside(-1)", "Previous event of the path", show=False),
        Binding("right_curly_bracket", "beside(1)", "Next event of the path", show=False),
        Binding("t", "goto", "Go to", tooltip="go to an event: number, time, share"),
        Binding("m", "mark_base", "Mark base", show=False),
        Binding("d", "compare", "Diff", tooltip="diff of state: previous event, base, off"),
        Binding("end,G", "live", "Live", priority=True, tooltip="live; in a list: its end"),
    ]
    base: int | None = None
    """How many events there were at the moment to compare with."""
    compared = COMPARE[0]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a text is typed its keys are its own."""
        if action == "live" and isinstance(self.focused, Input):
            return False
        return super().check_action(action, parameters)

    def action_step(self, events: int) -> None:
        """Go so many events back or forward; forward from the newest one is live."""
        if events > 0 and self.here is not None and self.here >= len(self.view.events):
            return self.action_live()
        if events > 0 and self.here is None:
            return self.say("this is the newest event; , goes back")
        self.go_to(self.count + events)

    def action_beside(self, way: int) -> None:
        """Go to the next or previous event of the selected path."""
        path = self.selected_path() or ""
        found = goto.beside(self.view.events, path, self.count, way)
        if found is None:
            word = "later" if way > 0 else "earlier"
            return self.say(f"no {word} event of {path or self.run_id}")
        self.go_to(found)

    @work(group="ask", exclusive=True)
    async def action_goto(self) -> None:
        """Go to an event that is typed."""
        if not self.view.events:
            return self.say("there is no event yet to go to", "error")
        prompt = GotoScreen(self.view.events, self.count)
        if (text := await self.app.push_screen_wait(prompt)) is not None:
            self.go_to_place(text)

    def go_to_place(self, text: str) -> None:
        """Go to an event as people name it."""
        try:
            self.go_to(goto.find(text, self.view.events, self.count))
        except goto.PlaceError as error:
            self.say(str(error), "error")

    def action_live(self) -> None:
        """Back to now; where it is now already, to the end of the list."""
        log = self.query_one(EventList)
        if self.here is not None:
            self.go_live()
            log.action_last()
        elif isinstance(self.focused, LineList):
            self.focused.action_last()

    def action_mark_base(self) -> None:
        """Let the state be compared with this moment."""
        if not self.count:
            return self.say("there is no event yet to compare with", "error")
        self.base, self.compared = self.count, COMPARE[2]
        self.show_compared()
        self.say(f"base is seq {self.moment_seq():,}; d: {self.next_compared()}")

    def action_compare(self) -> None:
        """Show how the state differs: from the previous event, from the base, not at all."""
        self.compared = self.next_compared()
        self.show_compared()

    def show_compared(self) -> None:
        """Show the state and what it is compared with."""
        self.show_state()
        self.show_lines()

    def next_compared(self) -> str:
        """Return what `d` compares with next."""
        known = COMPARE if self.base is not None else COMPARE[:2]
        return known[(known.index(self.compared) + 1) % len(known)]

    def show_state(self) -> None:
        """Show the variables, compared or not."""

    def compared_state(self) -> Mapping[str, Variable] | None:
        """Return the variables to compare with."""
        counts = {COMPARE[1]: self.count - 1, COMPARE[2]: self.base or 0}
        if self.compared not in counts or not self.view.events:
            return None
        count = max(0, min(counts[self.compared], self.view.folded))
        return self.view.state_at(count).variables

    @on(Scrubber.Clicked)
    def pointed(self, message: Scrubber.Clicked) -> None:
        """Go to where the user pointed."""
        self.go_to(message.count)

    def palette(self) -> Sequence[Entry]:
        """Offer to go to a record by a typed place."""
        return (
            *super().palette(),
            Entry("goto", "Go to an event", self.go_to_place, "t", "SEQ"),
            Entry("live", "Back to now", lambda _: self.action_live(), "G"),
        )
