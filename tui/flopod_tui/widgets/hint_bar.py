"""The keys that work now, in one line: whole items only, and it counts what it hides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flopod_tui.spans import Span, span_width, spread
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

    Args:
        end: hints that are always there, flush right; the first of them counts what is hidden.
    """
    for shown in range(len(hints), -1, -1):
        left = _left(hints[:shown])
        right = _right(end, len(hints) - shown)
        if span_width(left) + span_width(right) + 2 <= width:
            return spread(left, right, width)
    return _right(end, len(hints))


class HintBar(Panel):
    """The last line of a screen."""

    def show_hints(self, hints: Sequence[Hint], end: Sequence[Hint] = ()) -> None:
        """Show these hints."""
        self.show([hint_spans(hints, self.size.width, end)])


def _left(hints: Sequence[Hint]) -> list[Span]:
    looks = [hint for hint in hints if not hint.changes]
    changes = [hint for hint in hints if hint.changes]
    spans = [span for hint in looks for span in _item(hint)]
    if looks and changes:
        spans.append((" │ ", "rule"))
    return [(" ", ""), *spans, *(span for hint in changes for span in _item(hint))]


def _item(hint: Hint) -> list[Span]:
    return [(hint.key, "danger" if hint.changes else "key"), (f" {hint.word}  ", "quiet")]


def _right(end: Sequence[Hint], hidden: int) -> list[Span]:
    spans: list[Span] = []
    for index, hint in enumerate(end):
        more = f" +{hidden}" if hidden and index == 0 else ""
        gap = "  " if index < len(end) - 1 else " "
        spans += [(hint.key, "key"), (f" {hint.word}{more}{gap}", "quiet")]
    return spans
