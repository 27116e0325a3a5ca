"""Secrets on the screen: values under names that look like one are shown, copied and saved masked.

The log keeps what the author recorded; this is about who looks over a shoulder. A name is a key of
an object, the key of a map (in JSON a list of two, `["token", "…"]`), or that of a variable.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec

from flopod.events import Event, ListSet, MapSet, VarSet
from flopod.stored import Encoded
from flopod_tui.settings.model import SECRETS
from flopod_tui.text.json_tokens import Token, after_value, string_of, tokens

MASK = "•••"
_MASKED_VALUE = Encoded(f'{{"json":"{MASK}"}}'.encode())


@dataclass
class Masking:
    """Which names are masked, until somebody reveals them for this session."""

    patterns: Sequence[str] = field(default=SECRETS)
    revealed: bool = False

    @cached_property
    def _names(self) -> re.Pattern[str]:
        return re.compile("|".join(f"(?:{one})" for one in self.patterns) or r"(?!)", re.I)

    def hides(self, name: object) -> bool:
        """Say whether the value under this name is masked now."""
        return not self.revealed and isinstance(name, str) and bool(self._names.search(name))

    def hides_variable(self, path: str) -> bool:
        """Say whether what the variable at this path holds is masked now."""
        return self.hides(path.rpartition("/")[2])

    def masked(self, value: Any) -> Any:
        """Return a JSON value with every secret in it masked; the value itself is not changed."""
        if self.revealed:
            return value
        whole = [value]
        unread: list[Any] = [whole]
        while unread:
            held = unread.pop()
            places = held.items() if isinstance(held, dict) else enumerate(held)
            for key, inner in list(places):
                held[key] = _copied(inner)
                if self._hides_at(held, key):
                    held[key] = MASK
                elif isinstance(inner, dict | list):
                    unread.append(held[key])
        return whole[0]

    def _hides_at(self, held: Any, key: Any) -> bool:
        if isinstance(held, list):
            return key == 1 and len(held) == 2 and self.hides(held[0])
        return self.hides(key)

    def masked_text(self, text: str) -> str:
        """Return JSON text with every secret in it masked; it may be cut short."""
        if self.certainly_open(text):
            return text
        found = tokens(text)
        kept: list[str] = []
        index = 0
        while index < len(found):
            end = self._hidden_until(found, index)
            kept.append(f'"{MASK}"' if end else found[index].text)
            index = end or index + 1
        return "".join(kept)

    def _hidden_until(self, found: list[Token], start: int) -> int:
        """Return the index after the secret value that starts here; 0 where none does."""
        before = _solid_before(found, start)
        name = _solid_before(found, before) if before >= 0 else -1
        if found[start].kind == "space" or name < 0 or found[name].kind != "string":
            return 0
        mark = found[before].text
        if mark not in (":", ",") or not self.hides(string_of(found[name])):
            return 0
        end = after_value(found, start)
        if mark == ":":
            return end
        opening = _solid_before(found, name)
        follows = next((token.text for token in found[end:] if token.kind != "space"), "]")
        return end if opening >= 0 and found[opening].text == "[" and follows == "]" else 0

    def certainly_open(self, text: str) -> bool:
        """Say at a quick look that a JSON text holds no secret: no name, and none in escapes."""
        if self.revealed:
            return True
        anchored = any(char in one for one in self.patterns for char in "^$\\(")
        return not anchored and "\\" not in text and not self._names.search(text)

    def masked_event(self, event: Event) -> Event:
        """Return the event with the value of a variable masked whose name is a secret's."""
        fact = event.fact
        if isinstance(fact, VarSet | ListSet | MapSet) and self.hides_variable(event.path):
            names = [name for name in fact.__struct_fields__ if _holds_value(fact, name)]
            masked = msgspec.structs.replace(fact, **dict.fromkeys(names, _MASKED_VALUE))
            return msgspec.structs.replace(event, fact=masked)
        return event


MASKED = Masking()
"""Masks what looks secret to everybody: for views that nobody has told otherwise."""


def _copied(value: Any) -> Any:
    return value.copy() if isinstance(value, dict | list) else value


def _holds_value(fact: VarSet | ListSet | MapSet, name: str) -> bool:
    return isinstance(getattr(fact, name), msgspec.Raw)


def _solid_before(found: list[Token], index: int) -> int:
    """Return the index of the last token before this one that is not space; -1: there is none."""
    index -= 1
    while index >= 0 and found[index].kind == "space":
        index -= 1
    return index
