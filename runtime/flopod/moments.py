"""Moments that a run waits for: recorded as wall-clock time, and met whatever the clock does.

A moment has come when the wall clock says so, or when as long has passed, by a clock that nobody
can set, as was left when this process began to wait: a clock set back postpones nothing for ever.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from flopod import events as ev
from flopod.clock import SystemClock
from flopod.execution import Execution

JUMP = timedelta(seconds=5)
"""A wall clock that moved by more than this is told in the run's log."""
ROUNDED = timedelta(milliseconds=10)
"""Clocks differ by less than this without having been set: to ring that much early is to spin."""


class Moment:
    """A time that somebody in a run waits for.

    Made before the time is recorded: a clock that is set while the record is written is noticed.
    """

    def __init__(self, execution: Execution, when: datetime, path: str) -> None:
        self._execution = execution
        self._when = when
        self._path = path
        self._began = execution.clock.now()
        self._steady = execution.loop.time()
        self._told = False

    @property
    def has_come(self) -> bool:
        """Whether it is time."""
        now, passed = self._execution.clock.now(), self._passed()
        self._look_for_jump(now - self._began - passed)
        return now >= self._when or passed >= self._when - self._began

    @property
    def rings_at(self) -> datetime:
        """When it comes, by the wall clock as it is set now."""
        as_set = self._execution.clock.now() + (self._when - self._began - self._passed())
        return as_set if self._when - as_set > ROUNDED else self._when

    async def come(self) -> None:
        """Return when it is time.

        Raises:
            Suspended: the run is to stop before.
        """
        while not self.has_come:
            await self._execution.park(self.rings_at)
        self._execution.check()

    def _passed(self) -> timedelta:
        return timedelta(seconds=self._execution.loop.time() - self._steady)

    def _look_for_jump(self, moved: timedelta) -> None:
        """Tell once of a clock that was set. Only the machine's own can be."""
        if self._told or abs(moved) <= JUMP or not isinstance(self._execution.clock, SystemClock):
            return
        self._told = True
        seconds = moved.total_seconds()
        way = "ahead" if seconds > 0 else "back"
        message = f"the clock went {way} by {abs(seconds):,.0f} s while this waited"
        self._execution.journal.ride(ev.LogEmitted(level="warning", message=message), self._path)
