"""A stored value as lines that fold: only what is open is laid out, and of many its beginning.

Places that are not laid out stand as one line, which gives way a piece at a time: from above when
it is opened, or around a place that a search has found.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import msgspec

from flopod_tui.text.format import safe, width_of
from flopod_tui.values.items import DEEPEST, LONG, Item, children, item_of, pretty
from flopod_tui.values.masking import MASK, Masking
from flopod_tui.values.pieces import hex_rows, pieces
from flopod_tui.values.search import Where, walk

CHUNK = 500
"""Places that are laid out at a time."""
UNASKED = 200
"""Lines up to which a value is open from the start."""
ALL = 5000
"""Lines up to which everything is opened at a key."""
AROUND = 6
"""Cells of a line beside its key and its text."""
MORE = 9
"""Cells for how much is missing: `…+12,480`."""
SHORT = 20
"""Cells of a text that are shown however narrow the window is."""


@dataclass(slots=True, eq=False)
class Line:
    """A line on view: a place, a piece of its text, or places that are not laid out."""

    item: Item
    depth: int
    where: Where
    around: Line | None = None
    opened: bool | None = None
    """None: there is nothing to open."""
    text: str | None = None
    """Of a piece of text."""
    limit: int = LONG
    """Characters of a text that are shown."""
    gap: tuple[int, int] | None = None
    """The first place that is not laid out, and the one after the last; -1: nobody knows."""


class Outline:
    """The lines of one value."""

    def __init__(self, value: object, masking: Masking, width: int = 76) -> None:
        self.masking = masking
        self.revealed = masking.revealed
        self.width = width
        """Cells for a piece of a long text."""
        top = item_of(value, masking)
        self.lines = [self._line(top, None, ())]
        self._open_unasked()

    def path(self, index: int) -> str:
        """Return where a line is: `$.items[3].name`."""
        steps: list[str] = []
        line: Line | None = self.lines[index]
        while line is not None:
            steps.append("" if line.text is not None or line.gap else line.item.step)
            line = line.around
        return "$" + "".join(reversed(steps))

    def pretty(self, index: int) -> str:
        """Return the JSON of the place that a line belongs to."""
        line = self.lines[index]
        if any(one.item.secret for one in _outwards(line)):
            return f'"{MASK}"'
        return pretty(self._own(line), self.masking)

    def plain_text(self, index: int) -> str | None:
        """Return the text of the place that a line belongs to, if it is one."""
        item = self._own(self.lines[index])
        return item.json if isinstance(item.json, str) and not item.secret else None

    def _own(self, line: Line) -> Item:
        return line.around.item if line.text is not None and line.around else line.item

    # Folding

    def open(self, index: int) -> None:
        """Lay out what is inside a line; of many, the beginning."""
        line = self.lines[index]
        if line.gap:
            self.lines[index : index + 1] = self._inside(line.around or line, *line.gap)
        elif line.opened is False:
            line.opened = True
            self.lines[index + 1 : index + 1] = self._inside(line, 0, _stop(line.item))

    def close(self, index: int) -> None:
        """Fold a line."""
        line = self.lines[index]
        if line.opened:
            line.opened = False
            del self.lines[index + 1 : self.after(index)]

    def after(self, index: int) -> int:
        """Return the index after everything inside a line."""
        depth = self.lines[index].depth
        for end in range(index + 1, len(self.lines)):
            if self.lines[end].depth <= depth:
                return end
        return len(self.lines)

    def around(self, index: int) -> int:
        """Return the index of the line that this one is inside of."""
        holder = self.lines[index].around
        while holder is not None and self.lines[index] is not holder:
            index -= 1
        return index

    def close_all(self) -> None:
        """Fold everything but the whole."""
        self.close(0)
        self.open(0)

    def open_all(self) -> None:
        """Open everything, as far as that stays readable."""
        self._open_while(ALL)

    def switch_texts(self) -> None:
        """Open every long text on view, or fold them all."""
        texts = [one for one in self.lines if one.opened is not None and one.item.is_text]
        opened = any(line.opened for line in texts)
        for index in range(len(self.lines) - 1, -1, -1):
            line = self.lines[index]
            if line.opened is not None and line.item.is_text and len(self.lines) < ALL:
                self.close(index) if opened else self.open(index)

    def opened(self) -> set[Where]:
        """Return the places that are open."""
        return {line.where for line in self.lines if line.opened}

    def open_only(self, opened: set[Where]) -> None:
        """Have just these places open, as far as they are there."""
        index = 0
        while index < len(self.lines):
            line = self.lines[index]
            if line.opened is not None and bool(line.opened) is not (line.where in opened):
                self.close(index) if line.opened else self.open(index)
            index += 1

    def _open_while(self, most: int) -> None:
        index = 0
        while index < len(self.lines) < most:
            line = self.lines[index]
            if line.opened is False and line.item.size:
                self.open(index)
            index += 1

    def _open_unasked(self) -> None:
        """Open level after level while everything stays in view."""
        self.open(0)
        depth, opened = 1, [self.lines[0]]
        while opened:
            folded = [one for one in self.lines if one.depth == depth and _is_folded(one)]
            share = (UNASKED - len(self.lines)) / max(1, len(folded))
            opened = [one for one in folded if one.item.size <= share]
            for line in reversed(opened):
                self.open(self.lines.index(line))
            depth += 1

    # Laying out

    def _inside(self, line: Line, start: int, stop: int) -> list[Line]:
        """Return the lines of some of what is inside, and of the rest that is not laid out."""
        depth = line.depth + 1
        if line.item.form == "bytes":
            texts = list(islice(hex_rows(line.item), start, start + CHUNK))
        elif line.item.size:
            end = min(stop, start + CHUNK)
            found = children(line.item, start, end, self.masking)
            made = [self._line(one, line, (*line.where, n)) for n, one in enumerate(found, start)]
            rest = [Line(line.item, depth, (*line.where, end), line, gap=(end, stop))]
            return made + rest if end < stop else made
        else:
            room = max(20, self.width - 2 * depth - 2)
            texts = list(islice(pieces(str(line.item.json), room), start, start + CHUNK))
        rows = [Line(line.item, depth, line.where, line, text=text) for text in texts]
        if len(texts) == CHUNK:
            rows.append(Line(line.item, depth, line.where, line, gap=(start + CHUNK, -1)))
        return rows

    def _line(self, item: Item, around: Line | None, where: Where) -> Line:
        depth = len(where)
        if depth >= DEEPEST and item.size:
            item = _flat(item, self.masking)
        limit = self.limit(item, depth) if item.is_text else LONG
        opened = None if item.secret or not _holds(item, limit) else False
        return Line(item, depth, where, around, opened, limit=limit)

    def limit(self, item: Item, depth: int) -> int:
        """Return how many characters of a text stand on its line."""
        taken = 2 * depth + len(item.label) + len(item.type) + AROUND
        room = max(SHORT, min(LONG, self.width - taken))
        if width_of(safe(item.json[: room + 1])) <= room:
            return room
        limit = room = room - MORE
        while width_of(safe(item.json[:limit])) > room:
            limit = limit * 3 // 4
        return limit

    # Finding

    def reveal(self, where: Where) -> int:
        """Lay out a place and what is around it, and return the index of its line."""
        index = 0
        for depth in range(len(where)):
            self.open(index) if self.lines[index].opened is False else None
            index = self._child(index, where[depth])
        return index

    def _child(self, index: int, wanted: int) -> int:
        for at in range(index + 1, self.after(index)):
            line = self.lines[at]
            if line.depth != self.lines[index].depth + 1:
                continue
            if line.gap and line.gap[0] <= wanted < line.gap[1]:
                return self._split(at, wanted)
            if not line.gap and line.where[-1] == wanted:
                return at
        return index

    def _split(self, index: int, wanted: int) -> int:
        """Lay out a piece of a gap around one place, and return the index of its line."""
        line = self.lines[index]
        assert line.gap and line.around
        start, stop = line.gap
        first = max(start, wanted - CHUNK // 2)
        before = Line(line.item, line.depth, line.where, line.around, gap=(start, first))
        rows = [before] if first > start else []
        self.lines[index : index + 1] = [*rows, *self._inside(line.around, first, stop)]
        return index + len(rows) + wanted - first

    def walk(self, text: str) -> Iterator[Where | None]:
        """Yield each place whose key or text has `text` in it, None for any other."""
        return walk(self.lines[0].item, text.lower(), self.masking)


def _outwards(line: Line | None) -> Iterator[Line]:
    while line is not None:
        yield line
        line = line.around


def _holds(item: Item, limit: int) -> bool:
    """Say whether there is more to a place than stands on its line."""
    if item.is_text:
        return len(item.json) > limit or "\n" in item.json
    return bool(item.size) or (item.form == "bytes" and bool(item.json))


def _is_folded(line: Line) -> bool:
    return line.opened is False and bool(line.item.size)


def _stop(item: Item) -> int:
    return item.size or -1


def _flat(item: Item, masking: Masking) -> Item:
    """Return a place that is too deep to fold, as text."""
    content = MASK if item.secret else masking.masked(item.json)
    try:
        text = msgspec.json.encode(content).decode()
    except RecursionError:
        text = "…"
    return Item(text, None, item.label, item.step, item.secret, "flat")
