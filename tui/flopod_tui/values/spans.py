"""A line of a value with the role of each piece, readable without colour as well."""

from __future__ import annotations

from flopod_tui.text.format import size
from flopod_tui.text.spans import Span
from flopod_tui.values.items import DEEPEST, LONG, Item, brief
from flopod_tui.values.lines import Line

LABEL = 80
"""Characters of a key."""
ROLES = {"string": "string", "number": "number", "keyword": "keyword", "undefined": "keyword"}
FOLDS = {True: "▾ ", False: "▸ ", None: "  "}


def line_spans(line: Line, title: str = "") -> list[Span]:
    """Return one line, not yet made harmless."""
    start: Span = ("  " * min(line.depth, DEEPEST) + FOLDS[line.opened], "quiet")
    if line.text is not None:
        return [start, (line.text, "string" if line.item.form == "string" else "")]
    if line.gap:
        return [(start[0][:-2] + "▸ ", "quiet"), (_missing(*line.gap), "quiet")]
    return [start, *_label(line.item.label or title), *_value(line)]


def _label(label: str) -> list[Span]:
    return (
        [(label[:LABEL] + ("…" if len(label) > LABEL else ""), "key"), ("  ", "")] if label else []
    )


def _value(line: Line) -> list[Span]:
    item = line.item
    if item.secret:
        return [(f"{brief(item)} hidden", "quiet")]
    if item.form == "flat":
        return _flat(item, line.depth)
    if item.size or item.form in ("array", "object", "set", "map", "tuple", "bytes"):
        return [(brief(item), "strong" if line.depth == 0 else "")]
    text = brief(item, line.limit)
    name = f"{item.type} " if item.type and text.startswith(f"{item.type} ") else ""
    return [(name, "quiet"), (text[len(name) :], ROLES.get(item.form, ""))]


def _flat(item: Item, depth: int) -> list[Span]:
    why = f"nested more than {DEEPEST} deep" if depth >= DEEPEST else "no JSON that can be read"
    rest = f" …+{len(item.json) - LONG:,}" if len(item.json) > LONG else ""
    return [(f"{why}, {size(len(item.json))}: ", "trouble"), (f"{brief(item)}{rest}", "")]


def _missing(start: int, stop: int) -> str:
    if stop < 0:
        return "… more of the text (Enter)"
    return f"… {stop - start:,} more, [{start}] to [{stop - 1}] (Enter)"
