"""The live line of `flopod run` on a terminal, drawn by rich on stderr."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from flopod.summary import RunSummary
from flopod_tui.runs.text import done
from flopod_tui.text.format import cut_left, safe
from flopod_tui.text.glyphs import look

PATH = 48
"""Cells for the path."""


class LiveLine:
    """The path where a run stands, a bar where its end is known, and how many steps are done."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=None, steps="")

    def show(self, run: RunSummary) -> None:
        """Show the run as it is now."""
        where = cut_left(safe(run.current_path, 500), PATH)
        self._progress.update(
            self._task,
            description=f"{look(run.status).word}  {where}",
            completed=run.progress.done,
            total=run.progress.total,
            steps=f"{done(run.progress)} steps",
        )

    def tell(self, text: str) -> None:
        """Say something above the line, where it stays."""
        self._progress.console.print(f"flopod: {safe(text)}", markup=False, highlight=False)


@contextmanager
def live_display() -> Iterator[LiveLine]:
    """Draw the line, as long as the block takes; nothing of it stays."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        TextColumn("{task.fields[steps]}", markup=False),
        TimeElapsedColumn(),
    )
    # What the steps print is theirs: rich would send it to stderr.
    with Progress(
        *columns,
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    ) as progress:
        yield LiveLine(progress)
