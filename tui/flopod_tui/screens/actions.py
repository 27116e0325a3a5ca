"""The four keys that change a run, the same on every screen that shows one.

Each opens a form or a question first; what came of it is told in the status line.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from textual import work
from textual.binding import Binding

from flopod.summary import FINISHED, RunSummary, Status
from flopod_tui.screens.confirm import ConfirmScreen, cancel_question, retry_question
from flopod_tui.screens.sharing import Sharing

RETRYABLE = (Status.ERROR, Status.CANCELLED, Status.NEEDS_ATTENTION)


class RunActions(Sharing):
    """A screen from which runs are changed."""

    BINDINGS = [
        Binding("D", "deliver", "Deliver"),
        Binding("R", "retry", "Retry"),
        Binding("S", "start", "Start"),
        Binding("X", "cancel", "Cancel"),
    ]

    def selected(self) -> RunSummary | None:
        """Return the run that the keys are about."""
        raise NotImplementedError

    def marked(self) -> Sequence[RunSummary]:
        """Return the runs that are marked for an action on several."""
        return ()

    def unmark(self, run_ids: Collection[str]) -> None:
        """Take the marks off these runs."""

    def selected_path(self) -> str | None:
        """Return the path that the keys are about, if the screen shows paths."""
        return None

    def open_run(self, run_id: str) -> None:
        """Look inside a run."""
        raise NotImplementedError

    def why_not(self, action: str) -> str:
        """Return why an action makes no sense for the run."""
        run = self.selected()
        if why := super().why_not(action):
            return why
        if action in ("open", "retry", "cancel") and run is None:
            return "no run is selected"
        if action == "retry" and run and run.status not in RETRYABLE:
            return f"{run.run_id} is {run.status}: only a failed or cancelled run is retried"
        if action == "cancel" and run and not _cancellable(run):
            return f"{run.run_id} is {run.status}: there is nothing to cancel"
        return ""

    @work(group="ask", exclusive=True)
    async def action_deliver(self) -> None:
        """Deliver an event to an open wait."""
        from flopod_tui.screens.deliver import DeliverScreen

        if self.refuses("deliver"):
            return
        form = DeliverScreen(self.session, self.selected(), self.selected_path())
        if delivered := await self.app.push_screen_wait(form):
            self.say(delivered.note, "ok" if delivered.new else "")

    @work(group="ask", exclusive=True)
    async def action_start(self) -> None:
        """Start a run."""
        from flopod_tui.screens.start import StartScreen

        if self.refuses("start"):
            return
        if run_id := await self.app.push_screen_wait(StartScreen(self.session)):
            self.say(f"started {run_id}", "ok")
            self.open_run(run_id)

    @work(group="ask", exclusive=True)
    async def action_retry(self) -> None:
        """Let a failed run go on, after a question."""
        run = self.selected()
        if self.refuses("retry") or run is None:
            return
        if await self.app.push_screen_wait(ConfirmScreen(retry_question(run, self.now()))):
            with self.telling():
                self.say(await self.control.retry(run.run_id), "ok")

    @work(group="ask", exclusive=True)
    async def action_cancel(self) -> None:
        """Cancel a run, after a question."""
        run = self.selected()
        if self.refuses("cancel") or run is None:
            return
        if await self.app.push_screen_wait(ConfirmScreen(cancel_question(run, self.now()))):
            with self.telling():
                self.say(await self.control.cancel(run.run_id), "ok")


def _cancellable(run: RunSummary) -> bool:
    return run.status not in FINISHED | {Status.DAMAGED}
