"""What the app remembers from one session to the next: the last filter, the sort, payloads typed.

Never in the data directory, which may be read-only or shared; never anything a run depends on. What
was typed for one store is not offered in another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

TYPED = ("payloads", "inputs")
"""Kinds of names whose values a person has typed; they belong to one store."""
FILTER = "runs.filter"


@dataclass(slots=True)
class Memory:
    """JSON values by name."""

    values: dict[str, Any] = field(default_factory=dict)
    store: str = ""
    """The store that is looked at."""
    history: bool = True
    """Remember what was typed."""
    changed: Callable[[str], None] = lambda _: None
    """Told the key of `values` that has changed."""

    def get(self, name: str, default: Any = None) -> Any:
        """Return what is remembered under a name."""
        return self.values.get(self._key(name), default)

    def put(self, name: str, value: Any) -> None:
        """Remember a JSON value under a name."""
        key = self._key(name)
        if not self._may_keep(name) or (key in self.values and self.values[key] == value):
            return
        self.values.pop(key, None)
        self.values[key] = value
        self.changed(key)

    def _may_keep(self, name: str) -> bool:
        return self.history or not (_kind(name) in TYPED or name == FILTER)

    def _key(self, name: str) -> str:
        kind, colon, rest = name.partition(":")
        return f"{kind}:{self.store}#{rest}" if colon and kind in TYPED else name


def _kind(name: str) -> str:
    return name.partition(":")[0]
