"""What a run may be asked: each term says yes or no to one, and touches nothing else.

A term is given the run's text, in lower case and made beforehand, because over 100,000 runs making
it costs far more than looking through it.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from flopod.summary import RunSummary, Status
from flopod_tui.query.words import Term


def _paths(run: RunSummary) -> str:
    error = (run.error.path,) if run.error else ()
    return " ".join((run.current_path, *error, *(wait.path for wait in run.open_waits)))


FIELDS: Mapping[str, Callable[[RunSummary], str]] = {
    "workflow": lambda run: run.workflow,
    "id": lambda run: run.run_id,
    "path": _paths,
    "error": lambda run: str(run.error) if run.error else "",
    "event": lambda run: " ".join(wait.event for wait in run.open_waits),
    "worker": lambda run: run.worker or "",
    "parent": lambda run: run.parent or "",
}
"""The texts that can be asked for one by one; `status` is not text."""


def _age(run: RunSummary, now: datetime) -> float | None:
    began = run.submitted_at or run.started_at
    return (now - began).total_seconds() if began else None


def _took(run: RunSummary, now: datetime) -> float | None:
    return ((run.ended_at or now) - run.started_at).total_seconds() if run.started_at else None


def _waited(run: RunSummary, now: datetime) -> float | None:
    opened = min((wait.opened_at for wait in run.open_waits), default=None)
    return (now - opened).total_seconds() if opened else None


def _steps(run: RunSummary, now: datetime) -> float | None:
    return run.progress.done


MEASURES: Mapping[str, Callable[[RunSummary, datetime], float | None]] = {
    "age": _age,
    "took": _took,
    "wait": _waited,
    "steps": _steps,
}
"""What can be compared: three lengths of time in seconds, and a number."""
OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
}


@dataclass(frozen=True, slots=True)
class Standing:
    """One of a few statuses."""

    statuses: frozenset[Status]
    timed = False

    def finds(self, run: RunSummary, text: str, now: datetime) -> bool:
        """Compare the status."""
        return run.status in self.statuses


@dataclass(frozen=True, slots=True)
class InField:
    """One of a few texts, in lower case, anywhere in a field."""

    field: str
    values: tuple[str, ...]
    timed = False

    def finds(self, run: RunSummary, text: str, now: datetime) -> bool:
        """Look for them."""
        held = FIELDS[self.field](run).lower()
        return any(value in held for value in self.values)


@dataclass(frozen=True, slots=True)
class Like:
    """A field that a pattern fits."""

    field: str
    pattern: re.Pattern[str]
    reach: int
    """So many characters of the field are looked at."""
    timed = False

    def finds(self, run: RunSummary, text: str, now: datetime) -> bool:
        """Try the pattern."""
        return self.pattern.search(FIELDS[self.field](run), 0, self.reach) is not None


@dataclass(frozen=True, slots=True)
class Measured:
    """A length of time or a number, compared with a limit."""

    measure: str
    sign: str
    limit: float

    @property
    def timed(self) -> bool:
        """Everything but the number of steps grows with time."""
        return self.measure != "steps"

    def finds(self, run: RunSummary, text: str, now: datetime) -> bool:
        """Compare; a run that has no such measure is not found."""
        value = MEASURES[self.measure](run, now)
        return value is not None and OPERATORS[self.sign](value, self.limit)


@dataclass(frozen=True, slots=True)
class Not:
    """Anything but that."""

    term: Term

    @property
    def timed(self) -> bool:
        """It changes when what it denies does."""
        return self.term.timed

    def finds(self, run: RunSummary, text: str, now: datetime) -> bool:
        """Deny it."""
        return not self.term.finds(run, text, now)
