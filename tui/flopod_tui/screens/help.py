"""The keys that work where the user is, from the bindings themselves, and the glyphs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding
from textual.containers import Vertical
from textual.events import Resize
from textual.screen import ModalScreen

from flopod_tui.format import fit
from flopod_tui.glyphs import legend
from flopod_tui.screens.page import CHANGES
from flopod_tui.spans import Span, Spans, span_width
from flopod_tui.widgets.detail import Detail
from flopod_tui.widgets.lines import LineList
from flopod_tui.widgets.too_small import TooSmall

TWO_COLUMNS = 86
NOT_OURS = ("app.focus_next", "app.focus_previous", "screen.copy_text", "quit", "app.quit")
"""Textual's own bindings, which say nothing here."""
KEYS = 18
NEEDS = (60, 12)
NAMES = {
    "slash": "/",
    "question_mark": "?",
    "equals_sign": "=",
    "minus": "-",
    "exclamation_mark": "!",
    "enter": "Enter",
    "escape": "Esc",
    "space": "Space",
    "tab": "Tab",
    "shift+tab": "Shift+Tab",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
}


class HelpScreen(ModalScreen[None]):
    """Lists the keys."""

    CSS_PATH = "help.tcss"
    AUTO_FOCUS = "Detail"
    BINDINGS = [Binding("escape,q,question_mark,f1", "dismiss", "Close", show=False)]

    def __init__(self, bindings: Mapping[str, ActiveBinding]) -> None:
        super().__init__()
        self.sections = sections(bindings.values())

    def compose(self) -> ComposeResult:
        """Lay out the list."""
        with Vertical(id="help"):
            yield Detail(id="keys")
        yield TooSmall()

    def on_resize(self, event: Resize) -> None:
        """Fit the list to the width."""
        self.query_one(TooSmall).judge(event.size, NEEDS)
        self.call_after_refresh(self.show_keys)

    def show_keys(self) -> None:
        """Show the keys, in two columns where there is room."""
        detail = self.query_one(Detail)
        width = detail.size.width - 2
        title = [("Keys", "accent"), (" · Esc closes", "quiet")]
        lines = [title, [], *_body(self.sections, width), [], *_legend(width)]
        detail.show("help", lines)


def sections(bindings: Iterable[ActiveBinding]) -> dict[str, dict[str, list[str]]]:
    """Return the keys by section and by what they do."""
    found: dict[str, dict[str, list[str]]] = {
        "Look: nothing here changes a run": {},
        "Change: each one asks first": {},
        "Move": {},
        "Everywhere": {},
    }
    look, change, move, everywhere = found
    for active in bindings:
        binding = active.binding
        if not binding.description or not active.enabled or binding.action in NOT_OURS:
            continue
        if binding.action in CHANGES:
            section = change
        elif not active.node.parent:
            section = everywhere
        elif isinstance(active.node, LineList) and _moves(binding.action):
            section = move
        else:
            section = look
        found[section].setdefault(binding.description, []).append(key_name(binding.key))
    return {title: keys for title, keys in found.items() if keys}


def key_name(key: str) -> str:
    """Return a key as people write it."""
    if key in NAMES:
        return NAMES[key]
    modifiers, _, last = key.rpartition("+")
    if modifiers:
        return f"{modifiers.capitalize()}+{last.upper()}"
    return last.upper() if last[0] == "f" and last[1:].isdigit() else last


def _moves(action: str) -> bool:
    return action.startswith(("move", "page", "first", "last"))


def _body(sections: Mapping[str, Mapping[str, list[str]]], width: int) -> list[Spans]:
    blocks = [_block(title, keys) for title, keys in sections.items()]
    if width < TWO_COLUMNS:
        return [line for block in blocks for line in (*block, [])]
    half = width // 2
    left = [line for block in blocks[:1] for line in (*block, [])]
    right = [line for block in blocks[1:] for line in (*block, [])]
    return [
        _beside(left[i] if i < len(left) else [], right[i] if i < len(right) else [], half)
        for i in range(max(len(left), len(right)))
    ]


def _block(title: str, keys: Mapping[str, list[str]]) -> list[Spans]:
    lines: list[Spans] = [[(title, "strong")]]
    for description, names in keys.items():
        lines.append([(f"  {fit(' '.join(names), KEYS)} ", "key"), (description, "")])
    return lines


def _beside(left: Spans, right: Spans, width: int) -> list[Span]:
    return [*left, (" " * max(1, width - span_width(left)), ""), *right]


def _legend(width: int) -> list[Spans]:
    lines: list[list[Span]] = [[("Glyphs", "strong")], [("  ", "")]]
    for look in legend():
        item: list[Span] = [(f"{look.glyph} ", look.role), (fit(look.word, 13), "")]
        if span_width(lines[-1]) + span_width(item) > width:
            lines.append([("  ", "")])
        lines[-1] += item
    return list(lines)
