"""Where a moment lies on a line of cells: evenly, but idle gaps are folded to a few cells each."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain

from flopod_tui.text.format import age

GAP = 11
"""Cells of a folded gap, where there is room."""
TICK = 22
"""Cells from one time to the next."""
FINE = 5.0
"""Seconds between two times below which they are told to the millisecond."""


@dataclass(frozen=True, slots=True)
class Fold:
    """A gap that is folded."""

    start: float
    end: float
    first: float
    """The cell at which it begins."""
    after: float
    """The cell after it."""

    @property
    def label(self) -> str:
        """How long it is: `2h14m`."""
        return age(timedelta(seconds=self.end - self.start))


class Axis:
    """A stretch of time on so many cells."""

    def __init__(
        self, start: float, end: float, gaps: Sequence[tuple[float, float]], cells: int
    ) -> None:
        self.start, self.end, self.cells = start, max(start, end), max(1, cells)
        inside = [(a, b) for a, b in gaps if start <= a < b <= self.end]
        edges = [start, *chain.from_iterable(inside), self.end]
        # Not all but the gaps: what rounding leaves over would be given half of the cells.
        active = sum(b - a for a, b in zip(edges[::2], edges[1::2], strict=True))
        each = self.cells / max(1, len(inside))
        if active > 0:
            each = min(float(GAP), each / 2)
        scale = (self.cells - each * len(inside)) / active if active > 0 else 0.0
        self._times, self._cells = [start], [0.0]
        self.folds: list[Fold] = []
        for first, after in inside:
            cell = self._cells[-1] + (first - self._times[-1]) * scale
            self.folds.append(Fold(first, after, cell, cell + each))
            self._times += [first, after]
            self._cells += [cell, cell + each]
        self._times.append(self.end)
        self._cells.append(self._cells[-1] + (self.end - self._times[-2]) * scale)

    def cell(self, at: float) -> float:
        """Return where a moment lies, from 0 to the number of cells."""
        if at <= self.start:
            return 0.0
        index = min(bisect_right(self._times, at), len(self._times) - 1)
        before, after = self._times[index - 1], self._times[index]
        share = min(1.0, (at - before) / (after - before)) if after > before else 1.0
        low, high = self._cells[index - 1], self._cells[index]
        return min(float(self.cells), low + (high - low) * share)

    def moment(self, cell: float) -> float:
        """Return the first moment that lies at a cell."""
        index = min(bisect_right(self._cells, cell), len(self._cells) - 1)
        low, high = self._cells[index - 1], self._cells[index]
        share = max(0.0, min(1.0, (cell - low) / (high - low))) if high > low else 0.0
        before, after = self._times[index - 1], self._times[index]
        return min(after, before + (after - before) * share)


def axis_line(axis: Axis, left: int, width: int) -> str:
    """Return the line of times over `width` cells of the axis, from the cell `left` on."""
    line = ["─"] * width
    taken: list[tuple[int, int]] = []
    for fold in axis.folds:
        text = f" ⋯ {fold.label} ⋯ "
        room = int(fold.after) - int(fold.first)
        text = text if len(text) <= room else "⋯" * max(1, min(room, 3))
        first = int(fold.first) - left + max(0, (room - len(text)) // 2)
        _write(line, first, text)
        taken.append((int(fold.first) - left, int(fold.after) - left))
    for cell in range(-left % TICK, width, TICK):
        text = _clock(axis, left + cell)
        end = cell + len(text)
        if end <= width and not any(first < end and cell < after for first, after in taken):
            _write(line, cell, text)
    return "".join(line)


def _clock(axis: Axis, cell: int) -> str:
    at, first, last = (
        datetime.fromtimestamp(one, UTC) for one in (axis.moment(cell), axis.start, axis.end)
    )
    fine = axis.moment(cell + TICK) - axis.moment(cell) < FINE
    if first.date() != last.date() and not fine:
        return f" {at:%m-%d %H:%M} "
    return f" {at:%H:%M:%S}.{at.microsecond // 1000:03} " if fine else f" {at:%H:%M:%S} "


def _write(line: list[str], first: int, text: str) -> None:
    for index, char in enumerate(text, first):
        if 0 <= index < len(line):
            line[index] = char
