"""Which runs the list shows: those of a few groups of statuses that a query takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from flopod.summary import RunSummary, Status
from flopod_tui.query import Query


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


EVERY_RUN = Query()


@dataclass(frozen=True, slots=True)
class RunFilter:
    """What a run must be to be listed."""

    facets: frozenset[str] = frozenset()
    """The keys of the facets of which it must be in one; empty: of any."""
    query: Query = EVERY_RUN

    @property
    def statuses(self) -> frozenset[Status] | None:
        """The statuses that it may have; None: any."""
        if not self.facets:
            return None
        chosen = (facet.statuses for facet in FACETS if facet.key in self.facets)
        return frozenset().union(*chosen)

    def __bool__(self) -> bool:
        return bool(self.facets) or not self.query.is_all

    def within(self, other: RunFilter) -> bool:
        """Say whether it surely takes nothing that `other` leaves out."""
        fewer = not other.facets or (bool(self.facets) and self.facets <= other.facets)
        return fewer and self.query.within(other.query)

    def taking(self, now: datetime) -> Callable[[RunSummary, str], bool]:
        """Return what says whether a run with such a text is to be listed."""
        statuses, query = self.statuses, self.query
        if query.is_all:
            return lambda run, _: statuses is None or run.status in statuses
        return lambda run, text: (
            (statuses is None or run.status in statuses) and query.finds(run, text, now)
        )


def toggled(facets: frozenset[str], key: str) -> frozenset[str]:
    """Return the facets with one more, or without it if it was chosen."""
    return facets ^ {key}
