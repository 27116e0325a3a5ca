"""Secrets on the screen: values under names that look like one are shown, copied and saved masked.

The log keeps what the author recorded; this is about who looks over a shoulder.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from flopod_tui.settings import SECRETS

MASK = "•••"


@dataclass
class Masking:
    """Which names are masked, until somebody reveals them for this session."""

    patterns: Sequence[str] = field(default=SECRETS)
    revealed: bool = False

    @cached_property
    def _names(self) -> re.Pattern[str]:
        return re.compile("|".join(f"(?:{one})" for one in self.patterns) or r"(?!)", re.I)

    def hides(self, name: str) -> bool:
        """Say whether the value under this name is masked now."""
        return not self.revealed and bool(self._names.search(name))

    def masked(self, value: Any) -> Any:
        """Return a JSON value with every secret in it masked."""
        if self.revealed:
            return value
        if isinstance(value, dict):
            return {
                key: MASK if isinstance(key, str) and self.hides(key) else self.masked(inner)
                for key, inner in value.items()
            }
        return [self.masked(inner) for inner in value] if isinstance(value, list) else value
