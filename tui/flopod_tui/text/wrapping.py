"""Rows that are too long, as several: broken between words where that is possible."""

from __future__ import annotations

from itertools import accumulate

from flopod_tui.text.format import width_of
from flopod_tui.text.spans import Span, Spans

NARROWEST = 8
"""Cells that a row has at least beside its indent."""


def wrapped_rows(row: Spans, width: int) -> list[Spans]:
    """Return the row in rows of at most `width` cells; those after the first are indented alike."""
    indent = _indent(row, width)
    rows: list[Spans] = []
    current: list[Span] = []
    room = width
    for text, role in row:
        while width_of(text) > room:
            head, text = _broken(text, room, alone=room == width - len(rows[:1]) * indent)
            rows.append([*current, (head, role)])
            current, room = [(" " * indent, "")] if indent else [], width - indent
        current.append((text, role))
        room -= width_of(text)
    return [*rows, current]


def _indent(row: Spans, width: int) -> int:
    text = "".join(text for text, _ in row)
    return min(len(text) - len(text.lstrip(" ")), max(0, width - NARROWEST))


def _broken(text: str, room: int, *, alone: bool) -> tuple[str, str]:
    """Return what fits into `room` cells, up to a space if there is one near, and the rest.

    Args:
        alone: nothing else is in the row, so something must go into it.
    """
    ends = accumulate(map(width_of, text))
    fits = next((index for index, end in enumerate(ends) if end > room), len(text))
    space = text.rfind(" ", 0, fits) + 1
    fits = space if space > fits // 2 else fits
    fits = max(fits, 1) if alone else fits
    return text[:fits], text[fits:]
