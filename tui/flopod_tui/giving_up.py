"""`--exit-on-lost`: an app that nobody watches leaves a store that stays lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from flopod_tui.text.format import safe

PATIENCE = 30.0
"""Seconds for a store to be found again."""


@dataclass(slots=True)
class GivingUp:
    """Knows since when the store is lost."""

    wanted: bool
    clock: Callable[[], float] = monotonic
    _since: float | None = None

    def why(self, trouble: str) -> str:
        """Return why the app leaves now; empty while it stays.

        Args:
            trouble: why the store cannot be read; empty while it can.
        """
        if not trouble:
            self._since = None
            return ""
        if self._since is None:
            self._since = self.clock()
        if not self.wanted or self.clock() - self._since < PATIENCE:
            return ""
        return f"flopod: the store was lost for {PATIENCE:.0f} s: {safe(trouble, 500)}"
