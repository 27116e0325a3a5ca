"""Cancel a run, after a look at what is in flight."""

from __future__ import annotations

from collections.abc import Sequence

from flopod_tui.forms.retry_text import cancel_rows
from flopod_tui.run.detail_text import shell
from flopod_tui.screens.run_asking import RunAsking
from flopod_tui.text.spans import Spans


class CancelScreen(RunAsking[bool]):
    """Gives True only for a deliberate yes."""

    heading = "Cancel this run?"
    yes_word = "Cancel the run"
    no_word = "Leave it"

    def rows(self, width: int) -> Sequence[Spans]:
        """Return what stops and what stays."""
        rows = cancel_rows(self.run_summary, self.plan, self.now(), width)
        return [*rows, [], [("sh: ", "quiet"), (self.shell_line(), "")]]

    def shell_line(self) -> str:
        """Return what does the same from a shell."""
        return shell("flopod", "cancel", self.run_summary.run_id)

    def answer(self) -> None:
        """Say yes."""
        self.dismiss(True)

    def action_no(self) -> None:
        """Leave it."""
        self.dismiss(False)
