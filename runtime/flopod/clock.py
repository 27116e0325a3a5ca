"""The time, handed in: what reads it or waits for it can be tested to the millisecond."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Protocol

from flopod.stored import utc_now

LONGEST_NAP = 1.0
"""Seconds after which a waiting timer looks at the wall clock again, which may have jumped."""


class Timer(Protocol):
    """Something that will happen."""

    def cancel(self) -> None:
        """Let it not happen. Harmless when it has."""


class Clock(Protocol):
    """What tells the time and rings at a given one."""

    def now(self) -> datetime:
        """Return the time now, in UTC and whole milliseconds."""

    def call_at(self, when: datetime, ring: Callable[[], None]) -> Timer:
        """Call `ring` once, on the running loop, when `when` has come."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the time now, in UTC and whole milliseconds."""
        return utc_now()

    def call_at(self, when: datetime, ring: Callable[[], None]) -> Timer:
        """Call `ring` once, on the running loop, when `when` has come."""
        return _WallTimer(when, ring)


class _WallTimer:
    """Rings when the wall clock says so, or when as long has passed as was left at the start.

    So a clock set back does not postpone it for ever, and a suspended or advanced machine is
    noticed within a second (`asyncio.sleep` alone knows nothing of the wall clock).
    """

    def __init__(self, when: datetime, ring: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._when = when
        self._ring = ring
        self._latest = self._loop.time() + (when - utc_now()).total_seconds()
        self._handle: asyncio.Handle
        self._wait()

    def cancel(self) -> None:
        """Let it not happen."""
        self._handle.cancel()

    def _wait(self) -> None:
        left = min(
            (self._when - utc_now()).total_seconds(), self._latest - self._loop.time(), LONGEST_NAP
        )
        if left <= 0:
            self._handle = self._loop.call_soon(self._ring)
        else:
            self._handle = self._loop.call_later(left, self._wait)


async def rest(clock: Clock, woken: asyncio.Event, until: datetime | None, at_most: float) -> None:
    """Return when `woken` is set or `until` has come, after `at_most` seconds in any case."""
    timer = clock.call_at(until, woken.set) if until is not None else None
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(at_most):
                await woken.wait()
    finally:
        if timer is not None:
            timer.cancel()
