"""Whether one run appends alone: then its appends need no thread.

A hop to a thread and back takes as long as a third of a quick disk's sync. While one run appends
over and over and nobody else does, the loop would only wait for that thread, so it may append by
itself. One that was slow sends the next ones to the thread again: the loop stands still for a
quick sync, or once for a slow one.
"""

from __future__ import annotations

import time

LEAST = 8
"""How many appends of one run have to follow each other first: a front end never gets there."""
SLOW = 0.002
"""Seconds; after an append that takes longer the next ones go to the thread."""
APART = 0.05
"""Seconds between two appends after which they do not follow each other any more."""


class Alone:
    """Counts the appends of one run that follow each other."""

    def __init__(self) -> None:
        self._run_id = ""
        self._row = 0
        self._last = 0.0

    @property
    def row(self) -> int:
        """How many appends of the run have followed each other."""
        return self._row

    def begin_anew(self) -> None:
        """Forget those seen: the next ones go to the thread."""
        self._row = 0

    def is_alone(self, run_id: str) -> bool:
        """Return whether the next append of this run may be made on the loop."""
        return run_id == self._run_id and self._row >= LEAST

    def saw(self, run_id: str, began: float) -> None:
        """Take note of an append that is done; of several at once: `''`."""
        now = time.perf_counter()
        quick = now - began < SLOW and began - self._last < APART
        self._row = self._row + 1 if quick and run_id and run_id == self._run_id else 0
        self._run_id, self._last = run_id, now
