"""Follows a store for the run list: reads all its runs, takes in changes, survives a lost store.

The newest runs are read first, so that they stand on the screen at once; then all, page by page.
A change that happens while that goes on is told by the watch, which is set before.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from time import monotonic

from flopod.backend import WorkerInfo
from flopod.control import Control
from flopod.errors import FlopodError, RunNotFoundError
from flopod.summary import EXECUTING, RunSummary, Status
from flopod_tui.runs.filters import RunFilter
from flopod_tui.runs.order import Order
from flopod_tui.runs.rows import RunRows
from flopod_tui.terminal.spreading import spread_out

FIRST_PAGE = 200
PAGE = 2000
SLOW_PAGE = 0.3
"""Seconds after which a page took as long as all runs take: then all are read at once."""
MOST = 200_000
"""Runs that are held in memory; of a larger store, the newest."""
AGAIN = 2.0
"""Seconds until a store that could not be read is tried again."""
UNSTEADY = EXECUTING | {Status.INTERRUPTED}
"""Statuses that change when a worker dies, which tells nobody."""
TROUBLE = (FlopodError, OSError)


async def _at_once() -> None:
    """Wait for nothing."""


@dataclass(slots=True)
class RunFeed:
    """The runs of a store as they were last read."""

    control: Control
    now: Callable[[], datetime]
    changed: Callable[[], None]
    """Called whenever something of this changed."""
    drawn: Callable[[], Awaitable[object]] = _at_once
    """Waits until what was read is on the screen: to set a watch takes longer than to read."""
    rows: RunRows = field(default_factory=RunRows)
    stored: Mapping[Status, int] = field(default_factory=dict)
    """How many runs the store says it has, by status."""
    workers: list[WorkerInfo] | None = None
    """None until they were read."""
    loaded: bool = False
    """The newest runs are there."""
    complete: bool = False
    """All runs are there, or as many as are held."""
    stopped: bool = False
    """Somebody stopped the reading."""
    read_at: datetime | None = None
    """When the store was last read well."""
    newest: datetime | None = None
    """When the last change was seen to happen."""
    paused: bool = False
    held: dict[str, RunSummary] = field(default_factory=dict)
    """What changed while it was paused."""
    arranging: asyncio.Lock = field(default_factory=asyncio.Lock)
    troubles: dict[str, str] = field(default_factory=dict)
    """Why the store cannot be read, by what tried."""
    _missing: bool = False
    _told: set[str] = field(default_factory=set)
    """Runs that changed since the reading began: a new one is on no page."""

    @property
    def error(self) -> str:
        """Why the store cannot be read; what was read before stays."""
        return next(iter(self.troubles.values()), "")

    @property
    def counts(self) -> Mapping[Status, int]:
        """How many runs stand how."""
        return self.rows.counts if self.complete and not self.is_cut else self.stored

    @property
    def total(self) -> int:
        """How many runs there are."""
        return max(sum(self.stored.values()), len(self.rows))

    @property
    def as_of(self) -> datetime:
        """The time up to which ages are counted: none is invented for a lost store."""
        return self.read_at if self.error and self.read_at else self.now()

    @property
    def is_cut(self) -> bool:
        """There are more runs than are held."""
        return self.stopped or self.total > MOST

    # Reading

    async def load(self) -> None:
        """Read all runs, the newest first; try again until it worked."""
        while True:
            try:
                await self._load()
                return self._well("read")
            except RunNotFoundError:
                continue  # the last run of a page was deleted before the next page was read
            except TROUBLE as error:
                self._failed("read", error)
                await asyncio.sleep(AGAIN)

    async def _load(self) -> None:
        self.stopped, self._told = False, set()
        known: set[str] = set()
        last: str | None = None
        size: int | None = FIRST_PAGE
        while not self.stopped and len(known) < MOST:
            begun = monotonic()
            page = await self.control.list_runs(limit=size, before=last)
            if self.stopped:
                break  # meanwhile, and how far it had come then was told
            slow = monotonic() - begun > SLOW_PAGE
            await spread_out(self._taking(page))
            known.update(run.run_id for run in page)
            # What was read stays: a collector that looks through it stops everything for 0.1 s.
            gc.freeze()
            if size is None or len(page) < size:
                return await self._all_read(known)
            last, size = page[-1].run_id, None if slow else PAGE
        self.complete = True
        self.changed()

    def _taking(self, page: Sequence[RunSummary]) -> Iterator[None]:
        """Take in a page a few runs at a time."""
        self._seen(page[:1])
        rest = iter(page)
        while some := list(islice(rest, FIRST_PAGE)):
            self.rows.take(some, stale=True)
            self.loaded = True
            yield
        self.loaded = True
        self._well("read")
        self.changed()

    async def _all_read(self, known: set[str]) -> None:
        async with self.arranging:
            self.rows.keep(known | self._told)
        self.complete = True
        self.changed()

    async def look_around(self) -> None:
        """Read how many runs there are, and who executes them."""
        before = self.stored, self.workers
        try:
            self.stored = await self.control.counts()
            self.workers = await self.control.workers()
            await self._compare()
            self._well("look")
        except TROUBLE as error:
            self._failed("look", error)
        if before != (self.stored, self.workers):
            self.changed()

    async def _compare(self) -> None:
        """Read again what changed without being told: lost workers, deleted runs."""
        if not self.complete or self.is_cut or self.paused:
            return
        same = _only(self.stored) == _only(self.rows.counts)
        deleted = self.total > sum(self.stored.values())
        if not same and not deleted:
            self.rows.take(await self.control.list_runs(UNSTEADY, limit=None), stale=True)
            self.changed()
        twice, self._missing = self._missing and deleted, deleted
        if twice:
            await self._load()

    def stop(self) -> None:
        """Read no further than now; `load` reads on."""
        self.stopped = self.complete = True
        self.changed()

    # Following

    async def follow(self, watching: Callable[[], None]) -> None:
        """Take in changes until cancelled; a store that fails is tried again and again.

        Args:
            watching: called when changes begin to be told: what is read from then on is complete.
        """
        while True:
            try:
                await self._watch(watching)
            except TROUBLE as error:
                self._failed("watch", error)
                await asyncio.sleep(AGAIN)

    async def _watch(self, watching: Callable[[], None]) -> None:
        if not self.loaded:
            page = await self.control.list_runs(limit=FIRST_PAGE)
            self.workers = await self.control.workers()
            self.complete = len(page) < FIRST_PAGE
            await spread_out(self._taking(page))
            await self.drawn()
        told = False
        async for changed in self.control.watch_runs():
            if not told:
                told = True
                self._well("watch")
                watching()
            if changed:
                self.take(changed)

    def take(self, changed: Sequence[RunSummary]) -> None:
        """Take in runs as they are now; while paused, keep them for later."""
        self._seen(changed)
        self.read_at = self.now()
        self._told |= {run.run_id for run in changed}
        if self.paused:
            self.held |= {run.run_id: run for run in changed}
        else:
            self.rows.take(changed)
        self.changed()

    def pause(self, paused: bool) -> None:
        """Stand still, or take in what changed meanwhile."""
        self.paused = paused
        if not paused:
            self.rows.take(self.held.values())
            self.held = {}
        self.changed()

    # Arranging

    async def narrow(self, wanted: RunFilter) -> None:
        """Show what a filter takes."""
        async with self.arranging:
            await spread_out(self.rows.narrow(wanted, self.now()))
        self.changed()

    async def sort(self, order: Order) -> None:
        """Show the runs in another order."""
        async with self.arranging:
            await spread_out(self.rows.sort(order, self.now()))
        self.changed()

    def settle(self) -> None:
        """Put every row that changed where it belongs, unless they are being arranged."""
        if not self.arranging.locked():
            self.rows.settle(self.now())

    def _seen(self, runs: Sequence[RunSummary]) -> None:
        times = [run.updated_at for run in runs if run.updated_at]
        self.newest = max([*times, *([self.newest] if self.newest else [])], default=None)

    def _well(self, what: str) -> None:
        self.read_at = self.now()
        if self.troubles.pop(what, None) is not None:
            self.changed()

    def _failed(self, what: str, error: Exception) -> None:
        self.troubles[what] = str(error)
        self.changed()


def _only(counts: Mapping[Status, int]) -> dict[Status, int]:
    return {status: count for status, count in counts.items() if count}
