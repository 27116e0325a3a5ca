"""What is wrong with a screen: characters that a terminal acts upon or that hide, links, actions,
cells that are not as wide as they are told, text in the colour of its ground.

Deliberately without the app's own `safe`: it is what is tried here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.segment import Segment
from textual.app import App

UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
"""Controls, formats (bidi, zero width), surrogates, private use, unassigned, separators."""
FILLERS = "\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\u034f"
SELECTORS = re.compile("[\ufe00-\ufe0f\u180b-\u180f\U000e0100-\U000e01ef]")
SEQUENCE = re.compile(
    rb"\x1b\[(?:"
    rb"\d+(?:;\d+)*[Hm]"  # where to write, and how
    rb"|m|[HKJ]|2J"
    rb"|\?(?:1000|1002|1003|1004|1006|1015|1049|2004|2026|2031|2048|25|7)[hl]"
    rb"|\?\d+\$p"  # asks which modes the terminal knows
    rb"|[<>=]\d*u|>1u|\?u|\?4m"  # the keyboard protocol
    rb")|\x1b\]22;[a-z-]+\x07"  # the shape of the mouse pointer
)
"""All that the app ever sends: no title, no clipboard, no link, no report of the screen."""


def unsafe(text: str) -> list[str]:
    """Return the characters that no terminal should be sent."""
    marks = re.findall(r"[\u0300-\u036f]{3,}", text)
    return [*marks, *filter(_bad, text)]


def _bad(char: str) -> bool:
    hides = char in FILLERS or bool(SELECTORS.match(char))
    return hides or unicodedata.category(char) in UNSEEN


def segments(app: App[None]) -> Iterator[Segment]:
    """Yield what stands on the screen, piece by piece."""
    for strip in app.screen._compositor.render_strips():
        yield from strip


def wrongs(app: App[None]) -> list[str]:
    """Return what stands on the screen and should not."""
    found = []
    for text, style, control in segments(app):
        if bad := unsafe(text):
            found.append(f"{bad} in {text!r}")
        if control:
            found.append(f"control codes beside {text!r}")
        if style and (style.link or "@click" in style.meta):
            found.append(f"a link or an action on {text!r}")
    return [*found, *_wrong_widths(app)]


def _wrong_widths(app: App[None]) -> Iterator[str]:
    for strip in app.screen._compositor.render_strips():
        if cell_len(strip.text) != app.size.width:
            yield f"a line of {cell_len(strip.text)} cells: {strip.text!r}"


def unreadable(app: App[None], system: ColorSystem) -> list[str]:
    """Return the texts in the colour of their ground, on a terminal with so many colours."""
    found = []
    for text, style, _ in segments(app):
        if text.strip() and style and style.color and style.bgcolor:
            ink, ground = style.color.downgrade(system), style.bgcolor.downgrade(system)
            same = ink.get_truecolor() == ground.get_truecolor(foreground=False)
            if same and not ink.is_default:
                found.append(text)
    return found


def unknown_sequences(output: bytes) -> list[bytes]:
    """Return what a terminal might act upon, but for what the app itself says."""
    rest = SEQUENCE.sub(b"", output)
    found = re.findall(rb"\x1b.{0,12}|[\x00-\x09\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]", rest, re.S)
    found += [c.encode() for c in unsafe(rest.decode(errors="replace")) if not c.isascii()]
    return found
