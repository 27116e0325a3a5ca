"""What was typed into a form before, newest first: inputs of a workflow, payloads of an event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flopod_tui.session import Session
from flopod_tui.text.format import compact
from flopod_tui.values.typed_json import without_secrets

MOST = 20
LONGEST = 64_000
"""Characters of a value that is remembered."""


@dataclass(frozen=True, slots=True)
class Recent:
    """The values remembered under one name."""

    session: Session
    name: str
    """`inputs:<workflow>` or `payloads:<event>`."""

    @property
    def values(self) -> list[Any]:
        """The values, newest first."""
        kept = self.session.memory.get(self.name, [])
        return kept if self.session.settings.history and isinstance(kept, list) else []

    def keep(self, value: Any) -> None:
        """Remember a value without its secrets, unless nothing is to be remembered."""
        if not self.session.settings.history:
            return
        bare = without_secrets(value, self.session.masking)
        if len(compact(bare)) <= LONGEST:
            others = [one for one in self.values if one != bare]
            self.session.memory.put(self.name, [bare, *others][:MOST])
