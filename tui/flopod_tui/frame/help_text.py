"""The help as rows of cells: keys in two columns or one, the glyphs, the notes of a screen.

Pure, so that it is known without a terminal that no word is cut and nothing is left out.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from flopod_tui.text.glyphs import Look, legend
from flopod_tui.text.spans import Span, Spans, span_width

LOOK = "LOOK (nothing here changes a run)"
CHANGE = "CHANGE (only these; each one asks first)"
EVERYWHERE = "EVERYWHERE"
SECTIONS = (LOOK, CHANGE, EVERYWHERE)
TWO_COLUMNS = 88
KEYS = 16
NOTE = 10
"""Cells that the title of a note takes, and a margin."""
Note = tuple[str, Sequence[str]]
"""A title, and lines of text."""


@dataclass(frozen=True, slots=True)
class HelpKey:
    """An action in the help."""

    section: str
    keys: str
    label: str

    def holds(self, text: str) -> bool:
        """Say whether it is about this text; one letter is taken for a key."""
        if len(text) == 1:
            return text in self.keys.split() or text.lower() in self.label.lower().split()
        return text.lower() in f"{self.keys} {self.label}".lower()


@dataclass(frozen=True, slots=True)
class Cell:
    """Part of a row."""

    spans: Spans = ()
    key: int | None = None
    """The action that it stands for, as its index."""


Row = tuple[Cell, ...]


def layout(
    keys: Sequence[HelpKey], notes: Sequence[Note], width: int, searched: str = ""
) -> list[Row]:
    """Return the rows of the help, as wide as that at most.

    Args:
        searched: only what holds this text.
    """
    shown = [index for index, key in enumerate(keys) if key.holds(searched) or not searched]
    two = width >= TWO_COLUMNS and not searched
    room = (width - 3) // 2 if two else width
    blocks = [_block(section, keys, shown, room) for section in SECTIONS]
    rows = _two_columns(blocks, room) if two else [row for block in blocks for row in block]
    told = [(title, _lines(text, width - NOTE)) for title, text in notes]
    below = [("GLYPHS", _glyphs(width - NOTE)), *told]
    for title, lines in below:
        rows += _note(title, lines, searched)
    return rows


def _block(section: str, keys: Sequence[HelpKey], shown: Sequence[int], room: int) -> list[Row]:
    inside = [index for index in shown if keys[index].section == section]
    if not inside:
        return []
    rows: list[Row] = [(Cell([(section, "strong")]),)]
    for index in inside:
        rows += _key_rows(keys[index], index, room)
    return [*rows, (Cell(),)]


def _key_rows(key: HelpKey, index: int, room: int) -> list[Row]:
    """Return the rows of one action: what is too long goes on in the next one."""
    names = textwrap.wrap(key.keys, KEYS, break_long_words=False) or [""]
    words = textwrap.wrap(key.label, max(10, room - KEYS - 4), break_long_words=False) or [""]
    return [
        (Cell([(f" {name:<{KEYS}} ", "key"), (word, "")], index),)
        for name, word in zip_longest(names, words, fillvalue="")
    ]


def _two_columns(blocks: Sequence[list[Row]], room: int) -> list[Row]:
    left, right = blocks[0], [row for block in blocks[1:] for row in block]
    bar = Cell([(" │ ", "rule")])
    empty: Row = (Cell(),)
    return [(filled(a[0], room), bar, b[0]) for a, b in zip_longest(left, right, fillvalue=empty)]


def filled(cell: Cell, width: int) -> Cell:
    """Return the cell in so many terminal cells."""
    return Cell([*cell.spans, (" " * max(0, width - span_width(cell.spans) - 1), "")], cell.key)


def _note(title: str, lines: Iterable[Spans], searched: str) -> list[Row]:
    held = [line for line in lines if searched.lower() in _text(line).lower()]
    if not held:
        return []
    titles = [title] + [""] * (len(held) - 1)
    rows: list[Row] = [
        (Cell([(f"{name:<8}", "strong"), *line]),) for name, line in zip(titles, held, strict=True)
    ]
    return [*rows, (Cell(),)]


def _lines(text: Sequence[str], width: int) -> list[Spans]:
    return [[(line, "")] for long in text for line in textwrap.wrap(long, max(1, width))]


def _text(line: Spans) -> str:
    return "".join(text for text, _ in line)


def _glyphs(width: int) -> list[Spans]:
    """Return every status: its glyph, how it looks in ASCII, its word."""
    lines: list[list[Span]] = [[]]
    for look in legend():
        item = _glyph(look)
        if lines[-1] and span_width(lines[-1]) + span_width(item) > width:
            lines.append([])
        lines[-1] += item
    return list(lines)


def _glyph(look: Look) -> list[Span]:
    return [
        (look.glyph, look.role),
        (f" {look.word} ", ""),
        (f"{look.ascii}   ", "quiet"),
    ]
