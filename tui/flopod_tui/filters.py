"""Which runs the list shows: a facet (a group of statuses) and words that all must be found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flopod.summary import RunSummary, Status, haystack


@dataclass(frozen=True, slots=True)
class Facet:
    """A group of statuses that people ask for together."""

    key: str
    word: str
    look: str
    """The status whose glyph and colour stand for the group."""
    statuses: frozenset[Status]


FACETS = (
    Facet(
        "1",
        "Active",
        Status.RUNNING,
        frozenset({Status.QUEUED, Status.RUNNING, Status.RETRYING}),
    ),
    Facet("2", "Waiting", Status.WAITING, frozenset({Status.WAITING})),
    Facet("3", "Sleeping", Status.SLEEPING, frozenset({Status.SLEEPING})),
    Facet("4", "Failed", Status.ERROR, frozenset({Status.ERROR})),
    Facet("5", "OK", Status.OK, frozenset({Status.OK})),
    Facet("6", "Cancelled", Status.CANCELLED, frozenset({Status.CANCELLED})),
    Facet(
        "7",
        "Problem",
        Status.INTERRUPTED,
        frozenset({Status.INTERRUPTED, Status.DAMAGED, Status.NEEDS_ATTENTION}),
    ),
)


def count_of(facet: Facet, counts: Mapping[Status, int]) -> int:
    """Return how many runs the facet holds."""
    return sum(counts.get(status, 0) for status in facet.statuses)


@dataclass(frozen=True, slots=True)
class RunFilter:
    """What a run must be to be listed."""

    facet: Facet | None = None
    text: str = ""

    @property
    def words(self) -> list[str]:
        """The words that all must be found."""
        return self.text.lower().split()

    @property
    def search(self) -> str | None:
        """The word that the store looks for: the longest, which leaves the fewest runs."""
        return max(self.words, key=len, default=None)

    @property
    def statuses(self) -> frozenset[Status] | None:
        """The statuses that the store is asked for."""
        return self.facet.statuses if self.facet else None

    def takes(self, run: RunSummary) -> bool:
        """Say whether the run is to be listed."""
        if self.facet and run.status not in self.facet.statuses:
            return False
        text = haystack(run) if self.words else ""
        return all(word in text for word in self.words)

    def __bool__(self) -> bool:
        return bool(self.facet or self.words)
