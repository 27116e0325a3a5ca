"""How often screens repaint: as set, rarer on a slow link, and rarest when nobody is there.

Textual writes to the terminal from its event loop, so a link that takes no more holds the loop up.
While something is painted a heartbeat measures that; nothing beats while nothing is painted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from flopod_tui.settings.model import Settings

BEAT = 0.25
LATE = 0.2
"""Seconds by which a beat is late when the loop was held up."""
STALL = 1.0
"""Seconds by which one beat alone says that the link took nothing."""
RECOVER = 40
"""Good beats until the pace is doubled again: ten seconds."""
SLOWEST = 16.0
"""How much rarer than set, at most."""
LOW_BANDWIDTH = 0.5
"""Seconds between paints with `low_bandwidth`."""
AWAY = 300.0
"""Seconds without a key after which nobody is taken to look."""
PAINTED = 2.0
"""Seconds after a paint in which the heart still beats."""


@dataclass(slots=True)
class Pace:
    """The pace of one session."""

    changed: Callable[[], None] = lambda: None
    """Called when the link has become slow, or is quick again."""
    measuring: bool = False
    """Take the pulse; off in tests, where a busy machine is no slow link."""
    factor: float = 1.0
    """By how much paints are rarer than set."""
    _late: int = 0
    _good: int = 0
    _typed: float = field(default_factory=monotonic)
    _painted: float = 0.0
    _beating: bool = False
    _ignored: bool = False

    @property
    def slow(self) -> bool:
        """The link takes less than is painted."""
        return self.factor > 1

    def every(self, settings: Settings) -> float:
        """Return the seconds in which changes are gathered into one repaint."""
        self._painted = monotonic()
        if self.measuring and not self._beating:
            self._beating = True
            self._next_beat()
        wanted = max(settings.refresh, LOW_BANDWIDTH if settings.low_bandwidth else 0.0)
        return max(wanted * self.factor, 1.0 if self.is_away else 0.0)

    @property
    def is_away(self) -> bool:
        """Nothing was typed for minutes."""
        return monotonic() - self._typed > AWAY

    def typed(self) -> None:
        """Somebody is there."""
        self._typed = monotonic()

    def suspended(self) -> None:
        """The program is about to stand still: the next beat says nothing of the link."""
        self._ignored = True

    def beat(self, late: float) -> None:
        """Take one beat of the heart, so many seconds late."""
        before, ignored, self._ignored = self.slow, self._ignored, False
        if ignored:
            return
        if late > LATE:
            self._late, self._good = self._late + (2 if late > STALL else 1), 0
            if self._late >= 2:
                self._late, self.factor = 0, min(SLOWEST, self.factor * 2)
        else:
            self._late, self._good = 0, self._good + 1
            if self._good >= RECOVER:
                self._good, self.factor = 0, max(1.0, self.factor / 2)
        if self.slow != before:
            self.changed()

    def held_up(self) -> None:
        """Frames had to be left out: the terminal takes less than is painted."""
        self.beat(2 * LATE)
        self.beat(2 * LATE)

    def _next_beat(self) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(BEAT, self._beat, loop.time() + BEAT)

    def _beat(self, due: float) -> None:
        self.beat(asyncio.get_running_loop().time() - due)
        if self.slow or monotonic() - self._painted < PAINTED:
            self._next_beat()
        else:
            self._beating = False
