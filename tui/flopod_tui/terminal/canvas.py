"""What the terminal shows, as far as we told it: so only the cells that change are sent.

Textual sends whole lines again for one changed cell, and whole screens for a menu, each piece of
text with its full style before it and a reset behind it. Over SSH that is what one waits for. A
frame supposes nothing of the pen, and whatever may have changed the screen behind our back
(another size, another program) makes us forget what it shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from rich.cells import get_character_cell_size

from flopod_tui.terminal.pen import PLAIN_PEN, Pen, after, change, for_blank

Cell: TypeAlias = tuple[Pen, str]
"""A pen and what it draws; a wide character has an empty cell behind it."""

_PLACES = re.compile(r"\x1b\[(\d+);(\d+)H")
_STYLES = re.compile(r"\x1b\[([0-9;]*)m")
_CLEARS = re.compile(r"\x1b\[\?1049|\x1b\[[0-3]?J|\x1bc")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
GAP = 8
"""So many cells that stay are sent again: going around them takes as many bytes."""


def is_frame(data: str) -> bool:
    """Say whether output draws at places of the screen."""
    return bool(_PLACES.search(data))


class Run(NamedTuple):
    """Styled text from a place on."""

    cells: tuple[Cell, ...]
    even: bool
    """Each character takes one cell, in every terminal."""


class Canvas:
    """The cells of a terminal."""

    def __init__(self) -> None:
        self._rows: dict[int, list[Cell | None]] = {}
        self._uneven: set[int] = set()
        """Rows in which a terminal may count cells in another way."""
        self._cursor = ""
        self._stale = False

    def forget(self) -> None:
        """Suppose nothing of what is shown; may be called from a signal handler."""
        self._stale = True

    def needed(self, data: str, size: tuple[int, int] = (10_000, 10_000)) -> str:
        """Return what has to be sent of this output for the terminal to show it.

        Args:
            size: the columns and lines of the terminal. What a frame for a larger one leaves in
                its last line and column is not known.
        """
        if self._stale or _CLEARS.search(data):
            self._clear()
        head, *pieces = _PLACES.split(data)
        if not pieces:
            return data
        runs = [_run(text) for text in pieces[2::3]]
        frame = [run for run in runs if run is not None]
        if head or len(frame) < len(runs):
            # There is more in it than text and styles.
            self._clear()
            return data
        places = zip(map(int, pieces[0::3]), map(int, pieces[1::3]), strict=True)
        placed = list(zip(places, frame, strict=True))
        made = self._frame(placed)
        if any(y > size[1] or x + len(run.cells) - 1 > size[0] for (y, x), run in placed):
            self._clear()
        return made

    def _clear(self) -> None:
        self._stale, self._cursor = False, ""
        self._rows.clear()
        self._uneven.clear()

    def _frame(self, runs: Sequence[tuple[tuple[int, int], Run]]) -> str:
        out: list[str] = []
        pen: Pen | None = None
        cursor = self._cursor
        for (y, x), run in runs:
            for start, span in self._changed(y, x, run):
                out.append(f"\x1b[{y};{start}H")
                pen = _draw(out, pen, span)
            if not run.cells:
                cursor = f"\x1b[{y};{x}H"
        if not out and cursor == self._cursor:
            return ""
        self._cursor = cursor
        return f"{''.join(out)}{change(pen, PLAIN_PEN) if pen else ''}{cursor}"

    def _changed(self, y: int, x: int, run: Run) -> Iterator[tuple[int, Sequence[Cell]]]:
        """Yield what differs from what is shown, and where; from now on it is shown."""
        row = self._rows.setdefault(y, [])
        first, end = x - 1, x - 1 + len(run.cells)
        row.extend([None] * (end - len(row)))
        shown, row[first:end] = row[first:end], run.cells
        if not run.even:
            self._uneven.add(y)
        if y in self._uneven:
            # A row where a terminal counts in another way must at least be whole.
            _forget_halves(row, first, end)
            if tuple(shown) != run.cells:
                yield x, run.cells
            return
        for start, stop in _differing(shown, run.cells):
            yield x + start, run.cells[start:stop]


def _forget_halves(row: list[Cell | None], first: int, end: int) -> None:
    """Forget what stands beside a part that was drawn: it may have cut a wide character."""
    if first > 0:
        row[first - 1] = None
    if end < len(row):
        row[end] = None


def _differing(old: Sequence[Cell | None], new: Sequence[Cell]) -> Iterator[tuple[int, int]]:
    start = stop = -1
    for index, (before, now) in enumerate(zip(old, new, strict=True)):
        if before == now:
            continue
        if start >= 0 and index - stop > GAP:
            yield start, stop
            start = -1
        if start < 0:
            start = index
        stop = index + 1
    if start >= 0:
        yield start, stop


def _draw(out: list[str], pen: Pen | None, cells: Sequence[Cell]) -> Pen | None:
    """Add what draws the cells; return the pen that is left in the terminal's hand."""
    for wanted, char in cells:
        if char == " ":
            wanted = for_blank(pen, wanted)
        if wanted is not pen:
            out.append(change(pen, wanted))
            pen = wanted
        out.append(char)
    return pen


@lru_cache(2048)
def _run(text: str) -> Run | None:
    """Return the cells of styled text; None for text that holds anything else."""
    first, *pieces = _STYLES.split(text.rstrip("\r\n"))
    pen, cells = PLAIN_PEN, list(_cells(PLAIN_PEN, first))
    for codes, part in zip(pieces[0::2], pieces[1::2], strict=True):
        next_pen = after(pen, codes)
        if next_pen is None:
            return None
        pen = next_pen
        cells += _cells(pen, part)
    if pen != PLAIN_PEN or _CONTROLS.search("".join((first, *pieces[1::2]))):
        return None
    return Run(tuple(cells), all(len(char) == 1 for _, char in cells))


def _cells(pen: Pen, text: str) -> Sequence[Cell]:
    blank = pen if pen.shows_on_blanks else Pen(ground=pen.ground)
    chars = text if text.isascii() else _by_cell(text)
    return [(blank if char == " " else pen, char) for char in chars]


def _by_cell(text: str) -> list[str]:
    """Return what stands in each cell: marks with their letter, nothing behind a wide one."""
    chars: list[str] = []
    letter = 0
    for char in text:
        width = get_character_cell_size(char)
        if width == 0 and chars:
            chars[letter] += char
            continue
        letter = len(chars)
        chars += [char, *[""] * (width - 1)]
    return chars
