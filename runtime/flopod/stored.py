"""Values and times in the form that a log holds them."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any, TypeAlias

import msgspec

from flopod import codec

Encoded: TypeAlias = msgspec.Raw
"""A value as `codec.encode` writes it: JSON text, as UTF-8 bytes."""


class Stored(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What all facts have in common: nothing but their form."""


def utc_now() -> datetime:
    """Return the time now, in UTC and whole milliseconds: what a log can hold."""
    return datetime.fromtimestamp(time.time_ns() // 1_000_000 / 1000, UTC)


def whole_ms(at: datetime) -> datetime:
    """Return `at` cut to whole milliseconds."""
    beyond = at.microsecond % 1000
    return at.replace(microsecond=at.microsecond - beyond) if beyond else at


def encoded(value: object, where: str = "value") -> Encoded:
    """Return `value` as an event holds it.

    Raises:
        SerializableError: it cannot be stored; `where` names it.
    """
    return Encoded(codec.encode(value, where).encode())


def decoded(value: Encoded) -> Any:
    """Return a fresh copy of the value that an event holds."""
    return codec.decode(bytes(value).decode())
