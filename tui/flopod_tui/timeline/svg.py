"""The timeline of a run as a picture that any browser shows: its lines, in SVG, and no script.

Bars are rectangles, all else is text with its place given, so it stands right in every font.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from itertools import groupby

from flopod.events import Event
from flopod_tui.text.format import safe, width_of
from flopod_tui.text.spans import Span
from flopod_tui.timeline.view import whole

CELL, LINE, MARGIN = 8.4, 18, 12
"""Points of a cell, of a line, and around the whole."""
MOST = 2000
"""Rows that are drawn."""
BARS = {"█": 1.0, "▓": 0.55, "░": 0.3}
"""What is drawn as a bar, and how dense."""


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of a picture, each as `#rrggbb`."""

    ink: str
    ground: str
    roles: Mapping[str, str]


def timeline_svg(
    events: Sequence[Event], now: datetime, width: int, title: str, palette: Palette
) -> str:
    """Return the timeline of these events as a picture, `width` cells wide."""
    drawn = [[(f" {safe(title, width - 2)}", "strong")], *whole(events, now, width, MOST)]
    across, down = width * CELL + 2 * MARGIN, len(drawn) * LINE + 2 * MARGIN
    body = "\n".join("".join(_line(line, number)) for number, line in enumerate(drawn))
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {across:.0f} {down}">
<style>{_style(palette)}</style>
<rect width="100%" height="100%" fill="{palette.ground}"/>
{body}
</svg>
"""


def _style(palette: Palette) -> str:
    font = "ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace"
    colours = "".join(f".{role}{{fill:{colour}}}" for role, colour in palette.roles.items())
    text = f"text{{font:14px {font};white-space:pre;fill:{palette.ink}}}"
    return f"{text}{colours}.strong{{font-weight:bold}}"


def _line(line: Sequence[Span], number: int) -> Iterator[str]:
    """Yield the parts of a line, each where its cells are."""
    top, cell = MARGIN + number * LINE, 0
    for text, role in line:
        for bar, same in groupby(safe(text), key=lambda char: char if char in BARS else ""):
            part = "".join(same)
            yield _bar(bar, role, cell, len(part), top) if bar else _text(part, role, cell, top)
            cell += width_of(part)


def _bar(bar: str, role: str, cell: int, cells: int, top: int) -> str:
    x, width = MARGIN + cell * CELL, cells * CELL
    place = f'x="{x:.1f}" y="{top + 3}" width="{width:.1f}" height="{LINE - 6}"'
    return f'<rect class="{role}" {place} opacity="{BARS[bar]}"/>'


def _text(part: str, role: str, cell: int, top: int) -> str:
    text = part.strip(" ")
    if not text:
        return ""
    x = MARGIN + (cell + len(part) - len(part.lstrip(" "))) * CELL
    place = f'x="{x:.1f}" y="{top + 13}" textLength="{width_of(text) * CELL:.1f}"'
    return f'<text class="{role}" {place}>{escape(text, quote=False)}</text>'
