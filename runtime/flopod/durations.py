"""Lengths of time: text or numbers at the door, `timedelta` inside."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TypeAlias

from flopod.errors import InvalidDurationError

Duration: TypeAlias = str | int | float | timedelta
"""What an author may give: '250ms', '30s', '5m', '1h', '2d', a timedelta, seconds."""

LONGEST = timedelta(days=3650)

_UNITS = {
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}
_FORM = re.compile(r"([0-9]{1,12})(ms|s|m|h|d)")


def parse(value: object) -> timedelta:
    """Return the length of time that `value` says.

    Raises:
        InvalidDurationError: it is of no known form, negative, or above 3650 days.
    """
    if isinstance(value, str):
        length = _from_text(value)
    elif isinstance(value, timedelta):
        length = value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        length = _from_seconds(value)
    else:
        length = None
    if length is None or not timedelta(0) <= length <= LONGEST:
        raise InvalidDurationError(value)
    return length


def show(length: timedelta) -> str:
    """Return the shortest form that `parse` reads back, as `90s`; below 1 ms it is rounded."""
    rounded = timedelta(milliseconds=round(length / timedelta(milliseconds=1)))
    if not rounded:
        return "0s"
    for unit, one in _UNITS.items():
        if rounded % one == timedelta(0):
            return f"{rounded // one}{unit}"
    raise AssertionError("a whole number of milliseconds fits none of the units")


def _from_text(text: str) -> timedelta | None:
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    count, unit = int(match[1]), _UNITS[match[2]]
    return count * unit if count <= LONGEST // unit else None


def _from_seconds(seconds: float) -> timedelta | None:
    # NaN is not between any two numbers.
    return timedelta(seconds=seconds) if 0 <= seconds <= LONGEST.total_seconds() else None
