"""The rows of the timeline and what stands in each: which paths are on view, and their bars."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from math import ceil
from operator import itemgetter

from flopod_tui.text.format import duration, safe
from flopod_tui.text.spans import Span
from flopod_tui.timeline.axis import Axis
from flopod_tui.timeline.spans import BACKOFF, POINT, RUN, SLEEP, WAIT, Bar, Track

MANY = 20
"""More finished siblings than this in a row are one row."""
FEW = 5
"""Among more siblings than this, a finished one is folded."""
PART, PARTS = 1000, 50
"""Siblings in a row of rows, at least; rows of them at a time, at most."""
FILL = {BACKOFF: ("░", "retrying"), WAIT: ("◇", "waiting"), SLEEP: ("○", "sleeping")}
ORDER = (BACKOFF, WAIT, SLEEP, RUN)
"""What is painted over what, where a cell holds several."""


@dataclass(frozen=True, slots=True)
class Row:
    """A path, or many finished siblings."""

    track: Track
    depth: int
    opened: bool | None
    """None: there is nothing to unfold."""
    key: str
    """What tells the row from others, whatever is folded."""
    group: Sequence[Track] = ()


@dataclass(frozen=True, slots=True)
class Moment:
    """Up to when the timeline is drawn."""

    seq: int
    """The newest event; what came later is not there."""
    edge: float
    """Where open bars end."""


def rows(tops: Sequence[Track], chosen: Mapping[str, bool], seq: int) -> list[Row]:
    """Return the rows on view.

    Args:
        chosen: what the user folded (False) or unfolded (True), by key.
        seq: the newest event that counts.
    """
    return list(_rows(tops, 0, chosen, seq))


def _rows(
    tracks: Sequence[Track], depth: int, chosen: Mapping[str, bool], seq: int
) -> Iterator[Row]:
    there = [track for track in tracks if track.first <= seq]
    for group in _stretches(there, seq):
        if len(group) > MANY:
            yield from _group(group, depth, chosen, seq, f"{group[0].path}…")
        else:
            yield from _each(group, depth, chosen, seq, crowded=len(there) > FEW)


def _group(
    group: Sequence[Track], depth: int, chosen: Mapping[str, bool], seq: int, key: str
) -> Iterator[Row]:
    """Yield many as one row; unfolded, they are rows of a thousand, and then single ones."""
    opened = chosen.get(key, False)
    yield Row(group[0], depth, opened, key, group)
    if not opened:
        return
    if len(group) <= PART:
        yield from _each(group, depth + 1, chosen, seq, crowded=True)
        return
    part = max(PART, ceil(len(group) / PARTS))
    for start in range(0, len(group), part):
        some = group[start : start + part]
        yield from _group(some, depth + 1, chosen, seq, f"{some[0].path}…{part}")


def _each(
    group: Sequence[Track], depth: int, chosen: Mapping[str, bool], seq: int, *, crowded: bool
) -> Iterator[Row]:
    for track in group:
        inside = bool(track.inside) and track.inside[0].first <= seq
        by_itself = not (crowded and _folds_away(track, seq))
        opened = chosen.get(track.path, by_itself) if inside else None
        yield Row(track, depth, opened, track.path)
        if opened:
            yield from _rows(track.inside, depth + 1, chosen, seq)


def _stretches(tracks: list[Track], seq: int) -> Iterator[list[Track]]:
    """Yield finished siblings in a row together, all others by themselves."""
    if len(tracks) <= MANY:
        yield tracks
        return
    for finished, group in groupby(tracks, key=lambda track: _folds_away(track, seq)):
        if finished:
            yield list(group)
        else:
            yield from ([track] for track in group)


def _folds_away(track: Track, seq: int) -> bool:
    settled = not track.going_on and not track.troubled and track.last <= seq
    return settled and track.path.endswith("]") and track.kind != "case"


def label(row: Row) -> list[Span]:
    """Return what stands before the bars."""
    fold = {True: "▾ ", False: "▸ ", None: "  "}[row.opened]
    start: Span = (f" {'  ' * min(row.depth, 50)}{fold}", "quiet")
    if row.group:
        first, last = row.group[0].name, row.group[-1].name
        name = f"{first[:-1]}..{last[1:]}" if first.startswith("[") else f"{first} … {last}"
        return [start, (safe(name, 200), ""), (f" {len(row.group):,} ok", "quiet")]
    note = [(f" {safe(row.track.note, 100)}", "quiet")] if row.track.note else []
    return [start, (safe(row.track.name, 300), ""), *note]


def length(row: Row, moment: Moment) -> Span:
    """Return what stands after the bars: how long it took, how often it was tried, what is open."""
    track = row.track
    bars = [bar for bar in track.bars if bar.first <= moment.seq]
    kind = bars[-1].kind if bars and bars[-1].open_at(moment.seq) else ""
    tries = sum(bar.kind == RUN for bar in bars)
    if kind in (WAIT, SLEEP):
        return ("◆ open", "waiting") if kind == WAIT else ("○ asleep", "sleeping")
    if kind == BACKOFF:
        return f"↻ try {tries + 1}", "retrying"
    if bars and bars[-1].failed:
        return (f"✗ {tries} tries" if tries > 1 else "✗ failed"), "failed"
    if tries > 1:
        return f"{tries} tries", "running" if kind else "quiet"
    start = track.start
    end = max(one.end for one in row.group or (track,))
    going_on = track.last > moment.seq or bool(track.going_on)
    took = duration(timedelta(seconds=(moment.edge if going_on else end) - start))
    return took, "running" if going_on else "quiet"


class Painter:
    """Draws bars on the cells of an axis from `left` on."""

    def __init__(self, axis: Axis, left: int, width: int, moment: Moment) -> None:
        self.axis, self.left, self.width, self.moment = axis, left, width, moment

    def bars(self, row: Row) -> list[Span]:
        """Return the bars of a row, in exactly `width` cells."""
        cells: list[Span] = [(" ", "")] * self.width
        track, quiet = row.track, ("▓", "quiet")
        if row.group:
            self._fill(cells, track.start, max(one.end for one in row.group), quiet, False)
            return _joined(cells)
        if track.inside or not track.bars:
            going_on = track.last > self.moment.seq or bool(track.going_on)
            self._fill(cells, track.start, self._end(track.end, going_on), quiet, going_on)
        self._own(cells, track)
        if all(char == " " for char, _ in cells):
            self._point_to(cells, track)
        return _joined(cells)

    def _point_to(self, cells: list[Span], track: Track) -> None:
        """Say on which side of what is on view the bars of a row are."""
        if self._cell(track.start) >= self.left + self.width:
            cells[-1] = ("→", "quiet")
        elif track.last:
            cells[0] = ("←", "quiet")

    def _end(self, end: float, going_on: bool) -> float:
        return self.moment.edge if going_on else end

    def _own(self, cells: list[Span], track: Track) -> None:
        seen = [bar for bar in track.bars if bar.first <= self.moment.seq]
        for kind in ORDER:
            for bar in seen:
                if bar.kind == kind:
                    going_on = bar.open_at(self.moment.seq)
                    look = FILL.get(kind) or ("█", _role(bar, going_on))
                    self._fill(cells, bar.start, self._end(bar.end, going_on), look, going_on)
        for bar in seen:
            if bar.kind == POINT:
                self._mark(cells, self._cell(bar.start), ("▏", ""))
            elif bar.failed and not bar.open_at(self.moment.seq):
                self._mark(cells, self._last(bar.start, bar.end), ("✗", "failed"))

    def _fill(
        self, cells: list[Span], start: float, end: float, look: Span, going_on: bool
    ) -> None:
        first, last = self._cell(start), self._last(start, end)
        for cell in range(max(0, first - self.left), min(self.width, last - self.left + 1)):
            cells[cell] = look
        for fold in self.axis.folds:
            if start <= fold.start and fold.end <= end:
                room = int(fold.after) - int(fold.first)
                text = f"⋯{fold.label}⋯" if len(fold.label) + 4 <= room else "⋯"
                middle = int(fold.first) + max(0, (room - len(text)) // 2)
                for at, char in enumerate(text, middle):
                    self._mark(cells, at, (char, look[1]))
        if going_on:
            self._mark(cells, last, ("▸", look[1]))

    def _mark(self, cells: list[Span], cell: int, look: Span) -> None:
        if 0 <= cell - self.left < self.width:
            cells[cell - self.left] = look

    def _cell(self, at: float) -> int:
        """Return the cell in which a moment lies."""
        return min(int(self.axis.cell(at)), self.axis.cells - 1)

    def _last(self, start: float, end: float) -> int:
        """Return the last cell of a bar: its end lies in that cell, or just after it."""
        return max(self._cell(start), min(ceil(self.axis.cell(end)) - 1, self.axis.cells - 1))


def _role(bar: Bar, going_on: bool) -> str:
    return "failed" if bar.failed and not going_on else "running" if going_on else "ok"


def _joined(cells: list[Span]) -> list[Span]:
    stretches = groupby(cells, key=itemgetter(1))
    return [("".join(char for char, _ in same), role) for role, same in stretches]
