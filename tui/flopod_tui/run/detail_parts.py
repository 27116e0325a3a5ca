"""What the details are made of: labelled lines, blocks, values, all of it safe to show."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from flopod.errors import ErrorInfo
from flopod_tui.text.format import fit, plural, safe, size
from flopod_tui.text.spans import Span, Spans
from flopod_tui.values.items import bytes_of
from flopod_tui.values.lines import Outline
from flopod_tui.values.masking import Masking
from flopod_tui.values.spans import line_spans

LABEL = 10
LINE = 500
"""Characters of a line of a value."""
MOST = 2000
"""Lines of a block."""
LARGE = 200_000
"""Bytes from which a value is not laid out beside other things: it is opened by itself."""
TRACE = 8
"""Lines of a traceback that are shown at once, its last ones."""


def pair(label: str, text: str, role: str = "") -> list[Span]:
    """Return a line `label     text`."""
    return [(f" {fit(label, LABEL)}", "quiet"), (safe(text, LINE), role)]


def wrapped(label: str, text: str, width: int, role: str = "") -> list[Spans]:
    """Return a labelled text over as many lines as it needs."""
    room = max(20, width - LABEL - 3)
    lines = [
        piece
        for line in safe_lines(text[:20_000])
        for piece in (textwrap.wrap(line, room, drop_whitespace=False) or [""])
    ]
    return [pair(label if index == 0 else "", line, role) for index, line in enumerate(lines)]


def safe_lines(text: str) -> list[str]:
    """Return a text's own lines, each made harmless."""
    return [safe(line) for line in text.split("\n")]


def block(title: str, lines: Iterable[str]) -> list[Spans]:
    """Return a titled block of lines."""
    shown = list(lines)
    rows: list[Spans] = [[], [(f" {title}", "strong")]]
    rows += [[(f"   {safe(line, LINE)}", "")] for line in shown[:MOST]]
    if len(shown) > MOST:
        rows.append([(f"   … {len(shown) - MOST:,} more lines", "quiet")])
    return rows


def value_block(title: str, value: object, masking: Masking, width: int) -> list[Spans]:
    """Return a titled value, folded as its viewer shows it at first."""
    head: list[Spans] = [[], [(f" {title}", "strong")]]
    if (length := bytes_of(value)) > LARGE:
        return [*head, [(f"   {size(length)}, Enter shows it", "quiet")]]
    lines = Outline(value, masking, width - 4).lines[:MOST]
    inside = lines[1:] if len(lines) > 1 and lines[0].item.size else lines
    if inside is not lines:
        head[1] = [
            (f" {title}", "strong"),
            (f"  {lines[0].item.type}{lines[0].item.brackets}", "quiet"),
        ]
    cut = 2 if inside is not lines else 0
    return [*head, *([("  ", ""), *_row(line_spans(line), cut)] for line in inside)]


def _row(spans: list[Span], cut: int) -> list[Span]:
    """Return a line without the first cells of its indent, and without a mark for what is open."""
    indent, role = spans[0]
    start = (indent[cut:].replace("▾", " "), role)
    return [start, *((safe(text, LINE), role) for text, role in spans[1:])]


def error_lines(error: ErrorInfo, width: int, path: str = "") -> list[Spans]:
    """Return what went wrong; of a traceback the last lines."""
    rows = wrapped("error", str(error), width, "failed")
    if error.path and error.path != path:
        rows += wrapped("at", error.path, width)
    trace = error.traceback.rstrip().split("\n") if error.traceback else []
    if len(trace) > TRACE + 1:
        more = f"traceback, the last {TRACE} of {plural(len(trace), 'line')}; Enter shows all"
        return [*rows, *block(more, trace[-TRACE:])]
    return [*rows, *block("traceback", trace)] if trace else rows
