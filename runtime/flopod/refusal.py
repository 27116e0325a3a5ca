"""Why a value cannot be stored, and the place inside it where the trouble lies.

The walks of `superjson_writer` and `shapes` raise `Refused` at the bottom; every level they unwind
through adds its part of the place, so a walk that succeeds pays nothing for it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Iterator
from dataclasses import fields, is_dataclass
from enum import Enum

import msgspec

from flopod.errors import SerializableError, brief

MAX_DEPTH = 200
"""How deeply containers may be nested."""

_TAKEN = (
    "taken are None, bool, int, float, str, bytes, list, tuple, dict, set, frozenset, "
    "datetime, date, time, timedelta, Decimal and UUID"
)
_BUILTINS = (int, float, str, bytes, list, tuple, dict, set, frozenset)
_LONGEST_PLACE = 160


class Refused(Exception):
    """A part of a value cannot be stored."""

    def __init__(self, reason: str, *, typed: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.typed = typed
        """Whether it could be stored if the receiving end said the type."""
        self.around: list[tuple[str, str]] = []
        """What to write before and after the place of each level, the innermost first."""

    def inside(self, suffix: str, prefix: str = "") -> Refused:
        """Note one more level, seen from the inside out."""
        self.around.append((prefix, suffix))
        return self

    def told(self, where: str) -> SerializableError:
        """Return the error for the author; `where` names the whole value."""
        for prefix, suffix in reversed(self.around):
            where = f"{prefix}{where}{suffix}"
        if len(where) > _LONGEST_PLACE:
            half = _LONGEST_PLACE // 2
            where = f"{where[:half]}…{where[-half:]}"
        return SerializableError(where, self.reason)


def at_key(key: object) -> str:
    """Return how a place continues inside a dict: `['user']`."""
    return f"[{brief(key, 60)}]" if isinstance(key, str | int) else f"[a {type(key).__name__}]"


def fields_of(value: object) -> dict[str, object] | None:
    """Return the fields of a dataclass, msgspec Struct or pydantic model; None for all else."""
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: getattr(value, each.name, None) for each in fields(value)}
    if isinstance(value, msgspec.Struct):
        return msgspec.structs.asdict(value)
    if is_model(value):
        return dict(vars(value))
    return None


def is_model(value: object) -> bool:
    """Tell a pydantic model by its methods: pydantic itself is never imported here."""
    kind = type(value)
    return hasattr(kind, "model_validate") and hasattr(kind, "model_dump")


def too_deep() -> Refused:
    """Return the refusal of a value with too many levels."""
    return Refused(f"is nested more than {MAX_DEPTH} levels deep; store it in parts")


def cyclic() -> Refused:
    """Return the refusal of a container that is inside itself."""
    return Refused("contains itself; store a value without cycles")


def unstorable(value: object) -> Refused:
    """Return the refusal of a value by its type, with what to give instead."""
    name = type(value).__name__
    kind = f"is {'an' if name[:1] in 'AEIOaeio' else 'a'} {name}"
    if isinstance(value, Enum) or fields_of(value) is not None or is_named_tuple(value):
        hint = f"say so where it is received (type={name}) or store plain values"
        return Refused(f"{kind}; {hint}", typed=True)
    for base in _BUILTINS:
        if isinstance(value, base):
            return Refused(
                f"{kind}, a subclass of {base.__name__}; store {base.__name__}(…) instead"
            )
    return Refused(f"{kind}, which cannot be stored; {_instead(value)}")


def is_named_tuple(value: object) -> bool:
    return isinstance(value, tuple) and hasattr(value, "_fields")


def _instead(value: object) -> str:
    if isinstance(value, Awaitable):
        return "await it and store its result"
    if isinstance(value, bytearray | memoryview):
        return "store bytes(…) of it"
    if isinstance(value, range | Iterator):
        return "store list(…) of it"
    if isinstance(value, AsyncIterator):
        return "store a list of what it gives"
    return _TAKEN
