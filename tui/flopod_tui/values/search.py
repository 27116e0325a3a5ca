"""Where a value has a text in it: in its keys and at its places, what is masked left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from flopod_tui.values.items import DEEPEST, Item, brief, children
from flopod_tui.values.masking import Masking

Where = tuple[int, ...]
"""A place by the number of each place on the way to it."""


def walk(whole: Item, wanted: str, masking: Masking) -> Iterator[Where | None]:
    """Yield each place that has the text in it, None now and then for those that have not.

    Args:
        wanted: in lower case.
    """
    unread: list[Iterator[tuple[Where, Item] | None]] = [iter([((), whole)])]
    while unread:
        found = next(unread[-1], _END)
        if found is _END:
            unread.pop()
        elif found is None:
            yield None
        else:
            where, item = found
            yield where if hits(item, wanted) else None
            deep = item.secret or len(where) >= DEEPEST
            if item.size and not deep and _may_hold(item, wanted):
                unread.append(_inside(where, item, wanted, masking))


def hits(item: Item, wanted: str) -> bool:
    """Say whether the key of a place, or what stands there, has the text in it."""
    if wanted in item.label.lower():
        return True
    if item.secret or item.size:
        return False
    text = item.json if isinstance(item.json, str) else brief(item)
    return wanted in text.lower() or (bool(item.type) and wanted in brief(item).lower())


def _may_hold(item: Item, wanted: str) -> bool:
    """Say whether a look inside is worth it: its JSON is quicker to search than its places."""
    as_written = not any(char in '"\\' or not char.isprintable() for char in wanted)
    if item.tags or not as_written or not any(char.isalpha() and char != "e" for char in wanted):
        return True  # types, escapes and numbers are shown otherwise than they are written
    try:
        return wanted in msgspec.json.encode(item.json).decode().lower()
    except (UnicodeEncodeError, RecursionError):
        return True


_END: Any = object()
LEAVES = (str, int, float)


def _inside(
    where: Where, item: Item, wanted: str, masking: Masking
) -> Iterator[tuple[Where, Item] | None]:
    """Yield the places directly inside; in a plain list only those that hit or hold more."""
    if item.form != "array" or (item.tags and item.tags.below) or item.size < 3:
        for index, inner in enumerate(children(item, 0, item.size, masking)):
            yield (*where, index), inner
        return
    for index, value in enumerate(item.json):
        if type(value) in LEAVES and wanted not in f"[{index}] {value}".lower():
            yield None
        else:
            yield (*where, index), next(children(item, index, index + 1, masking))
