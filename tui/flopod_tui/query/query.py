"""A filter that was understood: groups of terms, of which one must hold as a whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from flopod.summary import RunSummary
from flopod_tui.query.words import Term, Word, searched

Group: TypeAlias = tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """Which runs are to be listed; without a group: all."""

    text: str = ""
    """As it was typed."""
    groups: tuple[Group, ...] = ()

    @property
    def is_all(self) -> bool:
        """It leaves no run out."""
        return not self.groups

    @property
    def timed(self) -> bool:
        """What it takes changes as time goes by, though no run does."""
        return any(term.timed for group in self.groups for term in group)

    @property
    def words(self) -> list[str] | None:
        """The words that all must be found, if nothing else is asked."""
        if len(self.groups) != 1:
            return None
        words = [term.text for term in self.groups[0] if isinstance(term, Word)]
        return words if len(words) == len(self.groups[0]) else None

    def takes(self, run: RunSummary, now: datetime) -> bool:
        """Say whether the run is to be listed."""
        return self.finds(run, searched(run), now)

    def finds(self, run: RunSummary, text: str, now: datetime) -> bool:
        """Say the same, of a run whose text was made before."""
        return not self.groups or any(
            all(term.finds(run, text, now) for term in group) for group in self.groups
        )

    def within(self, other: Query) -> bool:
        """Say whether it surely takes nothing that `other` leaves out."""
        if other.is_all:
            return True
        if len(self.groups) != 1 or len(other.groups) != 1:
            return False
        return all(_follows(term, self.groups[0]) for term in other.groups[0])


def _follows(term: Term, known: Iterable[Term]) -> bool:
    """Say whether a term holds wherever all the known ones do."""
    if isinstance(term, Word):
        return any(isinstance(one, Word) and term.text in one.text for one in known)
    return term in known
