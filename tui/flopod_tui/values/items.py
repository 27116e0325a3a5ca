"""What a stored value holds, place by place: its JSON with superjson's tags read beside it.

Nothing is decoded: a value whose classes are not here, or that no Python has, is shown as well.
Children are made when they are asked for, so a value of 10 MB costs what its JSON costs to read.
"""

from __future__ import annotations

import gc
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any

import msgspec

from flopod.errors import FlopodError
from flopod.stored import Encoded, encoded
from flopod.superjson_reader import Malformed, Tags, tagged
from flopod_tui.text.format import compact
from flopod_tui.values.masking import MASK, Masking

DEEPEST = 200
"""Levels that fold; what is deeper is shown flat."""
BEGINNING = 20_000
"""Characters of a text that cannot be read as JSON."""
AN_ENTRY = 20
"""Bytes that an entry of a list or map takes, as a guess."""
LONG = 200
"""Characters of a string that are shown on one line."""
_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_BRACKETS = {"array": "[]", "object": "{}", "set": "[]", "map": "{}", "tuple": "[]"}
_FORMS = {
    "set": ("set", "Set"),
    "map": ("map", "Map"),
    "Error": ("object", "Error"),
    ("custom", "tuple"): ("tuple", "Tuple"),
    ("custom", "frozenset"): ("set", "FrozenSet"),
    ("typed-array", "Uint8Array"): ("bytes", "Uint8Array"),
    ("custom", "codepoints"): ("codepoints", ""),
    ("custom", "timedelta"): ("timedelta", "timedelta"),
    "number": ("keyword", ""),
    "undefined": ("undefined", ""),
    "bigint": ("number", "BigInt"),
    ("custom", "decimal"): ("number", "Decimal"),
    ("custom", "uuid"): ("string", "UUID"),
    "regexp": ("string", "RegExp"),
}
"""For each tag how its JSON is shown, and the name of the type."""


@dataclass(frozen=True, slots=True)
class Item:
    """A place in a value."""

    json: Any
    tags: Tags | None = None
    label: str = ""
    """What stands before it: a key, an index."""
    step: str = ""
    """What its path adds to that of the place around it."""
    secret: bool = False
    form: str = ""
    """`object`, `array`, `set`, `map`, `tuple`, `bytes`, `string`, `number`, `keyword`, `flat`."""
    type: str = ""
    """The name of a type that JSON does not have."""

    @property
    def size(self) -> int:
        """How many places are directly inside."""
        if self.form in _BRACKETS:
            return len(self.json)
        return 0

    @property
    def is_text(self) -> bool:
        """Say whether it is a text that may need more than a line."""
        return self.form in ("string", "flat")

    @property
    def brackets(self) -> str:
        """The size in the brackets of the form: `[512]`, `{7}`."""
        around = _BRACKETS["array" if self.form == "bytes" else self.form]
        return f"{around[0]}{len(self.json):,}{around[1]}"


def item_of(value: object, masking: Masking) -> Item:
    """Return the whole of a value: an encoded one, or one that can be encoded."""
    if not isinstance(value, msgspec.Raw):
        try:
            value = encoded(value)
        except FlopodError as error:
            return _made(str(error), None, form="flat")
    return _read(value)


def bytes_of(value: object) -> int:
    """Return about how many bytes a value takes, at a glance."""
    if isinstance(value, msgspec.Raw):
        return memoryview(value).nbytes
    if isinstance(value, str | bytes):
        return len(value)
    return AN_ENTRY * len(value) if isinstance(value, dict | list | tuple | set) else 0


def _read(value: Encoded) -> Item:
    raw = bytes(value)
    try:
        stored = _decoded(raw)
        content = stored["json"]
    except (msgspec.MsgspecError, UnicodeError, RecursionError, KeyError, TypeError):
        return _made(raw[:BEGINNING].decode("utf-8", "replace"), None, form="flat")
    try:
        content, tags = tagged(content, stored["meta"]) if "meta" in stored else (content, None)
    except (Malformed, RecursionError):
        tags = None  # what its tags mean nobody knows; the JSON is there all the same
    return _made(content, tags)


def _decoded(raw: bytes) -> Any:
    # A large value is made of many objects, and none of them is garbage: looking for some among
    # them takes longer than reading them.
    collects = gc.isenabled()
    gc.disable()
    try:
        return msgspec.json.decode(raw)
    finally:
        if collects:
            gc.enable()


def _made(content: Any, tags: Tags | None, form: str = "", **where: Any) -> Item:
    tag = tags.tag if tags else None
    own, name = _form(content, tag) if not form else (form, "")
    if own == "codepoints":
        content, own = "".join(map(chr, content)), "string"
    elif own == "timedelta":
        content, own = str(timedelta(*content)), "string"
    return Item(content, tags, form=own, type=name, **where)


def _form(content: Any, tag: Any) -> tuple[str, str]:
    if tag is not None:
        key: Any = tuple(map(str, tag)) if isinstance(tag, list) else str(tag)
        form, name = _FORMS.get(key, ("", str(tag[-1] if isinstance(tag, list) and tag else tag)))
        if not form or _fits(form, content):
            return form or _plain_form(content), name
    return _plain_form(content), ""


def _fits(form: str, content: Any) -> bool:
    """Say whether JSON can be shown in a form: a log may come from anywhere."""
    if form == "map":
        return isinstance(content, list) and all(
            isinstance(row, list) and len(row) == 2 for row in content
        )
    if form in ("bytes", "codepoints"):
        top = 256 if form == "bytes" else 0x110000
        return isinstance(content, list) and all(
            type(one) is int and 0 <= one < top for one in content
        )
    if form == "timedelta":
        return _is_length(content)
    kinds: dict[str, type | tuple[type, ...]] = {"set": list, "tuple": list, "object": dict}
    return isinstance(content, kinds.get(form, (str, type(None))))


def _is_length(content: Any) -> bool:
    try:
        return isinstance(content, list) and bool(str(timedelta(*content)))
    except (TypeError, OverflowError):
        return False


def _plain_form(content: Any) -> str:
    if content is None or isinstance(content, bool):
        return "keyword"
    if isinstance(content, str):
        return "string"
    if isinstance(content, list):
        return "array"
    return "object" if isinstance(content, dict) else "number"


def children(item: Item, start: int, stop: int, masking: Masking) -> Iterator[Item]:
    """Yield the places directly inside, from one to before another."""
    stop = min(stop, item.size)
    below = item.tags.below if item.tags else {}
    if item.form == "object":
        for key, inner in islice(item.json.items(), start, stop):
            yield _made(inner, below.get(key), **_named(key, masking))
    elif item.form == "map":
        for index in range(start, stop):
            yield _entry(item.json[index], below.get(str(index)), masking)
    elif item.form in _BRACKETS:
        secret = item.form == "array" and len(item.json) == 2 and masking.hides(item.json[0])
        for index in range(start, stop):
            place, hidden = f"[{index}]", secret and index == 1
            tags = below.get(str(index))
            yield _made(item.json[index], tags, label=place, step=place, secret=hidden)


def _named(key: str, masking: Masking) -> dict[str, Any]:
    step = f".{key}" if _NAME.fullmatch(key) else f"[{compact(key)}]"
    return {"label": key, "step": step, "secret": masking.hides(key)}


def _entry(row: list[Any], tags: Tags | None, masking: Masking) -> Item:
    below = tags.below if tags else {}
    key = _made(row[0], below.get("0"))
    if key.form == "string" and not key.type:
        return _made(row[1], below.get("1"), **_named(key.json, masking))
    label = compact(masking.masked(key.json))[:LONG] if key.size else brief(key)
    return _made(row[1], below.get("1"), label=label, step=f"[{label}]")


def brief(item: Item, limit: int = LONG) -> str:
    """Return what stands for a place on one line, without its label; not yet made harmless."""
    if item.secret:
        return MASK
    name = f"{item.type} " if item.type else ""
    if item.form == "flat":
        return str(item.json[:limit])
    if item.form == "undefined":
        return "undefined"
    if item.form == "bytes":
        return f"{item.type}{item.brackets}  {bytes(item.json[:16]).hex(' ')}"
    if item.form in _BRACKETS:
        return f"{item.type}{item.brackets}"
    if isinstance(item.json, str):
        bare = bool(item.type) or item.form in ("keyword", "number")
        return f"{name}{_text(item.json, limit, bare)}"
    return f"{name}{compact(item.json)}"


def _text(text: str, limit: int, bare: bool) -> str:
    shown = text[:limit]
    rest = f"…+{len(text) - limit:,}" if len(text) > limit else ""
    return f"{shown}{rest}" if bare else f"{json.dumps(shown, ensure_ascii=False)}{rest}"


def pretty(item: Item, masking: Masking) -> str:
    """Return the JSON of a place, indented, every secret in it masked."""
    if item.form == "flat" and not item.secret:
        return masking.masked_text(str(item.json))
    try:
        content = MASK if item.secret else item.json
        text = msgspec.json.encode(content)
        if not masking.certainly_open(text.decode()):
            text = msgspec.json.encode(masking.masked(content))
        return msgspec.json.format(text, indent=2).decode()
    except (UnicodeEncodeError, RecursionError):
        return json.dumps(masking.masked(content), indent=None)
