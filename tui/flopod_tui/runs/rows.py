"""All runs that the list knows, and those that it shows: filtered and sorted without the store.

A run that changes is changed in its line at once; whether it comes, goes or moves is decided when
the list settles, so that no line moves under somebody's hands. Work over all rows is a generator
that yields every few rows: whoever drives it keeps the terminal answering.
"""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from heapq import merge
from itertools import islice
from operator import attrgetter

from flopod.summary import RunSummary, Status
from flopod_tui.query import searched
from flopod_tui.runs.filters import RunFilter
from flopod_tui.runs.order import Key, Order

FEW = 20
"""So many rows are put in their places one by one."""
AT_A_TIME = 64
"""Rows between two moments at which others may have their turn."""
CHUNK = 10_000
KEY = attrgetter("key")


class Row:
    """A run in the list; it is the same row however often the run changes."""

    __slots__ = ("key", "listed", "run", "text")

    def __init__(self, run: RunSummary) -> None:
        self.run = run
        self.text = searched(run)
        self.key: Key = ()
        """Its place in the order; empty as long as it has none."""
        self.listed = False


class RunRows:
    """Runs by id, in order, filtered."""

    def __init__(self) -> None:
        self.by_id: dict[str, Row] = {}
        self.shown: list[Row] = []
        self.filter = RunFilter()
        self.order = Order()
        self.counts: Counter[Status] = Counter()
        self._all: list[Row] = []
        self._unplaced: dict[str, Row] = {}
        """Changed since the list settled."""

    def __len__(self) -> int:
        return len(self.by_id)

    @property
    def is_settled(self) -> bool:
        """No row has to come, go or move."""
        return not self._unplaced

    def take(self, runs: Iterable[RunSummary], *, stale: bool = False) -> None:
        """Take in runs as they are.

        Args:
            stale: they were read a while ago; what is known to be newer stays.
        """
        for run in runs:
            row = self.by_id.get(run.run_id)
            if row is None:
                row = self.by_id[run.run_id] = Row(run)
            elif stale and run.last_seq < row.run.last_seq:
                continue
            elif row.run != run:
                self.counts[row.run.status] -= 1
                row.run, row.text = run, searched(run)
            else:
                continue
            self.counts[run.status] += 1
            self._unplaced[run.run_id] = row

    def keep(self, known: Collection[str]) -> None:
        """Forget the runs that are none of these."""
        gone = [row for run_id, row in self.by_id.items() if run_id not in known]
        for row in gone:
            del self.by_id[row.run.run_id]
            self._unplaced.pop(row.run.run_id, None)
            self.counts[row.run.status] -= 1
            row.listed = False
        if gone:
            self._all = [row for row in self._all if row.run.run_id in self.by_id]
            self.shown = [row for row in self.shown if row.listed]

    @property
    def is_timed(self) -> bool:
        """Which rows are shown, or where, changes as time goes by."""
        return self.order.sort.timed or self.filter.query.timed

    def settle(self, now: datetime) -> None:
        """Put the rows that changed where they belong; of very many, the first ones."""
        changed = [self._unplaced.pop(run_id) for run_id in list(islice(self._unplaced, CHUNK))]
        self._place(changed, now)
        takes = self.filter.taking(now)
        come = [row for row in changed if not row.listed and takes(row.run, row.text)]
        gone = [row for row in changed if row.listed and not takes(row.run, row.text)]
        for row in (*come, *gone):
            row.listed = not row.listed
        if gone:
            self.shown = [row for row in self.shown if row.listed]
        _merge(self.shown, come)

    def _place(self, changed: Iterable[Row], now: datetime) -> None:
        """Put rows in order whose keys may be others now."""
        new: list[Row] = []
        moved: set[Row] = set()
        for row in changed:
            key = self.order.key(row.run, now)
            if not row.key:
                new.append(row)
            elif row.key != key:
                moved.add(row)
            row.key = key
        if moved:
            self._all = [row for row in self._all if row not in moved]
            _merge(self._all, list(moved))
            self.shown.sort(key=KEY)
        _merge(self._all, new)

    def narrow(self, wanted: RunFilter, now: datetime) -> Iterator[None]:
        """Show what a filter takes; the rows change at the end."""
        fewer = wanted.within(self.filter) and not self.filter.query.timed
        base = self.shown if fewer and self.is_settled else self._all
        found: list[Row] = []
        words = wanted.query.words
        if words and not wanted.facets:
            found = base
            for word in words:
                found = [row for row in found if word in row.text]
        else:
            takes = wanted.taking(now)
            for index, row in enumerate(base):
                if index % AT_A_TIME == 0:
                    yield
                if takes(row.run, row.text):
                    found.append(row)
        self.filter = wanted
        for row in base:
            row.listed = False
        for row in found:
            row.listed = True
        self.shown = list(found)

    def sort(self, order: Order, now: datetime) -> Iterator[None]:
        """Show the runs in another order; the rows change at the end."""
        rows, keys = self._all, list[Key]()
        for index, row in enumerate(rows):
            if index % AT_A_TIME == 0:
                yield
            keys.append(order.key(row.run, now))
        places: list[int] = []
        for place in _in_order(keys):
            if place is None or place % AT_A_TIME == 0:
                yield
            if place is not None:
                places.append(place)
        self.order = order
        for row, key in zip(rows, keys, strict=True):
            row.key = key
        self._all = [rows[place] for place in places]
        self.shown = [row for row in self._all if row.listed]


def _in_order(keys: Sequence[Key]) -> Iterator[int | None]:
    """Yield the places of the keys in their order, and None between steps of the work before."""
    key = keys.__getitem__
    parts: list[list[int]] = []
    for start in range(0, len(keys), CHUNK):
        parts.append(sorted(range(start, min(start + CHUNK, len(keys))), key=key))
        yield None
    yield from merge(*parts, key=key)


def _merge(rows: list[Row], new: list[Row]) -> None:
    """Add rows to others that are in order, in order."""
    new.sort(key=KEY)
    if not new or not rows or rows[-1].key < new[0].key:
        rows += new
    elif len(new) <= FEW:
        for row in new:
            insort(rows, row, key=KEY)
    else:
        rows += new
        rows.sort(key=KEY)
