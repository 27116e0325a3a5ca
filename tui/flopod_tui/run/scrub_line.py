"""A whole log in one line: where its records are in time, its idle gaps folded, and where we are.

Pure. A track takes events in one by one; laying it out to a width looks at the cells and not at
the events, so it costs the same for ten records and for 100,000.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property, partial
from itertools import pairwise

from flopod import events as ev
from flopod.events import Event
from flopod_tui.text.format import age
from flopod_tui.text.spans import Span

IDLE = 60.0
"""Seconds without a record that are folded."""
LABELLED = 0.6
"""Share of the width that the lengths of folded gaps may take."""
MARKS = {"record": "●", "failure": "✗", "retry": "↻", "wait": "◆", "here": "▌"}
PLAIN_MARKS = {"record": "o", "failure": "x", "retry": "r", "wait": "?", "here": "|"}
ROLES = {"failure": "failed", "retry": "retrying", "wait": "waiting", "here": "accent"}
NOTABLE: dict[str, tuple[type[object], ...]] = {
    "failure": (
        ev.ActivityFailed,
        ev.EachItemFailed,
        ev.ParallelBranchFailed,
        ev.RunFailed,
        ev.RunNeedsAttention,
    ),
    "retry": (ev.ActivityRetrying, ev.RunRetried),
    "wait": (ev.WaitStarted,),
}
"""What is seen before all else in a cell of many records, in this order."""
NAMES = {fact: name for name, facts in NOTABLE.items() for fact in facts}


@dataclass(slots=True)
class Track:
    """The records of a log: when they were, without the idle time between them."""

    times: list[float] = field(default_factory=list)
    """Seconds from the first record on, idle gaps taken out; a clock set back stands still."""
    gaps: list[tuple[float, int]] = field(default_factory=list)
    """The length of each idle gap, negative, with the index of the record after it: in order."""
    notable: dict[str, list[int]] = field(default_factory=lambda: {one: [] for one in NOTABLE})
    first: datetime | None = None
    last: datetime | None = None

    def take(self, events: Sequence[Event]) -> None:
        """Take in those of the events that are new."""
        for index in range(len(self.times), len(events)):
            self._add(events[index], index)

    def _add(self, event: Event, index: int) -> None:
        gap = max(0.0, (event.at - self.last).total_seconds()) if self.last else 0.0
        before = self.times[-1] if self.times else 0.0
        self.times.append(before if gap > IDLE else before + gap)
        if gap > IDLE:
            self.gaps.append((-gap, index))
        if name := NAMES.get(type(event.fact)):
            self.notable[name].append(index)
        self.first = self.first or event.at
        self.last = max(self.last or event.at, event.at)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Cells in a row that stand for records `first` to `end`, or for the idle gap before them."""

    start: int
    cells: int
    first: int
    end: int
    gap: float = 0.0
    """Seconds without a record; 0: these are records."""


@dataclass(frozen=True)
class ScrubLine:
    """A track in so many cells."""

    track: Track
    width: int
    stretches: tuple[Stretch, ...]

    def cell_of(self, index: int) -> int:
        """Return the cell of a record."""
        one = next(s for s in self.stretches if not s.gap and s.first <= index < s.end)
        return _cell(self.track.times, one, index)

    def records_at(self, cell: int) -> range:
        """Return the records that a cell stands for; none between records and in gaps."""
        for one in self.stretches:
            if one.start <= cell < one.start + one.cells:
                return range(0) if one.gap else _records(self.track.times, one, cell)
        return range(0)

    def nearest(self, cell: int) -> int | None:
        """Return the record at a cell, or the last one before it."""
        for near in range(min(cell, self.width - 1), -1, -1):
            if found := self.records_at(near):
                return found[-1]
        return 0 if self.track.times else None

    def spans(self, here: int | None = None, *, plain: bool = False) -> list[Span]:
        """Return what is drawn, with exactly `width` cells.

        Args:
            here: the record that is shown; None: the newest, and all of it is past.
            plain: draw in ASCII.
        """
        marks = PLAIN_MARKS if plain else MARKS
        at = None if here is None else self.cell_of(here)
        drawn: list[Span] = []
        for one in self.stretches:
            if one.gap:
                later = at is not None and one.start > at
                drawn.append((_label(one.gap, one.cells), "rule" if later else "quiet"))
                continue
            cells = range(one.start, one.start + one.cells)
            drawn += [self._drawn(cell, at, marks) for cell in cells]
        return drawn

    @cached_property
    def kinds(self) -> list[str]:
        """What is seen in each cell; empty where there is no record."""
        return [self._kind(self.records_at(cell)) for cell in range(self.width)]

    def _drawn(self, cell: int, at: int | None, marks: dict[str, str]) -> Span:
        if cell == at:
            return marks["here"], ROLES["here"]
        kind = self.kinds[cell]
        later = at is not None and cell > at
        return marks.get(kind, "─"), "rule" if later or not kind else ROLES.get(kind, "")

    def _kind(self, records: range) -> str:
        if not records:
            return ""
        return next((name for name in NOTABLE if self._has(name, records)), "record")

    def _has(self, name: str, records: range) -> bool:
        indexes = self.track.notable[name]
        at = bisect_left(indexes, records.start)
        return at < len(indexes) and indexes[at] < records.stop


def scrub_line(track: Track, width: int) -> ScrubLine:
    """Lay a track out in `width` cells, at least one."""
    if not track.times:
        return ScrubLine(track, width, ())
    gaps = _told(track, width)
    room = width - sum(cells for _, _, cells in gaps)
    bounds = [0, *(index for _, index, _ in gaps), len(track.times)]
    parts = list(pairwise(bounds))
    shares = _shares([_lasted(track.times, *part) for part in parts], room)
    stretches: list[Stretch] = []
    cell = 0
    for number, ((first, end), cells) in enumerate(zip(parts, shares, strict=True)):
        if number:
            length, _, label = gaps[number - 1]
            stretches.append(Stretch(cell, label, first, end, length))
            cell += label
        stretches.append(Stretch(cell, cells, first, end))
        cell += cells
    return ScrubLine(track, width, tuple(stretches))


def _told(track: Track, width: int) -> list[tuple[float, int, int]]:
    """Return the gaps whose length is told, in order: the longest ones, as many as fit."""
    room, told = int(width * LABELLED), list[tuple[float, int, int]]()
    for gap, index in sorted(track.gaps)[: width // 8]:
        cells = len(_length(-gap)) + 4
        if cells + 1 > room:
            break
        room -= cells + 1
        told.append((-gap, index, cells))
    spare = min(12, room // len(told)) if told else 0
    told.sort(key=lambda one: one[1])
    return [(gap, index, cells + spare) for gap, index, cells in told]


def _lasted(times: Sequence[float], first: int, end: int) -> float:
    return times[end - 1] - times[first] + 0.001 * (end - first)


def _shares(weights: Sequence[float], cells: int) -> list[int]:
    """Return whole numbers, each at least 1, that share out the cells by weight."""
    spare, total = cells - len(weights), sum(weights)
    exact = [weight / total * spare for weight in weights]
    shares = [1 + int(one) for one in exact]
    left = cells - sum(shares)
    byrest = sorted(range(len(exact)), key=lambda one: int(exact[one]) - exact[one])
    for one in byrest[:left]:
        shares[one] += 1
    return shares


def _cell(times: Sequence[float], one: Stretch, index: int) -> int:
    first, last = times[one.first], times[one.end - 1]
    if last <= first or one.cells == 1:
        return one.start
    share = (times[index] - first) / (last - first)
    return one.start + min(one.cells - 1, int(share * (one.cells - 1)))


def _records(times: Sequence[float], one: Stretch, cell: int) -> range:
    indexes = range(one.first, one.end)
    where = partial(_cell, times, one)
    first, end = (bisect_left(indexes, at, key=where) for at in (cell, cell + 1))
    return indexes[first:end]


def _length(gap: float) -> str:
    return age(timedelta(seconds=gap))


def _label(gap: float, cells: int) -> str:
    """Return `┄┄ 2h14m ┄┄`, with the word *idle* where there is room."""
    told = _length(gap)
    if cells >= len(told) + 13:
        told += " idle"
    return f" {told} ".center(cells, "┄")
