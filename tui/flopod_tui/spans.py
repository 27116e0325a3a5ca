"""Rows as spans: texts with the roles they play. Without Textual, so the commands use them too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from flopod_tui.format import cut, width_of

Span: TypeAlias = tuple[str, str]
"""A text and its role; the empty role is plain text."""
Spans: TypeAlias = Sequence[Span]


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
