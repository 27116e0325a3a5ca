"""Fork a run: a new one with its history up to an event, the source stays as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from textual import on
from textual.widget import Widget
from textual.widgets import Input

from flopod.summary import RunSummary
from flopod_tui.forms.retry_text import fork_rows, worker_row
from flopod_tui.forms.start_text import made_up
from flopod_tui.run.detail_text import shell
from flopod_tui.screens.run_asking import RunAsking
from flopod_tui.session import Session
from flopod_tui.text.format import cut, safe
from flopod_tui.text.spans import Spans
from flopod_tui.widgets.run_id_field import RunIdField


@dataclass(frozen=True, slots=True)
class ForkAnswer:
    """What is to be done."""

    seq: int
    run_id: str
    shell: str


class ForkScreen(RunAsking[ForkAnswer | None]):
    """Gives where to fork and the id of the new run, None for not at all."""

    heading = "Fork: a new run with the past of this one"
    yes_word = "Fork"

    def __init__(self, session: Session, run: RunSummary, seq: int) -> None:
        super().__init__(session, run)
        self.seq = seq

    def compose_more(self) -> Iterator[Widget]:
        """Lay out the id of the new run."""
        yield RunIdField("New id", self.session.control.backend.summary, self.session.now)

    def on_mount(self) -> None:
        """Suggest an id."""
        name = self.run_summary.workflow or self.run_summary.run_id
        self.query_one(RunIdField).suggest(made_up(f"{name}-fork", self.now()))

    def until(self) -> int:
        """Return the number of the last event that goes along."""
        return self.seq

    def rows(self, width: int) -> Sequence[Spans]:
        """Return what goes along, and where the new run goes on."""
        event = self.log_events[-1] if self.log_events else None
        rows = fork_rows(self.run_summary, event, self.seq, self.plan, self.now(), width)
        if self.trouble:
            rows.append([("✗ ", "error"), (safe(self.trouble, 300), "")])
        return [*rows, *worker_row(self.alive), []]

    def rows_after(self, width: int) -> Sequence[Spans]:
        """Return the command that does the same."""
        return [[], [("sh: ", "quiet"), (cut(self.shell_line(), width - 4), "")]]

    def shell_line(self) -> str:
        """Return what does the same from a shell."""
        line = shell("flopod", "fork", self.run_summary.run_id, "--at", str(self.seq))
        given = self.query_one(RunIdField)
        return f"{line} --run-id {shell(given.value)}" if given.value and given.typed else line

    def unready(self) -> str:
        """Return why there can be no such run."""
        return self.query_one(RunIdField).problem.partition(": Enter")[0]

    @on(RunIdField.Changed)
    def id_changed(self) -> None:
        """Say whether it can be forked now."""
        self.ask()

    @on(Input.Submitted)
    def entered(self, message: Input.Submitted) -> None:
        """Enter in the line goes on to the buttons: it never forks."""
        self.query_one("#no").focus()

    def answer(self) -> None:
        """Give where to fork."""
        run_id = self.query_one(RunIdField).value
        self.dismiss(ForkAnswer(self.seq, run_id, self.shell_line()))
