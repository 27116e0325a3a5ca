"""How a run stood at any earlier moment of its log, as the fold that stores keep tells it.

A summary costs little to keep, so one is kept every so many events and the rest is folded from
there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter

from flopod.events import Event
from flopod.summary import RunSummary, fold

APART = 256
"""Events between two summaries that are kept."""


@dataclass(slots=True)
class Summaries:
    """The summaries of one log."""

    run_id: str
    kept: list[RunSummary] = field(default_factory=list)
    """After 0 events, and every `APART` more."""
    asked: tuple[int, RunSummary] | None = None
    """The one that was asked for last: one moment asks several times."""

    def at(self, events: Sequence[Event], count: int) -> RunSummary | None:
        """Return the summary after the first `count` events; None while that is not counted up."""
        if self.asked and self.asked[0] == count:
            return self.asked[1]
        place = count // APART
        if place >= len(self.kept) and not self.count_up(events, place, 0.0):
            return None
        summary = self.kept[place]
        for event in events[place * APART : count]:
            summary = fold(summary, event)
        self.asked = count, summary
        return summary

    def count_up(self, events: Sequence[Event], place: int, seconds: float) -> bool:
        """Keep summaries up to a place for so long; tell whether it is reached."""
        self.kept = self.kept or [RunSummary(run_id=self.run_id)]
        end = perf_counter() + seconds
        while len(self.kept) <= place:
            summary, done = self.kept[-1], (len(self.kept) - 1) * APART
            for event in events[done : done + APART]:
                summary = fold(summary, event)
            self.kept.append(summary)
            if len(self.kept) <= place and perf_counter() >= end:
                return False
        return True
