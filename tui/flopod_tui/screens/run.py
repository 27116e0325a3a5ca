"""One run: its paths, its state and its events, live, and everything about what is selected."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from contextlib import suppress

from textual import events, on, work
from textual.binding import Binding

from flopod.errors import BackendError, RunNotFoundError
from flopod.records import plain
from flopod.summary import RunSummary
from flopod_tui.run.past_summary import Summaries
from flopod_tui.run.scrub_line import Track
from flopod_tui.screens.run_shown import RunShown
from flopod_tui.screens.value import ValueScreen
from flopod_tui.text.format import safe
from flopod_tui.widgets.detail import Detail
from flopod_tui.widgets.event_list import EventList
from flopod_tui.widgets.log_view import LogView
from flopod_tui.widgets.path_list import PathList
from flopod_tui.widgets.state_list import StateList
from flopod_tui.widgets.timeline import Timeline


class RunScreen(RunShown):
    """Looks inside a run."""

    CSS_PATH = "run.tcss"
    AUTO_FOCUS = "PathList"
    HINTS = (
        "unfold",
        "find",
        "deliver",
        "retry",
        "cancel",
        "start",
        "fork",
        "next_view",
        "copy",
        "goto",
        "follow_log",
        "compare",
        "export",
        "next_pane",
        "zoom",
    )
    BINDINGS = [
        Binding("enter", "enter", "Open", show=False, tooltip="go to the event; open the value"),
        Binding("f", "follow_log", "Follow"),
        Binding("exclamation_mark", "trouble", "Next failure", show=False, key_display="!"),
        Binding("r", "reread", "Read again", show=False),
        Binding("escape,q", "back", "Back", key_display="q"),
    ]

    _selected = False
    """Something was selected that is yet to be told."""

    def on_mount(self) -> None:
        """Start to follow the run."""
        self.lay_out()
        self.follow()
        self.set_interval(1, self.tick)
        self.set_interval(3, self.look)

    @work(group="follow", exclusive=True)
    async def follow(self) -> None:
        """Feed the panes for as long as the screen lives."""
        await self.tail.follow()

    @work(group="look", exclusive=True)
    async def look(self) -> None:
        """Read where the run stands."""
        await self.tail.look()

    @on(PathList.Highlighted)
    @on(EventList.Highlighted)
    @on(StateList.Highlighted)
    @on(LogView.Highlighted)
    @on(Timeline.Highlighted)
    def selected_something(self, message: events.Event) -> None:
        """Say everything about it, once however many lists report."""
        if not self._selected:
            self._selected = True
            self.call_later(self.show_selected)

    def show_selected(self) -> None:
        """Say everything about what is selected."""
        self._selected = False
        node = self.query_one(PathList).current
        if node is not None and node.child and node.child != self.tail.child_id:
            self.tail.child_id = node.child
            self.look()
        self.show_detail()
        self.show_lines()

    @on(PathList.Told)
    def told(self, message: PathList.Told) -> None:
        """Say what a key did."""
        self.say(message.text)

    @on(PathList.ChildOpened)
    def child_opened(self, message: PathList.ChildOpened) -> None:
        """Show the run that was started here; Esc comes back."""
        self.app.push_screen(RunScreen(self.session, message.run_id))

    @on(LogView.Opened)
    def opened(self, message: LogView.Opened) -> None:
        """Show an event whole, as it is stored."""
        event = self.session.masking.masked_event(message.event)
        title = f"{self.run_id} event {event.seq}"
        self.app.push_screen(ValueScreen(self.session, title, plain(event)))

    # Keys

    def selected(self) -> RunSummary | None:
        """Return the run."""
        return self.summary

    def instead(self) -> Sequence[str]:
        """Return the commands that show this run."""
        return [f"flopod {command} {safe(self.run_id, 60)}" for command in ("show", "tail")]

    def open_run(self, run_id: str) -> None:
        """Look inside another run instead."""
        self.app.switch_screen(RunScreen(self.session, run_id))

    def action_enter(self) -> None:
        """Go to the event under the cursor, or open the value that is looked at."""
        source = self.focused
        if isinstance(source, EventList) and (event := source.current):
            known = self.view.events
            self.go_to(bisect_right(known, event.seq, key=lambda one: one.seq))
        else:
            self.open_value()

    def action_zoom(self) -> None:
        """Give one pane the whole screen, or give it back; of a value all that there is."""
        looked_at = self.subject()
        if isinstance(self.focused, Detail) and looked_at and looked_at.is_open:
            self.open_value()
        else:
            super().action_zoom()

    def action_follow_log(self) -> None:
        """Follow the newest event, or stop to."""
        self.query_one(EventList).action_follow()

    def action_trouble(self) -> None:
        """Go to the next path that failed or is tried again."""
        self.query_one(PathList).action_trouble()

    @work(group="reread", exclusive=True)
    async def action_reread(self) -> None:
        """Read the run again; what is shown stays where the store cannot be read."""
        with suppress(RunNotFoundError):  # told when it is read
            try:
                await self.control.get(self.run_id)
            except BackendError as error:
                self.follow()
                return self.say(str(error), "error")
        self.tail, self.track = self.new_tail(), Track()
        self.here, self.past, self.base = None, None, None
        self.summaries = Summaries(self.run_id)
        self._placed, self._missed = False, self.selected_path()
        self.query_one(EventList).action_last()
        self.follow()
        self.say("read again")

    def action_back(self) -> None:
        """Leave the search, the zoom, the past, the view; with none of them, the run."""
        if self.is_finding:
            self.leave_finding()
        elif self.zoomed:
            super().action_zoom()
        elif self.here is not None:
            self.action_live()
        elif self.looking != "tree":
            self.look_at("tree")
        else:
            self.app.pop_screen()
