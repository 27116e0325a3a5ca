"""What the app remembers from one session to the next: the last filter, the sort, payloads typed.

Never in the data directory, which may be read-only or shared; never anything a run depends on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Memory:
    """JSON values by name."""

    values: dict[str, Any] = field(default_factory=dict)

    def get(self, name: str, default: Any = None) -> Any:
        """Return what is remembered under a name."""
        return self.values.get(name, default)

    def put(self, name: str, value: Any) -> None:
        """Remember a JSON value under a name."""
        self.values[name] = value
