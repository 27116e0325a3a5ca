"""What a text or a row of bytes is opened to: pieces that fit their window."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.cells import chop_cells

from flopod_tui.text.format import safe, width_of
from flopod_tui.values.items import Item

HEX = 16
"""Bytes on a line."""


def pieces(text: str, width: int) -> Iterator[str]:
    """Yield a text's own lines, each in as many pieces as it needs, made harmless."""
    for found in re.finditer(rf"([^\n]{{1,{width}}})\n?|\n", text):
        piece = safe(found[1] or "")
        yield from [piece] if width_of(piece) <= width else chop_cells(piece, width)


def hex_rows(item: Item) -> Iterator[str]:
    """Yield bytes by sixteen, with their place and as characters."""
    for start in range(0, len(item.json), HEX):
        row = bytes(item.json[start : start + HEX])
        shown = "".join(chr(one) if 32 <= one < 127 else "." for one in row)
        yield f"{start:08x}  {row.hex(' '):<{3 * HEX}} {shown}"
