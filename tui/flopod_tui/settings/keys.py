"""Keys: how people write them, and which may be given to another action by the settings.

An action is named in the settings by its method: `retry`, `filter`, `move(1)`. For that every
binding of ours carries the name of its action as its id.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any, ClassVar

from textual.binding import Binding, BindingType

ROOMS = ("flopod_tui.screens", "flopod_tui.widgets")
"""Where everything that has keys is, much of it loaded only when it is opened."""
NAMES = {
    "slash": "/",
    "question_mark": "?",
    "equals_sign": "=",
    "minus": "-",
    "plus": "+",
    "exclamation_mark": "!",
    "colon": ":",
    "semicolon": ";",
    "comma": ",",
    "full_stop": ".",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "left_curly_bracket": "{",
    "right_curly_bracket": "}",
    "enter": "Enter",
    "escape": "Esc",
    "space": "Space",
    "tab": "Tab",
    "shift+tab": "Shift+Tab",
    "backspace": "Backspace",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
}


def key_name(key: str) -> str:
    """Return a key as people write it."""
    if key in NAMES:
        return NAMES[key]
    modifiers, _, last = key.rpartition("+")
    if modifiers:
        named = NAMES.get(last, last.upper())
        return f"{'+'.join(one.capitalize() for one in modifiers.split('+'))}+{named}"
    return last.upper() if last[0] == "f" and last[1:].isdigit() else last


def keys_in_short(keys: Iterable[str]) -> str:
    """Return keys side by side, a row of digits as `1..7`."""
    names = list(dict.fromkeys(keys))
    digits = [name for name in names if name.isdigit()]
    if len(digits) > 2 and "".join(digits) in "0123456789":
        at = names.index(digits[0])
        names = [name for name in names if not name.isdigit()]
        names.insert(at, f"{digits[0]}..{digits[-1]}")
    return " ".join(names)


def action_name(action: str) -> str:
    """Return the bare name: `facet` of `facet(1)`, `focus_next` of `app.focus_next`."""
    return action.partition("(")[0].rpartition(".")[2]


def unknown_actions(names: Iterable[str]) -> list[str]:
    """Return the names that no action has."""
    load_rooms()
    return [name for name in names if name not in Remappable.actions]


def load_rooms() -> None:
    """Load everything that has keys."""
    from pkgutil import iter_modules

    for package in ROOMS:
        for room in iter_modules(import_module(package).__path__):
            import_module(f"{package}.{room.name}")


class Remappable:
    """A screen, a list or an app whose keys the settings may change."""

    BINDINGS: ClassVar[list[BindingType]] = []
    actions: ClassVar[set[str]] = set()
    """The actions of all classes that are loaded, as the settings name them."""

    def __init_subclass__(cls, **options: Any) -> None:
        if "BINDINGS" in cls.__dict__:
            cls.BINDINGS = _named(cls.__dict__["BINDINGS"])
        super().__init_subclass__(**options)


def _named(bindings: Sequence[BindingType]) -> list[BindingType]:
    """Return the bindings, each with its action as its id."""
    named: list[BindingType] = []
    for one in Binding.make_bindings(bindings):
        Remappable.actions.add(one.action)
        named.append(
            Binding(
                one.key,
                one.action,
                one.description,
                show=one.show,
                key_display=one.key_display,
                priority=one.priority,
                tooltip=one.tooltip,
                id=one.id or one.action,
            )
        )
    return named
