"""The runs of an action on several: each with why it cannot be, or what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flopod.summary import RunSummary
from flopod_tui.text.format import cut, cut_middle, fit, safe
from flopod_tui.text.glyphs import look
from flopod_tui.text.spans import Spans
from flopod_tui.widgets.lines import LineList


class BulkList(LineList):
    """A line for each run."""

    def __init__(self, runs: Sequence[RunSummary], refused: Mapping[str, str]) -> None:
        super().__init__()
        self.runs = list(runs)
        self.refused = dict(refused)
        """Why not, by run id."""
        self.done: dict[str, str] = {}
        """What was done, by run id."""
        self.count = len(self.runs)

    @property
    def current(self) -> RunSummary | None:
        """The run under the cursor."""
        return self.runs[self.cursor] if self.cursor < len(self.runs) else None

    def on_mount(self) -> None:
        """Be as high as there are lines."""
        self.resize_to(len(self.runs))

    def show(self, done: Mapping[str, str], refused: Mapping[str, str]) -> None:
        """Show what came of it."""
        self.done, self.refused = dict(done), dict(refused)
        self.repaint_changed()

    def show_refused(self) -> None:
        """Leave only those that were refused."""
        self.runs = [run for run in self.runs if run.run_id in self.refused]
        self.resize_to(len(self.runs))
        self.move_to(0)

    def row(self, index: int, width: int) -> Spans:
        """Return one run."""
        run = self.runs[index]
        shown = look(run.status)
        name = min(40, max(12, width // 2))
        mark, text, role = " ", f"{shown.word}  {safe(run.workflow, 60)}", "quiet"
        if why := self.refused.get(run.run_id):
            mark, text, role = "✗", _bare(why, run.run_id), ""
        elif told := self.done.get(run.run_id):
            mark, text, role = "✓", told, "quiet"
        return [
            (f"{mark} ", "error" if mark == "✗" else "ok"),
            (f"{shown.glyph} ", shown.role),
            (f"{fit(cut_middle(safe(run.run_id, 200), name), name)}  ", ""),
            (cut(safe(text, 300), max(0, width - name - 6)), role),
        ]


def _bare(why: str, run_id: str) -> str:
    """Return a reason without the run that it is about, which stands beside it."""
    return why.removeprefix(f"{run_id} ").removeprefix(f"run {run_id!r} ")
