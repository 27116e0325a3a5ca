"""The variables of a run as rows, and what is different from another moment of it.

Pure: the list widget draws what this returns. A variable that differs is followed by the keys or
items in which it does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from flopod.state import Variable
from flopod_tui.values.glance import GLANCE, brief_value, count_of
from flopod_tui.values.masking import MASK, Masking

MOST = 40
"""Keys or items of one variable that are told."""
ADDED, REMOVED, CHANGED = "+", "-", "±"
ABSENT = object()


@dataclass(frozen=True, slots=True)
class StateRow:
    """A variable, or a key or item of one."""

    path: str
    """The variable."""
    name: str
    kind: str = ""
    """What it is: `var`, `list[7]`."""
    text: str = ""
    """The beginning of the value."""
    mark: str = ""
    """`+` added, `-` removed, `±` changed; empty: as it was."""
    was: str = ""
    """How it was: `±1 (was 41)`."""
    inner: bool = False
    """It is a part of the variable above it."""


def rows_of(
    now: Mapping[str, Variable], then: Mapping[str, Variable] | None, masking: Masking
) -> Iterator[StateRow]:
    """Yield the variables in the order in which they came up.

    Args:
        then: the moment to compare with; None: none.
    """
    for path, variable in now.items():
        old = then.get(path) if then is not None else None
        if then is None or (old and old.seq == variable.seq):
            yield _row(path, variable, masking)
        else:
            yield from _changed(path, variable, old, masking)
    for path, variable in then.items() if then else ():
        if path not in now:
            yield _row(path, variable, masking, REMOVED)


def glance(name: str, value: Any, masking: Masking) -> str:
    """Return the beginning of a value as one line, secrets masked."""
    if masking.hides_variable(name):
        return MASK
    if isinstance(value, list):
        value = value[:GLANCE]
    elif isinstance(value, dict):
        value = dict(islice(value.items(), GLANCE))
    return brief_value(masking.masked(value))


def _row(path: str, variable: Variable, masking: Masking, mark: str = "") -> StateRow:
    text = glance(path, variable.value, masking)
    return StateRow(path, path, count_of(variable), text, mark)


def _changed(
    path: str, variable: Variable, old: Variable | None, masking: Masking
) -> Iterator[StateRow]:
    if old is None:
        yield _row(path, variable, masking, ADDED)
        return
    parts = [] if masking.hides_variable(path) else list(_parts(old.value, variable.value))
    text = glance(path, variable.value, masking)
    same = not parts and old.value == variable.value
    mark = "" if same else CHANGED
    was = "" if parts or same else difference(path, old.value, variable.value, masking)
    yield StateRow(path, path, count_of(variable), text, mark, was)
    for key, before, after in parts[:MOST]:
        yield _part(path, key, before, after, masking)
    if len(parts) > MOST:
        yield StateRow(path, f"… {len(parts) - MOST:,} more", inner=True)


def _part(path: str, key: str, before: Any, after: Any, masking: Masking) -> StateRow:
    mark = ADDED if before is ABSENT else REMOVED if after is ABSENT else CHANGED
    text = glance(key, before if after is ABSENT else after, masking)
    was = difference(key, before, after, masking) if mark == CHANGED else ""
    return StateRow(path, key, "", text, mark, was, inner=True)


def difference(name: str, before: Any, after: Any, masking: Masking) -> str:
    """Return how a value has changed: `±1 (was 41)`."""
    was = glance(name, before, masking)
    away = ""
    if was != MASK and _is_number(before) and _is_number(after):
        away = f"{abs(after - before):.12g}"
    return f"±{away} (was {was if len(was) <= 40 else was[:39] + '…'})"


def _parts(before: Any, after: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield the keys or items in which two values differ; none where they are not alike."""
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _keys(before, after)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _keys(dict(enumerate(before)), dict(enumerate(after)))


def _keys(before: dict[Any, Any], after: dict[Any, Any]) -> Iterator[tuple[str, Any, Any]]:
    for key, value in after.items():
        old = before.get(key, ABSENT)
        if old is ABSENT or old != value:
            yield _name(key), old, value
    for key, value in before.items():
        if key not in after:
            yield _name(key), value, ABSENT


def _name(key: Any) -> str:
    return f"[{key}]" if isinstance(key, int) and not isinstance(key, bool) else str(key)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
