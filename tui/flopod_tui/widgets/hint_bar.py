"""The keys that work now, in one line: whole items only, and it counts what it hides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flopod_tui.text.spans import Span, span_width, spread
from flopod_tui.widgets.painted import Panel


@dataclass(frozen=True, slots=True)
class Hint:
    """A key and what it does."""

    key: str
    word: str
    changes: bool = False
    """It changes a run: stands right of the bar."""


def hint_spans(hints: Sequence[Hint], width: int, end: Sequence[Hint] = ()) -> list[Span]:
    """Return the hints that fit, the first ones being the most important.

    Where not all fit they stand closer, then only the first of `end` keeps its word.

    Args:
        end: hints that are always there, flush right; the first of them counts what is hidden.
    """
    for tight_left, tight_right in ((False, False), (True, False)):
        left, right = _left(hints, tight=tight_left), _right(end, 0, tight=tight_right)
        if span_width(left) + span_width(right) + 2 <= width:
            return spread(left, right, width)
    return _tight(hints, width, end)


def _tight(hints: Sequence[Hint], width: int, end: Sequence[Hint]) -> list[Span]:
    for shown in range(len(hints), -1, -1):
        left = _left(hints[:shown], tight=True)
        right = _right(end, len(hints) - shown, tight=True)
        if span_width(left) + span_width(right) + 2 <= width:
            return spread(left, right, width)
    return _right(end, len(hints), tight=True)


class HintBar(Panel):
    """The last line of a screen."""

    def show_hints(self, hints: Sequence[Hint], end: Sequence[Hint] = ()) -> None:
        """Show these hints."""
        self.show([hint_spans(hints, self.size.width, end)])


def _left(hints: Sequence[Hint], *, tight: bool) -> list[Span]:
    looks = [hint for hint in hints if not hint.changes]
    changes = [hint for hint in hints if hint.changes]
    spans: list[Span] = [(" ", ""), *_items(looks, tight=tight)]
    if looks and changes:
        spans.append(("│" if tight else " │ ", "rule"))
    return [*spans, *_items(changes, tight=tight)]


def _items(hints: Sequence[Hint], *, tight: bool) -> list[Span]:
    gap = " " if tight else "  "
    spans: list[Span] = []
    for hint in hints:
        spans += [(hint.key, "danger" if hint.changes else "key"), (f" {hint.word}{gap}", "quiet")]
    return spans


def _right(end: Sequence[Hint], hidden: int, *, tight: bool) -> list[Span]:
    spans: list[Span] = []
    for index, hint in enumerate(end):
        word = f" {hint.word}" if index == 0 or not tight else ""
        more = f" +{hidden}" if hidden and index == 0 else ""
        gap = " " if tight or index == len(end) - 1 else "  "
        spans += [(hint.key, "key"), (f"{word}{more}{gap}", "quiet")]
    return spans
