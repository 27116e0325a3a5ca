"""What could come next in a filter: shown as ghost text, taken with Tab."""

from __future__ import annotations

from collections.abc import Iterable

from flopod.summary import Status
from flopod_tui.query.parsing import SHORT
from flopod_tui.query.terms import FIELDS, MEASURES
from flopod_tui.query.tokens import OR, QUOTE
from flopod_tui.query.vocabulary import Vocabulary
from flopod_tui.text.glyphs import look

FEWEST = 2
"""So many letters of a field's name are typed before it is offered."""
OFFERED = tuple(
    f"{name}:" for name in ("status", "workflow", "path", "error", "event", "worker", "parent")
)
STARTS = (*OFFERED, *(f"{name}>" for name in MEASURES))
_AT_END = (" ", OR)


def complete(text: str, position: int, vocabulary: Vocabulary) -> str:
    """Return what can be added at this place; empty when nothing is known."""
    if position < len(text) and text[position] not in _AT_END:
        return ""
    word = _word_before(text[:position])
    if word.startswith("@"):
        return _rest(word[1:], vocabulary.saved)
    field, colon, values = word.partition(":")
    if not colon:
        return _rest(word, STARTS) if len(word) >= FEWEST else ""
    name = SHORT.get(field.lower(), field.lower())
    return _rest(values.rpartition(",")[2], _values(name, vocabulary))


def _word_before(text: str) -> str:
    """Return the word that the text ends with, without the sign that denies it."""
    if text.count(QUOTE) % 2:
        return ""
    word = text.replace(OR, " ").rpartition(" ")[2]
    return word.removeprefix("-")


def _values(field: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Return the values that are known for a field."""
    if field == "status":
        return tuple(look(status).word for status in Status)
    known = {
        "workflow": vocabulary.workflows,
        "event": vocabulary.events,
        "worker": vocabulary.workers,
    }
    return known.get(field, ()) if field in FIELDS else ()


def _rest(begun: str, candidates: Iterable[str]) -> str:
    """Return what the first candidate has that was not typed yet."""
    for candidate in candidates:
        longer = len(candidate) > len(begun)
        if longer and candidate.lower().startswith(begun.lower()) and _plain(candidate):
            return candidate[len(begun) :]
    return ""


def _plain(candidate: str) -> bool:
    """Say whether a text can be typed without quotes."""
    return candidate.isprintable() and not set(candidate) & {" ", OR, QUOTE, ","}
