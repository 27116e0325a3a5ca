"""All keys, screen by screen, as text: read from the bindings, so it is what the app heeds.

The name of an action is what the settings call it, in `keymap`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from textual.binding import Binding

from flopod_tui.app import FlopodApp
from flopod_tui.screens.page import CHANGES, Page
from flopod_tui.settings.keys import key_name, keys_in_short, load_rooms
from flopod_tui.text.format import fit
from flopod_tui.widgets.lines import LineList

OURS = "flopod_tui."
KEYS, ACTION = 22, 22
"""Cells of the columns."""


def key_lines(keymap: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each action of each screen, under the name of the screen.

    Args:
        keymap: keys by action, from the settings.
    """
    load_rooms()
    yield from _section("Everywhere", _bindings(FlopodApp), keymap)
    for kind in _leaves(Page):
        yield from _section(_title(kind), _bindings(kind), keymap)
    yield from _section("Lists", _bindings(LineList), keymap)
    for kind in _leaves(LineList):
        yield from _section(_title(kind), _bindings(kind, without=LineList), keymap)
    yield ""
    yield "! changes a run; every other key only looks. `keymap` in the settings names the actions."


def _section(title: str, bindings: Iterable[Binding], keymap: Mapping[str, str]) -> Iterator[str]:
    keys: dict[str, list[str]] = {}
    words: dict[str, str] = {}
    for binding in bindings:
        settled = keymap.get(binding.action)
        given = settled.split(",") if settled else [binding.key]
        keys.setdefault(binding.action, []).extend(map(key_name, given))
        words.setdefault(binding.action, binding.description)
    if keys:
        yield from ("", title)
    for action, names in keys.items():
        mark = "!" if action in CHANGES else " "
        yield f"{mark} {fit(keys_in_short(names), KEYS)} {fit(action, ACTION)} {words[action]}"


def _bindings(kind: type, without: type = object) -> Iterator[Binding]:
    """Yield what a class binds, and those above it; each key once, as the app sees it."""
    seen: set[str] = set()
    for base in kind.__mro__:
        if not base.__module__.startswith(OURS) or issubclass(without, base):
            continue
        for binding in Binding.make_bindings(base.__dict__.get("BINDINGS", ())):
            if binding.key not in seen:
                seen.add(binding.key)
                yield binding


def _leaves(kind: type) -> list[type]:
    """Return the classes below a class that have none below them, by name."""
    below: list[type] = kind.__subclasses__()
    ours = [one for one in below if one.__module__.startswith(OURS)]
    found = {leaf for one in ours for leaf in _leaves(one) or [one]}
    return sorted(found, key=lambda one: one.__name__)


def _title(kind: type) -> str:
    """Return a class's name for people: `Run list` of `RunList`."""
    name = kind.__name__.removesuffix("Screen") or kind.__name__
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name)
    return words.strip().capitalize()
