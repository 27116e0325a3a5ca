"""Who executes the runs of this store, and what is said when the last worker is gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flopod.backend import WorkerInfo
from flopod.summary import STOPPED, Status
from flopod_tui.text.format import plural


@dataclass(slots=True)
class Workforce:
    """What this session knows of workers, as last read."""

    alive: int | None = None
    """None until they were read."""
    unfinished: int = 0
    """Runs that are not finished."""
    can_start: bool = False
    """Another one can be started from here."""
    started: str = ""
    """The worker that this process started, in words for people."""

    def seen(self, workers: Sequence[WorkerInfo], counts: Mapping[Status, int]) -> str:
        """Take in what was read; return what is to be said, once, when the last one is gone."""
        before, self.alive = self.alive, len(workers)
        self.unfinished = sum(many for one, many in counts.items() if one not in STOPPED)
        if before and not workers and self.unfinished:
            offer = "; W starts one" if self.can_start else ""
            return f"the last worker is gone: {plural(self.unfinished, 'run')} not finished{offer}"
        return ""

    def left_behind(self) -> str:
        """Return what is said on leaving, if a worker of ours goes on with runs."""
        if not self.started or not self.unfinished:
            return ""
        runs = plural(self.unfinished, "run")
        return f"flopod: {runs} not finished; the worker goes on ({self.started})"
