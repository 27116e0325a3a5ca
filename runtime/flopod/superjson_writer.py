"""Writes a value in superjson 2's form: JSON beside a tree of tags, addressed by dotted paths.

The walk is superjson's own, down to the order of the tree's keys, so that both write the same
bytes. That two places hold the same object is not written: equal is what comes back, not identical.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec

from flopod.refusal import (
    MAX_DEPTH,
    Refused,
    at_key,
    cyclic,
    fields_of,
    too_deep,
    unstorable,
)
from flopod.tags import WRITERS, Tag, is_index, is_text

Notes: TypeAlias = "dict[str, object]"
"""The tags of a value's children by path; a value that has a tag itself is a list instead."""
Written: TypeAlias = "tuple[object, object]"
"""The JSON of a value, and its tags: falsy, `[tag]`, `[tag, Notes]` or Notes."""

_NOT_IN_PATHS = frozenset({"__proto__", "prototype", "constructor"})
"""superjson refuses these keys on the way to a tag: a dict in need of one is written as a map."""


class TooLarge(Exception):
    """The value is certainly larger than the limit; nobody knows by how much."""


@dataclass(slots=True)
class Writer:
    """One walk over a value."""

    limit: int
    _size: int = 0
    """At least how many bytes the value takes so far."""
    _seen: dict[tuple[int, int], tuple[Written, int]] = field(default_factory=dict)
    """What is shared is walked once a level, and counted each time: written out it may explode."""
    _open: set[int] = field(default_factory=set)
    _looked_into: set[int] = field(default_factory=set)

    def write(self, value: Any, depth: int = 1) -> Written:
        """Return the JSON and the tags of `value`.

        Raises:
            Refused: a part of it cannot be stored.
            TooLarge: it is above the limit.
        """
        kind = type(value)
        self._grow(2 * len(value) if kind is bytes else len(value) if kind is str else 2)
        if leaf := WRITERS.get(kind):
            json, tag = leaf(value)
            return json, tag and [tag]
        if kind not in _CONTAINERS:
            raise self._unstorable(value, depth)
        if id(value) in self._open:
            raise cyclic()
        if depth > MAX_DEPTH:
            raise too_deep()
        seen = self._seen.get((id(value), depth))
        if seen is None:
            return self._walk(value, kind, depth)
        self._grow(seen[1])
        return seen[0]

    def _walk(self, value: Any, kind: type, depth: int) -> Written:
        before = self._size
        self._open.add(id(value))
        tag, walk = _CONTAINERS[kind]
        try:
            json, notes = walk(self, value, depth)
        finally:
            self._open.remove(id(value))
        written = (json, notes) if tag is None else _tagged(tag, json, notes)
        self._seen[id(value), depth] = written, self._size - before
        return written

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > self.limit:
            raise TooLarge

    def _unstorable(self, value: object, depth: int) -> Refused:
        """Prefer to name a field that no `type=` would help to store."""
        if depth > MAX_DEPTH or id(value) in self._looked_into:
            return unstorable(value)
        self._looked_into.add(id(value))
        for name, item in (fields_of(value) or {}).items():
            try:
                self.write(item, depth + 1)
            except Refused as refused:
                if not refused.typed:
                    return refused.inside(f".{name}")
        return unstorable(value)

    def _array(self, items: Iterable[object], depth: int) -> Written:
        rows: list[Written] = []
        for index, item in enumerate(items):
            try:
                rows.append(self.write(item, depth + 1))
            except Refused as refused:
                raise refused.inside(f"[{index}]") from None
        return _rows(rows)

    def _members(self, items: Iterable[object], depth: int) -> Written:
        rows: list[Written] = []
        for item in items:
            try:
                rows.append(self.write(item, depth + 1))
            except Refused as refused:
                raise refused.inside("", "a member of ") from None
        # A set has no order: with one, the same value gives the same text in every process.
        return _rows(sorted(rows, key=msgspec.json.encode))

    def _dict(self, value: dict[Any, object], depth: int) -> Written:
        rows = []
        for key, item in value.items():
            try:
                rows.append((key, self.write(item, depth + 1)))
            except Refused as refused:
                raise refused.inside(at_key(key)) from None
        if any(_needs_map(key, tags) for key, (_, tags) in rows):
            return self._map(rows, depth)
        self._grow(sum(map(len, value)))
        notes: Notes = {}
        for key, (_, tags) in rows:
            _note(notes, _escape(key), tags)
        return {key: json for key, (json, _) in rows}, _in_order(notes)

    def _map(self, rows: list[tuple[Any, Written]], depth: int) -> Written:
        entries: list[Written] = []
        for key, written in rows:
            try:
                entries.append(_rows([self.write(key, depth + 1), written]))
            except Refused as refused:
                raise refused.inside("", "a key of ") from None
        return _tagged("map", *_rows(entries))


_CONTAINERS: Mapping[type, tuple[Tag | None, Callable[[Writer, Any, int], Written]]] = {
    list: (None, Writer._array),
    dict: (None, Writer._dict),
    tuple: (("custom", "tuple"), Writer._array),
    set: ("set", Writer._members),
    frozenset: (("custom", "frozenset"), Writer._members),
}


def _needs_map(key: object, tags: object) -> bool:
    return type(key) is not str or not is_text(key) or (bool(tags) and bool(_NOT_IN_PATHS & {key}))


def _rows(rows: Sequence[Written]) -> Written:
    notes: Notes = {}
    for index, (_, tags) in enumerate(rows):
        _note(notes, str(index), tags)
    return [json for json, _ in rows], _in_order(notes)


def _note(notes: Notes, key: str, tags: object) -> None:
    """Add a child's tags; a child without a tag of its own lends its path to its children."""
    if isinstance(tags, list):
        notes[key] = tags
    elif isinstance(tags, dict):
        notes.update((f"{key}.{path}", below) for path, below in tags.items())


def _in_order(notes: Notes) -> Notes:
    """Put the keys that are array indices first, ascending: JavaScript's objects do so."""
    if len(notes) < 2 or not any(map(is_index, notes)):
        return notes
    indices = sorted(filter(is_index, notes), key=int)
    return {key: notes[key] for key in indices} | notes


def _tagged(tag: Tag, json: object, notes: object) -> Written:
    return json, [tag, notes] if notes else [tag]


def _escape(key: str) -> str:
    return key.replace("\\", "\\\\").replace(".", "\\.")
