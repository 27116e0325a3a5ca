"""Rows as spans: texts with the roles they play. Without Textual, so the commands use them too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from flopod_tui.text.format import cut, width_of

Span: TypeAlias = tuple[str, str]
"""A text and its role; the empty role is plain text."""
Spans: TypeAlias = Sequence[Span]
GAP: Span = (" ", "")


def span_width(spans: Spans) -> int:
    """Return how many cells the spans take."""
    return sum(width_of(text) for text, _ in spans)


def spread(left: Spans, right: Spans, width: int) -> list[Span]:
    """Return one row with `left` and `right` at its ends; `left` is cut where they would meet."""
    room = width - span_width(right) - (2 if right else 0)
    kept = cut_spans(left, max(0, room))
    gap = width - span_width(kept) - span_width(right)
    return [*kept, (" " * max(0, gap), ""), *right]


def cut_spans(spans: Spans, width: int) -> list[Span]:
    """Return the spans in at most `width` cells."""
    kept: list[Span] = []
    for text, role in spans:
        room = width - span_width(kept)
        if width_of(text) > room:
            return [*kept, (cut(text, room), role)]
        kept.append((text, role))
    return kept


def changed_cells(old: Spans, new: Spans) -> tuple[int, int]:
    """Return the first cell at which two rows differ, and the one after the last."""
    before, after = _cells(old), _cells(new)
    longest = max(len(before), len(after))
    if any(width_of(text) != len(text) for text, _ in (*old, *new)):
        return 0, max(span_width(old), span_width(new))
    before += [GAP] * (longest - len(before))
    after += [GAP] * (longest - len(after))
    differing = [index for index in range(longest) if before[index] != after[index]]
    return (differing[0], differing[-1] + 1) if differing else (longest, longest)


def _cells(spans: Spans) -> list[Span]:
    return [(char, role) for text, role in spans for char in text]
