"""Reads superjson 2's form, and that of superjson 1 and 0.

The paths of the tags are followed on the JSON before anything is converted: there a row of a map
and a member of a set still have their index. The text may come from anywhere, so every walk over
it is bounded.
"""

from __future__ import annotations

import json as stdlib_json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from flopod.errors import brief
from flopod.refusal import MAX_DEPTH
from flopod.tags import MISFITS, READERS, is_index

MAX_JSON_DEPTH = 2 * MAX_DEPTH + 8
"""A map takes two levels of JSON for one of its own; the rest is the envelope."""
_MAX_COPIED = 64 * 2**20
"""Bytes that references may copy: a hostile text could double a value with each of them."""
_STEPS = re.compile(r"\\[\\.]|[^\\]", re.DOTALL)
_LEGACY_STEPS = re.compile(r"\\\.|.", re.DOTALL)
"""Before version 1 a backslash stood for itself, except before a dot."""


class Malformed(Exception):
    """A text that superjson did not write, or a value that Python has no form for."""


class _Meta(msgspec.Struct):
    values: list[Any] | dict[str, Any] = {}
    referentialEqualities: dict[str, list[str]] | list[list[str] | dict[str, list[str]]] = {}
    v: float = 0


@dataclass(slots=True)
class Tags:
    """The tags at and below one place."""

    tag: object = None
    below: dict[str, Tags] = field(default_factory=dict)


def read(json: Any, meta: Any) -> Any:
    """Return the value of `json` with the tags of `meta`. `json` is used up.

    Raises:
        Malformed: they do not fit each other, or Python has no such value.
    """
    json, tags = tagged(json, meta)
    return _build(json, tags, 1)


def tagged(json: Any, meta: Any) -> tuple[Any, Tags]:
    """Return `json` with what its places share copied in, and the tags at and below them.

    Raises:
        Malformed: they do not fit each other.
    """
    try:
        known = msgspec.convert(meta, _Meta)
    except msgspec.ValidationError as error:
        raise Malformed(f"has a meta that superjson does not write: {error}") from None
    legacy, root, rows = known.v < 1, Tags(), [json]
    _plant(root, known.values, legacy)
    tags = Tags(below={"0": root})
    _copy_shared(rows, tags, known.referentialEqualities, legacy)
    return rows[0], tags.below["0"]


def _plant(node: Tags, tree: Any, legacy: bool) -> None:
    """Add superjson's tree of tags: `[tag]`, `[tag, {path: tree}]` or `{path: tree}`."""
    if isinstance(tree, list) and 1 <= len(tree) <= 2:
        node.tag, tree = tree[0], tree[1] if len(tree) == 2 else {}
    if not isinstance(tree, dict):
        raise Malformed(f"has tags that superjson does not write: {brief(tree)}")
    for path, subtree in tree.items():
        target = node
        for key in _keys(path, legacy):
            target = target.below.setdefault(key, Tags())
        _plant(target, subtree, legacy)


def _keys(path: str, legacy: bool) -> list[str]:
    """Split at the dots that are not escaped."""
    if "\\" not in path:
        return path.split(".")
    steps = (_LEGACY_STEPS if legacy else _STEPS).findall(path)
    if sum(map(len, steps)) != len(path):
        raise Malformed(f"has a path that superjson does not write: {brief(path)}")
    keys = [""]
    for step in steps:
        if step == ".":
            keys.append("")
        else:
            keys[-1] += step[-1]
    return keys


def _build(json: Any, node: Tags, depth: int) -> Any:
    """Convert in place, the innermost first. What has no tags is left as it was read."""
    if depth > MAX_JSON_DEPTH:
        raise Malformed("is nested too deeply")
    for key, below in node.below.items():
        at = _place(json, key)
        json[at] = _build(json[at], below, depth + 1)
    return json if node.tag is None else _untagged(node.tag, json)


def _place(json: Any, key: str) -> Any:
    """Return `key` as the list or dict takes it."""
    if isinstance(json, dict) and key in json:
        return key
    if isinstance(json, list) and is_index(key) and int(key) < len(json):
        return int(key)
    raise Malformed(f"has a tag at {brief(key)} where nothing is")


def _untagged(tag: object, json: Any) -> Any:
    try:
        reader = READERS.get(tuple(tag) if isinstance(tag, list) else tag)
        if reader is None:
            raise Malformed(f"has a tag that nothing here reads: {brief(tag)}")
        return reader(json)
    except MISFITS:
        raise Malformed(f"has {brief(json)} under the tag {brief(tag)}") from None


def _copy_shared(rows: list[Any], tags: Tags, equalities: Any, legacy: bool) -> None:
    """Copy what a place has to the places that held the same object when it was written."""
    copied = 0
    for first, same in _shared(equalities):
        source = ["0", *_keys(first, legacy)]
        target = ["0", *_keys(same, legacy)]
        if _is_around(source, target) or _is_around(target, source):
            raise Malformed("contains itself")
        text = stdlib_json.dumps(_at(rows, source))
        copied += len(text)
        if copied > _MAX_COPIED:
            raise Malformed("refers to its own parts too often")
        parent = _at(rows, target[:-1])
        parent[_place(parent, target[-1])] = stdlib_json.loads(text)
        _node_at(tags, target[:-1]).below[target[-1]] = _node_at(tags, source)


def _shared(equalities: Any) -> Iterator[tuple[str, str]]:
    if isinstance(equalities, list):
        if equalities and equalities[0]:
            raise Malformed("contains itself")
        equalities = equalities[1] if len(equalities) > 1 else {}
    for first, others in equalities.items():
        for same in others:
            yield first, same


def _is_around(outer: Sequence[str], inner: Sequence[str]) -> bool:
    return list(inner[: len(outer)]) == list(outer)


def _at(json: Any, keys: Sequence[str]) -> Any:
    for key in keys:
        json = json[_place(json, key)]
    return json


def _node_at(node: Tags, keys: Sequence[str]) -> Tags:
    for key in keys:
        node = node.below.setdefault(key, Tags())
    return node
