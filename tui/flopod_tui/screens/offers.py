"""What can be asked for where the user is: the actions of the active bindings, with their keys.

Help, palette and `i` all read this, so a key that was given to another action is right in each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from textual.binding import ActiveBinding
from textual.dom import DOMNode
from textual.screen import Screen

from flopod_tui.screens.page import CHANGES, Page
from flopod_tui.settings.keys import action_name, key_name

NOT_OURS = ("app.focus_next", "app.focus_previous", "screen.copy_text", "quit", "app.quit")
"""Textual's own bindings, which say nothing here."""
MOVES = ("move", "page", "first", "last")


@dataclass(frozen=True, slots=True)
class Offer:
    """An action, and the keys that ask for it."""

    action: str
    label: str
    keys: tuple[str, ...]
    """As people write them."""
    node: DOMNode
    """Where the action is."""
    why_not: str = ""
    """Why it makes no sense now."""

    @property
    def name(self) -> str:
        """The bare name of the action."""
        return action_name(self.action)

    @property
    def changes(self) -> bool:
        """It changes a run, or sends the form that does."""
        return self.name in (*CHANGES, "send")

    @property
    def moves(self) -> bool:
        """It only moves a cursor."""
        return self.name in MOVES

    @property
    def is_everywhere(self) -> bool:
        """It is the same on every screen."""
        return not self.node.parent


def offers(screen: Screen[Any]) -> list[Offer]:
    """Return the actions of a screen, each once, in the order of their bindings."""
    found: dict[tuple[int, str], Offer] = {}
    for active in _ours(screen.active_bindings.values()):
        place = (id(active.node), active.binding.action)
        if offer := found.get(place):
            found[place] = replace(offer, keys=(*offer.keys, key_name(active.binding.key)))
        else:
            found[place] = _offer(screen, active)
    return list(found.values())


def _ours(bindings: Iterable[ActiveBinding]) -> Iterator[ActiveBinding]:
    for active in bindings:
        if active.binding.description and active.binding.action not in NOT_OURS:
            yield active


def _offer(screen: Screen[Any], active: ActiveBinding) -> Offer:
    binding = active.binding
    name = action_name(binding.action)
    why_not = screen.why_not(name) if isinstance(screen, Page) else ""
    label = binding.tooltip or binding.description
    return Offer(binding.action, label, (key_name(binding.key),), active.node, why_not)


def capital(text: str) -> str:
    """Return the text with its first letter large."""
    return text[:1].upper() + text[1:]
