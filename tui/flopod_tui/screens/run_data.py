"""The run that a screen shows: live, or as it stood at a moment of the past."""

from __future__ import annotations

import asyncio
from datetime import datetime

from textual import work

from flopod.summary import RunSummary
from flopod_tui.run.inside import Inside
from flopod_tui.run.past_summary import APART, Summaries
from flopod_tui.run.scrub_line import Track
from flopod_tui.run.tail import RunTail
from flopod_tui.run.view import RunView
from flopod_tui.screens.actions import RunActions
from flopod_tui.session import Session

SLICE = 0.008
"""Seconds of folding before keys get a turn."""
AT_ONCE = 500
"""Events that are folded in less than that."""
TURN = 0.002


class RunData(RunActions):
    """A screen about one run."""

    def __init__(self, session: Session, run_id: str) -> None:
        super().__init__(session)
        self.run_id = run_id
        self.tail = self.new_tail()
        self.track = Track()
        self.here: int | None = None
        """How many events there were at the moment that is shown; None: live."""
        self.past: RunView | None = None
        """The run at that moment."""
        self.summaries = Summaries(run_id)
        self.inside = Inside()
        self._paint_due = False

    def new_tail(self) -> RunTail:
        """Return what reads the run; it gathers changes, so that there are few paints a second."""
        return RunTail(self.control, self.run_id, self.schedule_paint, self.paint_every())

    def schedule_paint(self) -> None:
        """Repaint at once; the tail calls a few times a second at most."""
        if not self._paint_due:
            self._paint_due = True
            self.tail.every = self.paint_every()
            self.call_later(self.paint)

    def paint(self) -> None:
        """Show the run as it is now."""

    # What is shown

    @property
    def view(self) -> RunView:
        """The run as it is now, as far as it is known."""
        return self.tail.view

    @property
    def shown(self) -> RunView:
        """The run at the moment that is shown."""
        return self.past or self.tail.view

    @property
    def summary(self) -> RunSummary | None:
        """How the run stands now, as the store tells it."""
        return self.tail.summary

    @property
    def stood(self) -> RunSummary | None:
        """How the run stood at the moment that is shown; None: not known yet."""
        if self.here is None:
            return self.tail.summary
        return self.summaries.at(self.view.events, self.here)

    def then(self) -> datetime:
        """Return the time of the moment that is shown."""
        if self.past is None or not self.past.events:
            return self.now()
        return self.past.events[-1].at

    @property
    def count(self) -> int:
        """How many events there are at the moment that is shown."""
        return len(self.view.events) if self.here is None else self.here

    def moment_seq(self) -> int | None:
        """Return the number of the event that is shown; None: there is none yet."""
        events = self.tail.events if self.here is None else self.shown.events
        return events[-1].seq if events else None

    # Going to a moment

    def go_to(self, count: int) -> None:
        """Show the run as it stood after its first `count` events."""
        known = len(self.view.events)
        if not known:
            return self.say("there is no event yet to go to", "error")
        self.here = max(1, min(count, known))
        self.view.held = True
        if self.here <= self.view.folded:
            self.arrive()
        else:
            self.fold_up()

    def go_live(self) -> None:
        """Show the run as it is now, and follow it."""
        self.here = None
        self.fold_up()

    @work(group="moment", exclusive=True)
    async def fold_up(self) -> None:
        """Fold what was kept meanwhile, in slices, as far as it is wanted; then show it."""
        while self.view.folded < self.count:
            self.view.fold(min(AT_ONCE, self.count - self.view.folded))
            await asyncio.sleep(TURN)
        if self.here is None:
            self.view.held, self.past = False, None
            self.arrived()
        else:
            self.arrive()

    def arrive(self) -> None:
        """Take the moment for what is shown."""
        if self.here is not None:
            self.past = self.view.at(self.here)
            self.count_up()
            self.arrived()

    def arrived(self) -> None:
        """Show what is another moment now."""

    @work(group="summaries", exclusive=True)
    async def count_up(self) -> None:
        """Find out how the run stood, where that takes long."""
        wanted = -1 if self.here is None else self.here // APART
        if wanted < len(self.summaries.kept):
            return
        counted = False
        while not counted:
            await asyncio.sleep(TURN)
            counted = self.summaries.count_up(self.view.events, wanted, SLICE)
        self.show_lines()
