"""The runs that a list holds, newest first, kept in order while they change under the cursor."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from flopod.summary import RunSummary
from flopod_tui.filters import RunFilter

EVER = datetime.min.replace(tzinfo=UTC)


class RunRows:
    """A page of runs, or several, from the newest on."""

    def __init__(self) -> None:
        self.runs: list[RunSummary] = []
        self.complete = False
        """There is no older run that the filter takes."""
        self._index: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self.runs)

    def replace(self, runs: Iterable[RunSummary], *, complete: bool) -> None:
        """Hold these runs and no others."""
        self.runs, self.complete = list(runs), complete
        self._reindex()

    def extend(self, runs: Iterable[RunSummary], *, complete: bool) -> None:
        """Hold the next, older page as well."""
        self.runs += [run for run in runs if run.run_id not in self._index]
        self.complete = complete
        self._reindex()

    def change(self, changed: Iterable[RunSummary], taken: RunFilter) -> None:
        """Take in runs as they are now: in their place, at the top, or no longer at all."""
        for run in changed:
            index = self._index.get(run.run_id)
            if not taken.takes(run):
                self._drop(index)
            elif index is not None:
                self.runs[index] = run
            else:
                self._insert(run)

    def find(self, run_id: str) -> int | None:
        """Return where the run stands."""
        return self._index.get(run_id)

    def _insert(self, run: RunSummary) -> None:
        # New runs belong to the very top, so this looks at a row or two.
        for index, other in enumerate(self.runs):
            if _key(run) > _key(other):
                self.runs.insert(index, run)
                return self._reindex()
        if self.complete:
            self.runs.append(run)
            self._reindex()

    def _drop(self, index: int | None) -> None:
        if index is not None:
            del self.runs[index]
            self._reindex()

    def _reindex(self) -> None:
        self._index = {run.run_id: index for index, run in enumerate(self.runs)}


def _key(run: RunSummary) -> tuple[datetime, str]:
    return run.submitted_at or EVER, run.run_id
