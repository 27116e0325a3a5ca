"""The list of runs: knows summaries, and nothing about where they come from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from flopod.stored import utc_now
from flopod.summary import RunSummary
from flopod_tui.format import cut, cut_middle, fit, fit_right, safe, since
from flopod_tui.glyphs import look
from flopod_tui.run_text import BAR, DONE, bar, doing, done_in_short, took
from flopod_tui.spans import Span, Spans, cut_spans
from flopod_tui.widgets.lines import LineList

WIDE = 110
SMALL = 70
NOW = 24
"""Cells that the last column keeps on a wide screen, however long the ids are."""
NEAR_THE_END = 100
"""So many rows before the last one, the next page is asked for."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The widths of the columns; 0 leaves one out."""

    run: int
    workflow: int
    now: int

    @property
    def wide(self) -> bool:
        """There is room for workflow, bar and age."""
        return self.workflow > 0


def columns(width: int, runs: Sequence[RunSummary]) -> Columns:
    """Return the widths that fit the screen and the first page of runs."""
    page = runs[:200]
    longest = max((len(run.run_id) for run in page), default=12)
    name = max((len(run.workflow) for run in page), default=8)
    if width >= WIDE:
        workflow = min(max(name, 8), 20)
        room = width - 47 - NOW
        workflow = max(8, min(workflow, room - longest))
        run = min(max(longest, 12), room - workflow)
        return Columns(run, workflow, width - 47 - run - workflow)
    run = min(max(longest, 12), 26)
    return Columns(run, 0, max(0, width - 35 - run) if width >= SMALL else 0)


class RunList(LineList):
    """Runs, newest first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,l,right", "open", "Open", key_display="Enter")
    ]
    HEAD = 1

    @dataclass
    class Opened(Message):
        """The user asked to look inside a run."""

        run_id: str

    @dataclass
    class Highlighted(Message):
        """The cursor stands on another run; None: the list is empty."""

        run: RunSummary | None

    class EndNear(Message):
        """The cursor comes near the oldest run that is loaded."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.runs: Sequence[RunSummary] = ()
        self.complete = True
        """There is no older run than these."""
        self.now = utc_now()
        self.nothing: list[Spans] = []
        """What stands there when no run does."""
        self._on: str | None = None

    @property
    def current(self) -> RunSummary | None:
        """The run under the cursor."""
        return self.runs[self.cursor] if self.cursor < len(self.runs) else None

    def show(self, runs: Iterable[RunSummary], now: datetime, *, complete: bool) -> None:
        """Show these runs; the cursor stays on its run, and the run on its line."""
        self.runs, self.complete, self.now = tuple(runs), complete, now
        moved = self._index_of_current() - self.cursor
        if moved:
            self.set_reactive(RunList.cursor, self.cursor + moved)
        self.resize_to(len(self.runs))
        if moved and self.scroll_offset.y:
            self.jump(self.scroll_offset.y + moved)
        self.cursor_moved()

    def _index_of_current(self) -> int:
        ids = (index for index, run in enumerate(self.runs) if run.run_id == self._on)
        return next(ids, self.cursor)

    def tick(self, now: datetime) -> None:
        """Let time pass: only rows that say something else now are sent again."""
        self.now = now
        self.repaint_changed()

    def cursor_moved(self) -> None:
        """Report the run under the cursor."""
        self._on = self.current.run_id if self.current else None
        self.post_message(self.Highlighted(self.current))
        near = self.cursor >= len(self.runs) - NEAR_THE_END
        if near and self.runs and not self.complete:
            self.post_message(self.EndNear())

    def action_open(self) -> None:
        """Look inside the run under the cursor."""
        if self.current:
            self.post_message(self.Opened(self.current.run_id))

    def open_row(self) -> None:
        """Look inside the run under the cursor."""
        self.action_open()

    def head_row(self, y: int, width: int) -> Spans:
        """Return the titles of the columns."""
        if not self.count:
            return []
        widths = columns(width, self.runs)
        if widths.wide:
            text = (
                f"   {fit('RUN', widths.run)} {fit('WORKFLOW', widths.workflow)} "
                f"{fit('STATUS', 12)}{fit('PROGRESS', BAR + 1 + DONE)}{'AGE':>6} {'TOOK':>6}"
                "  NOW / ERROR"
            )
        else:
            now = "  NOW / ERROR" if widths.now else ""
            text = f"   {fit('RUN', widths.run)} {fit('STATUS', 12)}{'DONE':>9} {'TOOK':>6}{now}"
        return [(cut(text, width), "quiet")]

    def empty_row(self, y: int, width: int) -> Spans:
        """Say why there is no run."""
        return self.nothing[y] if y < len(self.nothing) else []

    def row(self, index: int, width: int) -> Spans:
        """Return one run."""
        run = self.runs[index]
        widths = columns(width + 1, self.runs)
        shown = look(run.status)
        start: list[Span] = [
            (f"{shown.glyph} ", shown.role),
            (f"{fit(cut_middle(safe(run.run_id, 200), widths.run), widths.run)} ", ""),
        ]
        middle = self._wide(run, widths) if widths.wide else self._narrow(run)
        return [*start, *middle, *cut_spans(doing(run, self.now, widths.now), widths.now)]

    def _wide(self, run: RunSummary, widths: Columns) -> list[Span]:
        shown = look(run.status)
        return [
            (f"{fit(safe(run.workflow, 200) or '—', widths.workflow)} ", "quiet"),
            (fit(shown.word, 12), shown.role),
            (f"{bar(run.progress)} ", shown.role if run.progress.total else ""),
            (fit(done_in_short(run.progress), DONE), ""),
            (f"{fit_right(since(run.submitted_at, self.now), 6)} ", "quiet"),
            (f"{fit_right(took(run, self.now), 6)}  ", ""),
        ]

    def _narrow(self, run: RunSummary) -> list[Span]:
        shown = look(run.status)
        return [
            (fit(shown.word, 12), shown.role),
            (f"{fit_right(done_in_short(run.progress), DONE)} ", ""),
            (f"{fit_right(took(run, self.now), 6)}  ", ""),
        ]
