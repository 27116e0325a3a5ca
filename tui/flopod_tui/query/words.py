"""What every question to a run is like, and the plainest one: a text that is anywhere in the run's.

The other questions are loaded once somebody types one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from flopod.summary import RunSummary, haystack


def searched(run: RunSummary) -> str:
    """Return the text, in lower case, in which words are looked for."""
    text = haystack(run)
    return f"{text} {run.current_path.lower()}" if run.current_path else text


class Term(Protocol):
    """One question to a run."""

    @property
    def timed(self) -> bool:
        """Say whether the answer changes as time goes by."""

    def finds(self, run: RunSummary, text: str, now: datetime) -> bool:
        """Say whether the run is to be listed; `text` is what `searched` made of it."""


@dataclass(frozen=True, slots=True)
class Word:
    """A text, in lower case, anywhere in the run's."""

    text: str
    timed = False

    def finds(self, run: RunSummary, text: str, now: datetime) -> bool:
        """Look for it."""
        return self.text in text
