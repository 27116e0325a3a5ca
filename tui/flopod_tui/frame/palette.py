"""What the command palette offers: keys of the screen, places, settings, each by a typed name.

Matching is by letters in order, the beginnings of words first, so `ret` finds *Retry* before
*Interrupted*. What needs an argument takes all that is typed after its name: `goto 812`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

Complete = Callable[[str], Awaitable[Sequence[str]]]
"""Returns arguments that begin, or are meant, by what is typed."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the palette."""

    name: str
    """What is typed: `goto`, `theme`, `retry`."""
    label: str
    run: Callable[[str], object]
    """Does it; takes what was typed after the name."""
    key: str = ""
    """The key that does the same."""
    argument: str = ""
    """What is typed after the name, as `SEQ`; empty: nothing."""
    why_not: str = ""
    """Why it makes no sense now; such an entry is listed last."""
    complete: Complete | None = None
    """Finds arguments."""


@dataclass(frozen=True, slots=True)
class Found:
    """An entry that what was typed may mean, with its argument."""

    entry: Entry
    argument: str = ""

    @property
    def is_ready(self) -> bool:
        """Nothing is missing to run it."""
        return bool(self.argument) or not self.entry.argument


def find(entries: Sequence[Entry], typed: str) -> list[Found]:
    """Return what the typed text may mean, the likeliest first; what does not apply comes last."""
    if named := _named(entries, typed):
        return [named]
    text = typed.strip().lower()
    scored = [(_best(text, entry), index) for index, entry in enumerate(entries)]
    order = sorted(
        (bool(entries[index].why_not), -points, index) for points, index in scored if points
    )
    return [Found(entries[index]) for _, _, index in order]


def _named(entries: Sequence[Entry], typed: str) -> Found | None:
    """Return the entry whose name and argument were typed."""
    name, space, argument = typed.lstrip().partition(" ")
    for entry in entries:
        if space and entry.argument and entry.name == name.lower():
            return Found(entry, argument.strip())
    return None


def _best(text: str, entry: Entry) -> float:
    return max(score(text, entry.name), score(text, entry.label))


def score(text: str, candidate: str) -> float:
    """Return how well a text fits; 0 if its letters are not there in this order.

    Args:
        text: what was typed, in lower case.
    """
    candidate = candidate.lower()
    if not text:
        return 1.0
    if candidate == text:
        return 6.0
    if candidate.startswith(text):
        return 5.0
    if f" {text}" in candidate.replace("_", " ").replace("-", " "):
        return 4.0
    return 3.0 if text in candidate else _in_order(text, candidate)


def _in_order(text: str, candidate: str) -> float:
    """Return between 1 and 2 for letters in order, more the closer together they stand."""
    first = last = candidate.find(text[0])
    for letter in text[1:]:
        last = candidate.find(letter, last + 1) if last >= 0 else -1
    return 1.0 + len(text) / (last - first + 2) if last >= 0 else 0.0
