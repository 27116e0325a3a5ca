"""A clock that stands still until it is told to jump to the next moment when something is due."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

from flopod.clock import Timer
from flopod.stored import utc_now, whole_ms


@dataclass(order=True, slots=True)
class _Alarm:
    when: datetime
    order: int
    ring: Callable[[], None] = field(compare=False)
    over: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        """Let it not happen."""
        self.over = True

    def happen(self) -> None:
        """Ring, once."""
        if not self.over:
            self.over = True
            self.ring()


class SkippingClock:
    """Tells a time of its own, and rings when that has come.

    Args:
        now: the time to begin with; the machine's if not given.
    """

    def __init__(self, now: datetime | None = None) -> None:
        self._now = whole_ms(now.astimezone(UTC)) if now is not None else utc_now()
        self._alarms: list[_Alarm] = []
        self._order = count()

    def now(self) -> datetime:
        """Return the time now, in UTC and whole milliseconds."""
        return self._now

    def call_at(self, when: datetime, ring: Callable[[], None]) -> Timer:
        """Call `ring` once, on the running loop, when `when` has come."""
        alarm = _Alarm(when, next(self._order), ring)
        if when <= self._now:
            asyncio.get_running_loop().call_soon(alarm.happen)
        else:
            heapq.heappush(self._alarms, alarm)
        return alarm

    @property
    def next_alarm(self) -> datetime | None:
        """When something is due next; None: nothing is."""
        while self._alarms and self._alarms[0].over:
            heapq.heappop(self._alarms)
        return self._alarms[0].when if self._alarms else None

    def skip(self) -> None:
        """Jump to the next moment when something is due, and let it happen."""
        when = self.next_alarm
        if when is None:
            return
        self._now = when
        while self.next_alarm == when:
            heapq.heappop(self._alarms).happen()
