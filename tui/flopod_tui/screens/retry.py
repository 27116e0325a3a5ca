"""Retry a run: go on where it failed, or start it again as a new one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from textual import on
from textual.widget import Widget

from flopod import events as ev
from flopod.records import json_part
from flopod.stored import decoded
from flopod.summary import RunSummary, Status
from flopod_tui.forms.retry_text import failure, plan_rows, worker_row
from flopod_tui.run.detail_text import shell
from flopod_tui.screens.run_asking import RunAsking
from flopod_tui.session import Session
from flopod_tui.text.format import compact, cut, plural, safe
from flopod_tui.text.spans import Spans
from flopod_tui.widgets.either import Either, Way

STANDS = {Status.CANCELLED: "cancelled", Status.NEEDS_ATTENTION: "stopped"}


@dataclass(frozen=True, slots=True)
class RetryAnswer:
    """What is to be done."""

    shell: str
    fresh: bool = False
    """Start a new run of the same workflow with the same input."""
    input: Any = None


class RetryScreen(RunAsking[RetryAnswer | None]):
    """Gives how to retry, None for not at all."""

    RETRIED = True
    yes_word = "Retry"

    def __init__(self, session: Session, run: RunSummary) -> None:
        super().__init__(session, run)
        self.heading = f"Retry 1 {STANDS.get(run.status, 'failed')} run"
        self.submitted: ev.RunSubmitted | None = None

    def compose_more(self) -> Iterator[Widget]:
        """Lay out the two ways."""
        yield Either(self.ways(), id="ways")

    def ways(self) -> list[Way]:
        """Return the two ways to go."""
        steps = self.run_summary.progress.done
        finished = f"keeps {plural(len(self.plan.kept) if self.plan else steps, 'finished step')}"
        again = Way("again", "Start again as new run", "same input, new id", self._why_not_again())
        return [Way("resume", "Resume this run", finished), again]

    def _why_not_again(self) -> str:
        if not self.run_summary.workflow:
            return "it was written by hand: it has no workflow"
        if self.submitted is None:
            return "its input cannot be read" if self.trouble else "its input is being read"
        return ""

    @property
    def fresh(self) -> bool:
        """A new run is wanted."""
        return self.query_one(Either).value == "again"

    def learned(self) -> None:
        """Offer to start again, now that the input is known."""
        first = self.log_events[0].fact if self.log_events else None
        self.submitted = first if isinstance(first, ev.RunSubmitted) else None
        self.query_one(Either).show(self.ways())

    def rows(self, width: int) -> Sequence[Spans]:
        """Return what failed."""
        return [*failure(self.run_summary, self.now(), width), []]

    def rows_after(self, width: int) -> Sequence[Spans]:
        """Return what runs again and what is kept."""
        run = self.run_summary
        line = cut(safe(self.shell_line()[:1000]), width - 4)
        plan = plan_rows(self.plan, run, self.trouble, width, fresh=self.fresh)
        return [[], *plan, *worker_row(self.alive), [], [("sh: ", "quiet"), (line, "")]]

    def shell_line(self) -> str:
        """Return what does the same from a shell."""
        run = self.run_summary
        if not self.fresh or self.submitted is None:
            return shell("flopod", "retry", run.run_id)
        stored = self.submitted.input
        value = self.session.masking.masked(json_part(stored)) if stored else None
        return shell("flopod", "start", run.workflow, *([compact(value)] if stored else []))

    @on(Either.Changed)
    def changed_way(self) -> None:
        """Show what it means."""
        self.ask()

    def keys(self) -> str:
        """Return what the keys do."""
        return f"Up/Down choose   {super().keys()}"

    def action_scroll(self, lines: int) -> None:
        """Choose the other way."""
        self.query_one(Either).action_step(lines)

    def answer(self) -> None:
        """Give how to retry."""
        stored = self.submitted.input if self.submitted else None
        input = decoded(stored) if self.fresh and stored else None
        self.dismiss(RetryAnswer(self.shell_line(), self.fresh, input))
