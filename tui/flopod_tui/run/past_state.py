"""What a run's variables held at any earlier moment of its log: the newest value up to it, each.

A list or map that was recorded by its changes is folded from its last full value on. What has not
changed since is taken from the state of today: good until that takes in more events.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any

from flopod.events import Event, ListSet, MapSet, VarSet
from flopod.state import KINDS, Change, StateBuilder, Variable, apply, is_full


def state_after(
    live: StateBuilder, events: Sequence[Event], at: Mapping[str, Sequence[int]], count: int
) -> StateBuilder:
    """Return the variables after the first `count` events."""
    past = StateBuilder()
    if not count:
        return past
    newest = events[count - 1].seq
    for path, variable in live.variables.items():
        if variable.seq <= newest:
            past.variables[path] = variable
        elif found := variable_after(events, at[path], count):
            past.variables[path] = found
    return past


def variable_after(events: Sequence[Event], indexes: Sequence[int], count: int) -> Variable | None:
    """Return a variable after the first `count` events; None: it had not come up.

    Args:
        indexes: where in the log its path occurs.
    """
    value: Any = None
    changes = _since_full(events, indexes[: bisect_left(indexes, count)])
    for _, change in changes:
        value = apply(value, change)
    if not changes:
        return None
    seq, last = changes[-1]
    return Variable(KINDS[type(last)], value, seq)


def _since_full(events: Sequence[Event], indexes: Sequence[int]) -> list[tuple[int, Change]]:
    """Return the changes from the last full value on, with their numbers."""
    found: list[tuple[int, Change]] = []
    for index in reversed(indexes):
        change = events[index].fact
        if isinstance(change, VarSet | ListSet | MapSet):
            found.append((events[index].seq, change))
            if is_full(change):
                break
    return found[::-1]
