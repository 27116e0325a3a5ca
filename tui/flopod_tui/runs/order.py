"""In which order the list shows its runs: by a key that ascends, whatever the sort.

Keys end with the submission and the id, so that equal runs stand newest first and no two keys are
the same; what is to descend is turned round, because a list is kept in order by its keys alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from flopod.summary import RunSummary, Status

Key: TypeAlias = tuple[Any, ...]
NEVER = float("-inf")
_RANK = {status: rank for rank, status in enumerate(Status)}


def _time(at: datetime | None) -> float:
    return at.timestamp() if at else NEVER


def _took(run: RunSummary, now: datetime) -> float:
    if run.started_at is None:
        return NEVER
    return ((run.ended_at or now) - run.started_at).total_seconds()


@dataclass(frozen=True, slots=True)
class Sort:
    """One way to sort."""

    key: str
    """The key that chooses it in the menu."""
    label: str
    column: str
    """The column that it stands for."""
    value: Callable[[RunSummary, datetime], float | str]
    descends: bool = True
    """The larger ones first, unless reversed."""
    timed: bool = False
    """It changes as time goes by."""


SORTS: Mapping[str, Sort] = {
    "started": Sort("s", "started", "age", lambda run, _: _time(run.submitted_at)),
    "updated": Sort("u", "updated", "updated", lambda run, _: _time(run.updated_at)),
    "ended": Sort("e", "ended", "ended", lambda run, _: _time(run.ended_at)),
    "took": Sort("t", "took", "took", _took, timed=True),
    "status": Sort("a", "status", "status", lambda run, _: _RANK[run.status], False),
    "workflow": Sort("w", "workflow", "workflow", lambda run, _: run.workflow.lower(), False),
    "id": Sort("i", "id", "run", lambda run, _: run.run_id.lower(), False),
    "steps": Sort("p", "steps", "progress", lambda run, _: run.progress.done),
}


@dataclass(frozen=True, slots=True)
class Order:
    """A sort and its direction."""

    name: str = "started"
    reverse: bool = False

    @property
    def sort(self) -> Sort:
        """The sort by its name."""
        return SORTS[self.name]

    @property
    def descends(self) -> bool:
        """The larger ones stand first."""
        return self.sort.descends != self.reverse

    @property
    def arrow(self) -> str:
        """Which way the values go from the first row on."""
        return "▾" if self.descends else "▴"

    @property
    def is_default(self) -> bool:
        """It is the order in which a store lists its runs."""
        return self == Order()

    def key(self, run: RunSummary, now: datetime) -> Key:
        """Return what the run is sorted by."""
        newest = -_time(run.submitted_at)
        if self.name == "started":
            return (-newest if self.reverse else newest, run.run_id)
        value = self.sort.value(run, now)
        return (_turned(value) if self.descends else value, newest, run.run_id)


def _turned(value: float | str) -> float | tuple[int, ...]:
    """Return what ascends where the value descends."""
    return (*(-ord(char) for char in value), 1) if isinstance(value, str) else -value


def order_from(remembered: Any) -> Order:
    """Return the order that a state file remembers, or the default."""
    match remembered:
        case [str(name), bool(reverse)] if name in SORTS:
            return Order(name, reverse)
    return Order()
