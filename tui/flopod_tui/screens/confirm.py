"""A question before a run is changed: what it is about, what it keeps and what it does.

Cancel has the focus, so Enter alone changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.events import Resize
from textual.screen import ModalScreen
from textual.widgets import Button

from flopod.summary import RunSummary, Status
from flopod_tui.detail_text import shell
from flopod_tui.format import plural, safe, since
from flopod_tui.glyphs import look
from flopod_tui.spans import Span, Spans
from flopod_tui.widgets.painted import Panel
from flopod_tui.widgets.too_small import TooSmall

AROUND = 8
"""Lines that a dialog has beside those of its question."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and the words on the buttons."""

    title: str
    lines: Sequence[Spans]
    yes: str
    no: str = "Cancel"
    key: str = "y"


class ConfirmScreen(ModalScreen[bool]):
    """Gives True only for a deliberate yes."""

    CSS_PATH = "confirm.tcss"
    AUTO_FOCUS = "#no"
    BINDINGS = [
        Binding("y", "answer(True)", "Yes", show=False),
        Binding("n,escape,q", "answer(False)", "No", show=False),
        Binding("left,up,h", "app.focus_previous", "Previous", show=False),
        Binding("right,down,l", "app.focus_next", "Next", show=False),
    ]

    def __init__(self, question: Question) -> None:
        super().__init__()
        self.question = question

    def compose(self) -> ComposeResult:
        """Lay out the question and two buttons."""
        with Vertical(id="box"):
            yield Panel(id="question")
            with Horizontal(id="buttons"):
                yield Button(self.question.no, id="no", compact=True)
                yield Button(self.question.yes, id="yes", compact=True)
        yield TooSmall()

    def on_mount(self) -> None:
        """Show the question."""
        rows: list[Spans] = [[(self.question.title, "accent")], [], *self.question.lines]
        panel = self.query_one("#question", Panel)
        panel.styles.height = len(rows)
        panel.show(rows)

    def on_resize(self, event: Resize) -> None:
        """See that the question fits, its buttons with it."""
        lines = len(self.question.lines) + AROUND
        self.query_one(TooSmall).judge(event.size, (60, lines))

    @on(Button.Pressed)
    def pressed(self, event: Button.Pressed) -> None:
        """Take the answer."""
        self.dismiss(event.button.id == "yes")

    def action_answer(self, answer: bool) -> None:
        """Take the answer."""
        self.dismiss(answer)


def retry_question(run: RunSummary, now: datetime) -> Question:
    """Return the question before a retry: where it failed, what is kept, what runs again."""
    lines = [_run_line(run), [(f"{look(run.status).word} {since(run.ended_at, now)} ago", "quiet")]]
    where = safe(run.error.path, 60) if run.error and run.error.path else ""
    if run.error:
        tries = plural(run.error.attempts, "attempt")
        lines.append([(f"  {where or 'in the workflow body'}", ""), (f"   {tries}", "quiet")])
        lines.append([(f"  {safe(str(run.error), 64)}", "failed")])
    again = f"{where}, then everything after it" if where else "what is not finished"
    lines += [
        [],
        _pair("Keeps", f"{plural(run.progress.done, 'finished step')}: they do not run again"),
        _pair("Runs again", again),
        _pair("Attempt", f"{run.attempt + 1} of this run"),
        [],
        [(shell("flopod", "retry", run.run_id), "quiet")],
    ]
    return Question("Retry this run?", lines, "Retry")


def cancel_question(run: RunSummary, now: datetime) -> Question:
    """Return the question before a cancel: what stops, and what stays."""
    at = safe(run.current_path, 60) or "its beginning"
    stop = "now" if run.worker is None else "at its worker, as soon as the step in flight lets it"
    lines: list[Spans] = [
        _run_line(run),
        [(f"started {since(run.started_at, now)} ago, now at {at}", "quiet")],
        [],
        _pair("Stops", stop),
        _pair("Keeps", f"the log and {plural(run.progress.done, 'finished step')}"),
        _pair("Afterwards", "R can take it up again"),
        [],
        [(shell("flopod", "cancel", run.run_id), "quiet")],
    ]
    return Question("Cancel this run?", lines, "Cancel the run", no="Leave it")


def discard_question(what: str) -> Question:
    """Return the question before typed text is thrown away."""
    lines: list[Spans] = [[(f"What you typed into {what} was not sent.", "")]]
    return Question("Throw it away?", lines, "Throw away", no="Keep editing")


def _run_line(run: RunSummary) -> list[Span]:
    shown = look(run.status if run.status != Status.DAMAGED else Status.ERROR)
    return [
        (f"{shown.glyph} ", shown.role),
        (safe(run.run_id, 60), "strong"),
        (f"   {safe(run.workflow, 40)}", "quiet"),
    ]


def _pair(label: str, text: str) -> list[Span]:
    return [(f"{label:<11} ", "quiet"), (text, "")]
