"""What a search has found so far: it looks in slices, so that no key waits for the whole."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from time import perf_counter
from typing import Any, Generic, TypeVar

Place = TypeVar("Place", int, tuple[int, ...])
STRIDE = 64
"""Places that are looked at between two looks at the clock."""


class Sought(Generic[Place]):
    """The places that hit, in order."""

    def __init__(self, text: str, walk: Iterator[Place | None]) -> None:
        """Begin.

        Args:
            walk: yields each place that hits, and None for one that does not.
        """
        self.text = text
        self.hits: list[Place] = []
        self.done = False
        self._walk: Iterator[Any] = walk

    def look(self, seconds: float) -> None:
        """Go on for so long."""
        end = perf_counter() + seconds
        while not self.done and perf_counter() < end:
            for _ in range(STRIDE):
                place: Any = next(self._walk, self)
                if place is self:
                    self.done = True
                    break
                if place is not None:
                    self.hits.append(place)

    def after(self, here: Place, step: int) -> Place | None:
        """Return the hit to go to: the next, the one before, or (step 0) this one or the next."""
        if not self.hits:
            return None
        if step < 0:
            return self.hits[bisect_left(self.hits, here) - 1]
        index = bisect_right(self.hits, here) if step else bisect_left(self.hits, here)
        beyond = index >= len(self.hits)
        return (self.hits[0] if self.done else None) if beyond else self.hits[index]

    def told(self, here: Place) -> str:
        """Return `3 of 17`, with a `+` while there may be more."""
        count = f"{len(self.hits):,}{'' if self.done else '+'}"
        if not self.hits:
            return "nothing" if self.done else "searching …"
        index = bisect_left(self.hits, here)
        hit = index < len(self.hits) and self.hits[index] == here
        return f"{index + 1:,} of {count}" if hit else count
