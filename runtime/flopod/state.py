"""What a run's variables hold at a moment of its log: a fold over VarSet, ListSet and MapSet.

A list or map that has grown large is recorded by its changes, with a full value now and then, so
the value at any number is exact and a push costs what was pushed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, assert_never

from flopod.events import Event, ListSet, MapSet, VarSet
from flopod.records import json_part
from flopod.stored import Encoded, decoded, encoded

Change: TypeAlias = VarSet | ListSet | MapSet
Kind: TypeAlias = Literal["var", "list", "map"]

KINDS: dict[type[Change], Kind] = {VarSet: "var", ListSet: "list", MapSet: "map"}


def apply(value: Any, change: Change) -> Any:
    """Return what `value` is after `change`. A list or map may be changed in place."""
    match change:
        case VarSet():
            return decoded(change.value)
        case ListSet():
            return _apply_to_list(value, change)
        case MapSet():
            return _apply_to_map(value, change)
        case _:
            assert_never(change)


def is_full(change: Change) -> bool:
    """Say whether the change holds the whole value, not a step from the one before."""
    return change.value is not None


def _apply_to_list(items: list[Any], change: ListSet) -> list[Any]:
    if change.value is not None:
        return list(decoded(change.value))
    if change.pushed is not None:
        items.extend(decoded(change.pushed))
    if change.kept is not None:
        items[:] = [items[index] for index in change.kept]
    return items


def _apply_to_map(entries: dict[Any, Any], change: MapSet) -> dict[Any, Any]:
    if change.value is not None:
        return dict(decoded(change.value))
    if change.put is not None:
        key, value = decoded(change.put)
        entries[key] = value
    if change.deleted is not None:
        entries.pop(decoded(change.deleted), None)
    return entries


@dataclass(slots=True)
class Variable:
    """A variable as it stands."""

    kind: Kind
    value: Any
    seq: int
    """The number of the event that changed it last."""


@dataclass(slots=True)
class StateBuilder:
    """Takes events in order; `variables` is what they amount to, by path."""

    variables: dict[str, Variable] = field(default_factory=dict)

    def add(self, event: Event) -> None:
        """Take one event in; those that change no variable are passed over."""
        change = event.fact
        if not isinstance(change, VarSet | ListSet | MapSet):
            return
        before = self.variables.get(event.path)
        value = apply(before.value if before else None, change)
        self.variables[event.path] = Variable(KINDS[type(change)], value, event.seq)


def fold_state(events: Iterable[Event]) -> dict[str, Variable]:
    """Return the variables after `events`, by path."""
    builder = StateBuilder()
    for event in events:
        builder.add(event)
    return builder.variables


def plain_state(variables: dict[str, Variable]) -> dict[str, dict[str, Any]]:
    """Return the state as JSON-ready data: `{path: {kind, value}}`."""
    return {
        path: {"kind": variable.kind, "value": json_part(encoded(variable.value))}
        for path, variable in variables.items()
    }


@dataclass(slots=True)
class Track:
    """The recorded changes of one variable, and its value after any of them."""

    seqs: list[int] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    _at: int = -1
    """Index of the change up to which `_value` is folded."""
    _value: Any = None

    def add(self, seq: int, change: Change) -> None:
        """Take in the next change."""
        self.seqs.append(seq)
        self.changes.append(change)

    def value_at(self, seq: int) -> Any:
        """Return the value after all changes up to `seq`. Going forward costs what changed."""
        target = bisect_right(self.seqs, seq) - 1
        start = self._at + 1
        if target < self._at or start == 0:
            start = self._full_before(target)
        for index in range(start, target + 1):
            self._value = apply(self._value, self.changes[index])
        self._at = target
        return self._value

    def since_full(self) -> int:
        """Return the bytes of the changes recorded after the last full value."""
        last = self._full_before(len(self.changes) - 1)
        return sum(map(_size, self.changes[last + 1 :]))

    def _full_before(self, target: int) -> int:
        return next(i for i in range(target, -1, -1) if is_full(self.changes[i]))


def _size(change: Change) -> int:
    parts: list[Encoded | None]
    match change:
        case VarSet(value=value):
            parts = [value]
        case ListSet(value=value, pushed=pushed):
            parts = [value, pushed]
        case MapSet(value=value, put=put, deleted=deleted):
            parts = [value, put, deleted]
    return sum(len(bytes(part)) for part in parts if part is not None)
