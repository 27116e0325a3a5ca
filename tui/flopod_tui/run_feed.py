"""Follows a store for the run list: reads pages, takes in changes, and survives a lost store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from flopod.backend import WorkerInfo
from flopod.control import Control
from flopod.errors import FlopodError
from flopod.summary import RunSummary, Status
from flopod_tui.filters import RunFilter
from flopod_tui.run_rows import RunRows

FIRST_PAGE = 500
AGAIN = 2.0
"""Seconds until a store that could not be read is tried again."""


@dataclass(slots=True)
class RunFeed:
    """The runs of a store that a filter takes, as they were last read."""

    control: Control
    changed: Callable[[], None]
    """Called whenever something of this changed."""
    rows: RunRows = field(default_factory=RunRows)
    filter: RunFilter = field(default_factory=RunFilter)
    counts: Mapping[Status, int] = field(default_factory=dict)
    workers: list[WorkerInfo] | None = None
    """None until they were read."""
    error: str = ""
    """Why the store cannot be read; what was read before stays."""
    loaded: bool = False
    paused: bool = False
    newest: datetime | None = None
    """When the last change was seen to happen."""

    async def load(self) -> None:
        """Read the newest runs that the filter takes, as many as were loaded before."""
        wanted, limit = self.filter, max(FIRST_PAGE, len(self.rows))
        runs = await self.control.list_runs(
            status=wanted.statuses, search=wanted.search, limit=limit
        )
        if wanted == self.filter:
            taken = [run for run in runs if wanted.takes(run)]
            self.rows.replace(taken, complete=len(runs) < limit)
            self.loaded = True
            self._seen(runs[:1])
            self.changed()

    async def load_more(self) -> None:
        """Read the next, older page."""
        if self.rows.complete or not self.rows.runs:
            return
        wanted, last = self.filter, self.rows.runs[-1].run_id
        runs = await self.control.list_runs(
            status=wanted.statuses, search=wanted.search, limit=FIRST_PAGE, before=last
        )
        if wanted == self.filter:
            taken = (run for run in runs if wanted.takes(run))
            self.rows.extend(taken, complete=len(runs) < FIRST_PAGE)
            self.changed()

    async def look_around(self) -> None:
        """Read how many runs there are, and who executes them."""
        before, self.counts = self.counts, await self.control.counts()
        self.workers = await self.control.workers()
        if self.loaded and not self.paused and _left(before) != _left(self.counts):
            # A worker that dies changes no run, and tells nobody.
            await self.load()
        self.changed()

    async def follow(self) -> None:
        """Take in changes until cancelled; a store that fails is tried again and again."""
        while True:
            try:
                await self._watch()
            except FlopodError as error:
                self.error = str(error)
                self.changed()
                await asyncio.sleep(AGAIN)

    async def _watch(self) -> None:
        await self.load()
        self.error = ""
        await self.look_around()
        watching = False
        async for changed in self.control.watch_runs():
            if not watching:
                # What changed between the first reading and this moment was told to nobody.
                watching = True
                await self.load()
            if changed and not self.paused:
                self.take(changed)

    def take(self, changed: list[RunSummary]) -> None:
        """Take in runs as they are now."""
        self.rows.change(changed, self.filter)
        self._seen(changed)
        self.changed()

    def _seen(self, runs: list[RunSummary]) -> None:
        times = [run.updated_at for run in runs if run.updated_at]
        self.newest = max([*times, *([self.newest] if self.newest else [])], default=None)


def _left(counts: Mapping[Status, int]) -> int:
    """Return how many runs have lost their worker."""
    return counts.get(Status.INTERRUPTED, 0)
