"""Notes as lines: why actions are not offered, how the settings stand."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from flopod_tui.settings.model import Settings
from flopod_tui.text.format import cut, fit, safe
from flopod_tui.text.spans import Spans

KEY, LABEL, NAME = 9, 22, 17
NARROW = 24
"""Cells for a reason with fewer than which it stands below its action."""


@dataclass(frozen=True, slots=True)
class Missing:
    """An action that is not offered now."""

    keys: str
    label: str
    why: str
    changes: bool = False


def reasons(missing: Sequence[Missing], width: int) -> list[Spans]:
    """Return why each is not offered, those that change a run first."""
    order = sorted(missing, key=lambda one: not one.changes)
    lines = [line for one in order for line in _reason(one, width)]
    return lines or [[(" Every action of this screen is offered.", "")]]


def _reason(one: Missing, width: int) -> list[Spans]:
    key = (f" {fit(one.keys, KEY)} ", "danger" if one.changes else "key")
    beside = width - KEY - LABEL - 3
    if beside < NARROW:
        below = _wrapped(one.why, width - KEY - 2)
        return [[key, (cut(one.label, width - KEY - 2), "strong")], *_indented(below, KEY + 2)]
    words = _wrapped(one.why, beside)
    first = [key, (f"{fit(one.label, LABEL)} ", "strong"), (words[0], "")]
    return [first, *_indented(words[1:], KEY + LABEL + 3)]


def settings_lines(settings: Settings, width: int) -> list[Spans]:
    """Return every setting and its value, those that were set in full strength."""
    usual = Settings()
    lines: list[Spans] = []
    for one in fields(Settings):
        value = getattr(settings, one.name)
        role = "quiet" if value == getattr(usual, one.name) else "strong"
        words = _wrapped(_shown(value), width - NAME - 2)
        lines.append([(f" {fit(one.name, NAME)} ", "quiet"), (words[0], role)])
        lines += _indented(words[1:], NAME + 2)
    return [*lines, [], [(" flopod tui --show-config says where each is from", "quiet")]]


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "—"
    if isinstance(value, str | int | float):
        return str(value) or "—"
    return ", ".join(f"{name} = {one}" for name, one in dict(value).items()) or "—"


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(safe(text, 1000), max(20, width)) or [""]


def _indented(words: Sequence[str], width: int) -> list[Spans]:
    return [[(" " * width, ""), (word, "")] for word in words]
