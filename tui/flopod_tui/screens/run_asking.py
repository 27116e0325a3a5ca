"""A question about one run: open at once from its summary, filled in when its log is read."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from textual import work

from flopod.backend import WorkerInfo
from flopod.errors import FlopodError
from flopod.events import Event
from flopod.summary import RunSummary
from flopod_tui.forms.retry_plan import RetryPlan, plan_of
from flopod_tui.screens.asking import Answer, Asking
from flopod_tui.session import Session
from flopod_tui.widgets.unless_gone import unless_gone


class RunAsking(Asking[Answer]):
    """Knows the run, and what its log says once that is read."""

    RETRIED = False
    """What is asked about begins with a retry."""

    def __init__(self, session: Session, run: RunSummary) -> None:
        super().__init__()
        self.session = session
        self.run_summary = run
        self.plan: RetryPlan | None = None
        """None: the log is not read yet, or cannot be."""
        self.log_events: Sequence[Event] = ()
        self.alive: Sequence[WorkerInfo] | None = None
        self.trouble = ""
        """Why the log could not be read."""

    def now(self) -> datetime:
        """Return the time of this session."""
        return self.session.now()

    def on_mount(self) -> None:
        """Show what is known, and read the rest."""
        self.look_into_log()

    def until(self) -> int:
        """Return the number of the last event that counts."""
        return self.run_summary.last_seq

    @work(group="log", exclusive=True)
    async def look_into_log(self) -> None:
        """Read the log; a long one is folded beside the screen, which goes on meanwhile."""
        with unless_gone():
            control = self.session.control
            try:
                self.alive = await control.workers()
                events = await control.events(self.run_summary.run_id)
                self.log_events = [one for one in events if one.seq <= self.until()]
                self.plan = await asyncio.to_thread(plan_of, self.log_events, retried=self.RETRIED)
            except FlopodError as error:
                self.trouble = str(error)
            self.learned()
            self.ask()

    def learned(self) -> None:
        """Take note of what the log says."""
