"""The keys that change a run, the same on every screen that shows one.

Each opens a form or a question first; what came of it is told in the status line.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from textual import work
from textual.binding import Binding

from flopod.summary import FINISHED, RunSummary, Status
from flopod_tui.screens.sharing import Sharing
from flopod_tui.text.glyphs import look

if TYPE_CHECKING:
    from flopod_tui.screens.retry import RetryAnswer

RETRYABLE = (Status.ERROR, Status.CANCELLED, Status.NEEDS_ATTENTION)


class RunActions(Sharing):
    """A screen from which runs are changed."""

    BINDINGS = [
        Binding("D", "deliver", "Deliver"),
        Binding("R", "retry", "Retry"),
        Binding("S", "start", "Start"),
        Binding("X", "cancel", "Cancel"),
        Binding("F", "fork", "Fork"),
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

    def moment_seq(self) -> int | None:
        """Return the number of the event that the screen shows, if it shows a moment of a run."""
        return None

    def open_run(self, run_id: str) -> None:
        """Look inside a run."""
        raise NotImplementedError

    def why_not(self, action: str) -> str:
        """Return why an action makes no sense for the run."""
        if why := super().why_not(action):
            return why
        if action in ("retry", "cancel") and len(marked := self.marked()) > 1:
            whys = [why_not_of(action, run) for run in marked]
            return "" if "" in whys else f"none of {len(marked)} marked runs: {whys[0]}"
        run = self.selected()
        if action in ("open", "retry", "cancel", "fork") and run is None:
            return "no run is selected"
        if action == "fork" and not self.moment_seq():
            return "a fork begins at an event: open the run and choose one"
        return why_not_of(action, run) if run else ""

    @work(group="ask", exclusive=True)
    async def action_deliver(self) -> None:
        """Deliver an event to an open wait."""
        from flopod_tui.screens.deliver import DeliverScreen

        if self.refuses("deliver"):
            return
        form = DeliverScreen(self.session, self.selected(), self.selected_path())
        if given := await self.app.push_screen_wait(form):
            self.say(given.text, "ok" if given.delivered.new else "", given.shell)

    @work(group="ask", exclusive=True)
    async def action_start(self) -> None:
        """Start a run."""
        from flopod_tui.screens.start import StartScreen

        if self.refuses("start"):
            return
        if given := await self.app.push_screen_wait(StartScreen(self.session)):
            if given.new:
                self.say(f"started {given.run_id}", "ok", given.shell)
            if given.open:
                self.open_run(given.run_id)

    @work(group="ask", exclusive=True)
    async def action_retry(self) -> None:
        """Let a failed run go on, or all that are marked, after a question."""
        from flopod_tui.screens.retry import RetryScreen

        run = self.selected()
        if self.refuses("retry"):
            return
        if len(marked := self.marked()) > 1:
            await self._several("retry", "retried", marked)
        elif run is not None:
            answer = await self.app.push_screen_wait(RetryScreen(self.session, run))
            if answer:
                with self.telling():
                    await self._retry(run, answer)

    async def _retry(self, run: RunSummary, answer: RetryAnswer) -> None:
        if not answer.fresh:
            return self.say(await self.control.retry(run.run_id), "ok", answer.shell)
        run_id = await self.control.start(run.workflow, answer.input)
        self.say(f"started {run_id} with the input of {run.run_id}", "ok", answer.shell)
        self.open_run(run_id)

    @work(group="ask", exclusive=True)
    async def action_cancel(self) -> None:
        """Cancel a run, or all that are marked, after a question."""
        from flopod_tui.screens.cancel import CancelScreen

        run = self.selected()
        if self.refuses("cancel"):
            return
        if len(marked := self.marked()) > 1:
            await self._several("cancel", "cancelled", marked)
        elif run is not None:
            screen = CancelScreen(self.session, run)
            if await self.app.push_screen_wait(screen):
                with self.telling():
                    self.say(await self.control.cancel(run.run_id), "ok", screen.shell_line())

    async def _several(self, verb: str, past: str, runs: Sequence[RunSummary]) -> None:
        from flopod_tui.screens.bulk import BulkScreen, Several

        whys = {run.run_id: why_not_of(verb, run) for run in runs}
        refused = {run_id: why for run_id, why in whys.items() if why}
        act = self.control.retry if verb == "retry" else self.control.cancel
        told = await self.app.push_screen_wait(BulkScreen(Several(verb, past, runs, refused, act)))
        if told:
            self.unmark(told.done)
            self.say(told.text, "error" if told.refused else "ok", told.shell)

    @work(group="ask", exclusive=True)
    async def action_fork(self) -> None:
        """Make a new run with the past of this one, up to the moment on the screen."""
        from flopod_tui.screens.fork import ForkScreen

        run, seq = self.selected(), self.moment_seq()
        if self.refuses("fork") or run is None or seq is None:
            return
        if answer := await self.app.push_screen_wait(ForkScreen(self.session, run, seq)):
            with self.telling():
                new = await self.control.fork(run.run_id, answer.seq, answer.run_id or None)
                self.say(f"forked {new} at event {answer.seq}", "ok", answer.shell)
                self.open_run(new)


def why_not_of(action: str, run: RunSummary) -> str:
    """Return why an action makes no sense for this run; empty when it does."""
    if action == "retry" and run.status not in RETRYABLE:
        return f"{run.run_id} is {look(run.status).word}: only a failed or cancelled run is retried"
    if action == "cancel" and run.status in FINISHED | {Status.DAMAGED}:
        return f"{run.run_id} is {look(run.status).word}: there is nothing to cancel"
    if action == "fork" and run.status is Status.DAMAGED:
        return f"{run.run_id} is damaged: its log cannot be read to its end"
    return ""
