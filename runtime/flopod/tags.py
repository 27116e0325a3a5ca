"""How a single value that JSON does not have is written under a tag, and read back.

Tags and texts are superjson 2's where it knows the value; what only Python has goes under
`["custom", name]`. Regular expressions, URLs and errors of a JavaScript program are read as
strings and dicts: a text out of a log never becomes code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from math import copysign, isfinite, isnan
from typing import Any, TypeAlias
from uuid import UUID

from flopod.refusal import Refused

Tag: TypeAlias = "str | tuple[str, str]"
Leaf: TypeAlias = "tuple[object, Tag | None]"

SAFE = 2**53 - 1
"""The largest integer that JavaScript's numbers hold exactly."""
_NUMBER_ARRAYS = (
    "Int8",
    "Int16",
    "Uint16",
    "Int32",
    "Uint32",
    "Float32",
    "Float64",
    "Uint8Clamped",
)
BYTES: Tag = ("typed-array", "Uint8Array")
_MAX_DIGITS = 50_000
_MAX_BITS = int(_MAX_DIGITS * 3.3219)
_PYTHONS_DIGITS = 4_000
"""Above this `int(text)` and `str(int)` may refuse; Decimal does not."""
_INDEX_DIGITS = 10
_NUMBERS = ("NaN", "Infinity", "-Infinity", "-0")
_DIGITS = re.compile(rf"-?[0-9]{{1,{_MAX_DIGITS}}}")
_CLOCK = re.compile(r"([^\[\]]+)(?:\[([^\[\]=]+)\])?(\[fold=1\])?")


def is_text(value: str) -> bool:
    """Tell whether the string can be written as UTF-8: it has no lone surrogate."""
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_index(key: str) -> bool:
    """Tell whether JavaScript takes the key for the index of an array."""
    if not (key.isascii() and key.isdecimal() and len(key) <= _INDEX_DIGITS):
        return False
    return str(int(key)) == key and int(key) < 2**32 - 1


def is_plain_float(value: float) -> bool:
    """Tell whether JSON has this number."""
    return isfinite(value) and (value != 0 or copysign(1.0, value) > 0)


def _write_str(value: str) -> Leaf:
    return (value, None) if is_text(value) else ([*map(ord, value)], ("custom", "codepoints"))


def _write_int(value: int) -> Leaf:
    if -SAFE <= value <= SAFE:
        return value, None
    if value.bit_length() > _MAX_BITS:
        raise Refused(f"is an integer of more than {_MAX_DIGITS} digits; store it as bytes")
    return str(Decimal(value)), "bigint"


def _write_float(value: float) -> Leaf:
    if is_plain_float(value):
        return value, None
    if isnan(value):
        return "NaN", "number"
    if value == 0:
        return "-0", "number"
    return ("Infinity" if value > 0 else "-Infinity"), "number"


def _write_datetime(value: datetime) -> Leaf:
    if value.tzinfo is UTC and not value.fold and value.microsecond % 1000 == 0:
        return value.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z", "Date"
    return _write_clock(value), ("custom", "datetime")


def _write_clock(value: datetime | time) -> str:
    """Return ISO 8601, with the zone's name in brackets as RFC 9557 has it, and a set fold."""
    from zoneinfo import ZoneInfo  # Few values have such a zone, and its tables take long to load.

    text, zone = value.isoformat(), value.tzinfo
    if isinstance(zone, ZoneInfo) and zone.key is not None:
        text += f"[{zone.key}]"
    elif zone is not None and type(zone) is not timezone:
        raise Refused(
            f"has a time zone of type {type(zone).__name__}; "
            "use datetime.timezone or zoneinfo.ZoneInfo with a key"
        )
    return text + "[fold=1]" if value.fold else text


WRITERS: Mapping[type, Callable[[Any], Leaf]] = {
    type(None): lambda value: (None, None),
    bool: lambda value: (value, None),
    int: _write_int,
    float: _write_float,
    str: _write_str,
    bytes: lambda value: ([*value], BYTES),
    datetime: _write_datetime,
    date: lambda value: (value.isoformat(), ("custom", "date")),
    time: lambda value: (_write_clock(value), ("custom", "time")),
    timedelta: lambda value: (
        [value.days, value.seconds, value.microseconds],
        ("custom", "timedelta"),
    ),
    Decimal: lambda value: (str(value), ("custom", "decimal")),
    UUID: lambda value: (str(value), ("custom", "uuid")),
}
"""For each type that is no container: its JSON and its tag, None for what JSON has itself."""


def _read_text(json: Any) -> str:
    if type(json) is not str:
        raise TypeError
    return json


def _read_list(json: Any) -> list[Any]:
    if type(json) is not list:
        raise TypeError
    return json


def _read_number(json: Any) -> float:
    if json not in _NUMBERS:
        raise ValueError
    return float(json)


def _read_bigint(json: Any) -> int:
    if not _DIGITS.fullmatch(json):
        raise ValueError
    return int(json) if len(json) < _PYTHONS_DIGITS else int(Decimal(json))


def _read_date(json: Any) -> datetime:
    at = datetime.fromisoformat(json)
    if at.tzinfo is None:
        raise ValueError
    return at.astimezone(UTC)


def _read_datetime(json: Any) -> datetime:
    at, zone, fold = _read_clock(json)
    read = datetime.fromisoformat(at)
    return read.replace(tzinfo=zone or read.tzinfo, fold=fold)


def _read_time(json: Any) -> time:
    at, zone, fold = _read_clock(json)
    read = time.fromisoformat(at)
    return read.replace(tzinfo=zone or read.tzinfo, fold=fold)


def _read_clock(json: Any) -> tuple[str, tzinfo | None, int]:
    match = _CLOCK.fullmatch(json)
    if not match:
        raise ValueError
    at, zone, fold = match.groups()
    return at, _zone(zone) if zone else None, 1 if fold else 0


def _zone(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)


def _read_set(json: Any) -> set[Any]:
    members = set(_read_list(json))
    if len(members) != len(json):
        raise ValueError
    return members


def _read_map(json: Any) -> dict[Any, Any]:
    entries = _read_list(json)
    if any(len(_read_list(entry)) != 2 for entry in entries):
        raise ValueError
    mapping = dict(entries)
    if len(mapping) != len(entries):
        raise ValueError
    return mapping


def _read_error(json: Any) -> dict[str, Any]:
    if type(json) is not dict:
        raise TypeError
    return json


READERS: Mapping[object, Callable[[Any], Any]] = {
    "undefined": lambda json: None,
    "bigint": _read_bigint,
    "number": _read_number,
    "Date": _read_date,
    "set": _read_set,
    "map": _read_map,
    "regexp": _read_text,
    "URL": _read_text,
    "Error": _read_error,
    BYTES: lambda json: bytes(_read_list(json)),
    **{("typed-array", f"{numbers}Array"): _read_list for numbers in _NUMBER_ARRAYS},
    ("custom", "codepoints"): lambda json: "".join(map(chr, _read_list(json))),
    ("custom", "tuple"): lambda json: tuple(_read_list(json)),
    ("custom", "frozenset"): lambda json: frozenset(_read_set(json)),
    ("custom", "datetime"): _read_datetime,
    ("custom", "date"): date.fromisoformat,
    ("custom", "time"): _read_time,
    ("custom", "timedelta"): lambda json: timedelta(*_read_list(json)),
    ("custom", "decimal"): lambda json: Decimal(_read_text(json)),
    ("custom", "uuid"): lambda json: UUID(_read_text(json)),
}
"""For each tag: the value of a JSON. What does not fit raises one of MISFITS."""

MISFITS = (ValueError, TypeError, ArithmeticError, LookupError, OSError)
