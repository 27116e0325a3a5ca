"""How things are told to people: harmless text, lengths of time, clock times, sizes, JSON.

`safe` is the one door between a store and a terminal: the app's widgets and the commands pass every
text through it. It shows what it does not let through as `\\x1b` or `\\u202e`, so nothing vanishes.
"""

from __future__ import annotations

import json
import unicodedata
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from rich.cells import cell_len, set_cell_size

from flopod.records import json_part
from flopod.stored import Encoded
from flopod_tui.values.masking import MASKED, Masking

FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffc\U0001d159")
"""Printable by their category, and yet nothing is seen."""
SELECTORS = ((0x180B, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
"""Variation selectors: they change how wide the character before them is drawn."""
MARKS_IN_A_ROW = 2


def safe(text: str, limit: int | None = None) -> str:
    """Return `text` with nothing in it that a terminal would act upon or that hides.

    Args:
        limit: cut to so many characters first, so that a huge text costs nothing.
    """
    if limit is not None and len(text) > limit:
        text = text[: max(0, limit - 1)] + "…"
    if text.isascii() and text.isprintable():
        return text
    return _cleaned(text)


def _cleaned(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for char in text:
        marks = marks + 1 if unicodedata.category(char) in ("Mn", "Me", "Mc") else 0
        harmless = char.isprintable() and not _invisible(char) and marks <= MARKS_IN_A_ROW
        kept.append(char if harmless else escaped(char))
    return "".join(kept)


def _invisible(char: str) -> bool:
    code = ord(char)
    return char in FILLERS or any(first <= code <= last for first, last in SELECTORS)


def escaped(char: str) -> str:
    """Return the character by its number, as `\\x1b`, `\\u202e` or `\\U000e0001`."""
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def width_of(text: str) -> int:
    """Return how many cells the text takes."""
    return len(text) if text.isascii() else cell_len(text)


def cut(text: str, width: int) -> str:
    """Return `text` in at most `width` cells, its end replaced by `…` if it was longer."""
    if width_of(text) <= width:
        return text
    return f"{set_cell_size(text, width - 1)}…" if width > 0 else ""


def at_word(text: str, width: int) -> str:
    """Return `text` in at most `width` cells, cut between words where that keeps most of it."""
    if width_of(text) <= width:
        return text
    shorter = cut(text, width)[:-1]
    head = shorter.rpartition(" ")[0].rstrip(" :,;.")
    return f"{head if width_of(head) > width // 2 else shorter}…" if width > 0 else ""


def cut_middle(text: str, width: int, end: int = 12) -> str:
    """Return `text` in at most `width` cells with its last ones kept: there two ids differ."""
    if width_of(text) <= width or width < 2 * end:
        return cut(text, width)
    return f"{cut(text, width - end)}{text[-end:]}" if text[-end:].isascii() else cut(text, width)


def cut_left(text: str, width: int) -> str:
    """Return `text` in at most `width` cells; of a path the end says more than the beginning."""
    if width_of(text) <= width:
        return text
    if width <= 0:
        return ""
    tail = text[-(width - 1) :] if width > 1 else ""
    while width_of(tail) > width - 1:
        tail = tail[1:]
    slash = tail.find("/")
    return f"…{tail[slash:] if 0 <= slash <= len(tail) // 2 else tail}"


def fit(text: str, width: int) -> str:
    """Return `text` cut or filled with spaces to exactly `width` cells."""
    text = cut(text, width)
    return text + " " * (width - width_of(text))


def fit_right(text: str, width: int) -> str:
    """Return `text` in exactly `width` cells, flush right: for numbers."""
    text = cut(text, width)
    return " " * (width - width_of(text)) + text


def duration(length: timedelta) -> str:
    """Return a length of time in at most six characters: `250ms`, `11.8s`, `4m10s`, `1d03h`."""
    seconds = max(0.0, length.total_seconds())
    if seconds < 0.9995:
        return f"{round(seconds * 1000)}ms"
    if seconds < 59.95:
        return f"{seconds:.1f}s"
    return age(length)


def age(length: timedelta) -> str:
    """Return a length of time in whole seconds or more: `12s`, `4m10s`, `2h14m`, `1d03h`, `41d`."""
    seconds = max(0, int(length.total_seconds()))
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if minutes < 1:
        return f"{seconds}s"
    if hours < 1:
        return f"{minutes}m{seconds % 60:02}s"
    if days < 1:
        return f"{hours}h{minutes % 60:02}m"
    return f"{days}d{hours % 24:02}h" if days < 10 else f"{days}d"


def since(at: datetime | None, now: datetime) -> str:
    """Return how long ago `at` is, `—` for a time that is not known.

    Above a minute in minutes, so that a screen where nothing happens is not painted each second.
    """
    if at is None:
        return "—"
    minutes = int((now - at).total_seconds()) // 60
    return f"{minutes}m" if 1 <= minutes < 60 else age(now - at)


def until(at: datetime, now: datetime) -> str:
    """Return how long it is to `at`, or that it is over."""
    return f"in {age(at - now)}" if at > now else "now due"


def clock(at: datetime) -> str:
    """Return the time of day in UTC, to the millisecond."""
    return at.astimezone(UTC).strftime("%H:%M:%S.") + f"{at.microsecond // 1000:03}"


def moment(at: datetime, now: datetime) -> str:
    """Return a point in time in UTC: the time of day, with the date on another day than today."""
    at, now = at.astimezone(UTC), now.astimezone(UTC)
    return at.strftime("%H:%M:%S" if at.date() == now.date() else "%Y-%m-%d %H:%M:%S")


def size(count: int) -> str:
    """Return a number of bytes: `61 B`, `4.0 KB`, `1.2 MB`."""
    if count < 1000:
        return f"{count} B"
    return f"{count / 1000:.1f} KB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"


def plural(count: int, noun: str) -> str:
    """Return `1 run`, `2 runs`, `1,204 runs`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def json_line(value: Encoded, limit: int = 200, masking: Masking = MASKED) -> str:
    """Return a stored value as one line of JSON, cut to `limit` characters, secrets masked."""
    raw = memoryview(value)
    if raw.nbytes <= 4 * limit:
        try:
            return safe(compact(masking.masked(json_part(value))), limit)
        except RecursionError:
            pass  # nested too deeply to be read, not to be shown
    text = bytes(raw[: 8 * limit]).decode("utf-8", "replace")
    return safe(masking.masked_text(_inside(text)), limit)


def compact(value: Any) -> str:
    """Return JSON-ready data as one line."""
    return json.dumps(value, ensure_ascii=False)


def schema_line(schema: dict[str, Any]) -> str:
    """Return what a JSON Schema asks for in a few words: `{by: string, note?: string}`."""
    return _kind(schema, schema, 0)


def shape_line(value: Any, depth: int = 0) -> str:
    """Return the shape of a JSON value in the words of `schema_line`: `{by: string, n: number}`."""
    if isinstance(value, dict) and depth < 3:
        fields = (
            f"{name}: {shape_line(one, depth + 1)}" for name, one in islice(value.items(), 20)
        )
        return "{" + ", ".join(fields) + "}"
    if isinstance(value, list) and depth < 3:
        return f"[{shape_line(value[0], depth + 1)}]" if value else "[]"
    if value is None:
        return "null"
    names = ((bool, "boolean"), (str, "string"), (dict, "object"), (list, "array"))
    return next((name for kind, name in names if isinstance(value, kind)), "number")


def _kind(schema: dict[str, Any], root: dict[str, Any], depth: int) -> str:
    schema = resolved(schema, root)
    if "enum" in schema:
        return " | ".join(compact(choice) for choice in schema["enum"])
    options = schema.get("anyOf") or schema.get("oneOf")
    if options:
        return " | ".join(_kind(option, root, depth + 1) for option in options)
    if "properties" in schema and depth < 3:
        return _object_kind(schema, root, depth)
    if schema.get("type") == "array" and isinstance(schema.get("items"), dict) and depth < 3:
        return f"[{_kind(schema['items'], root, depth + 1)}]"
    return str(schema.get("type", "any"))


def _object_kind(schema: dict[str, Any], root: dict[str, Any], depth: int) -> str:
    required = schema.get("required", ())
    fields = (
        f"{name}{'' if name in required else '?'}: {_kind(inner, root, depth + 1)}"
        for name, inner in schema["properties"].items()
    )
    return "{" + ", ".join(fields) + "}"


def resolved(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """Return the schema itself, or the definition of the same document that it refers to."""
    reference = schema.get("$ref", "")
    if not reference.startswith("#/"):
        return schema
    found: Any = root
    for key in reference[2:].split("/"):
        found = found.get(key, {}) if isinstance(found, dict) else {}
    return found if isinstance(found, dict) else {}


def _inside(text: str) -> str:
    return text.removeprefix('{"json":')
