"""Follows one run for its screen: its events as they come, and how the store tells its status.

Of a long run the newest events are read first, so that its end is seen at once; then all of it,
folded in slices between which keys are answered. What comes after that is gathered: a store is
read, and the screen called, no more often than every `every` seconds, and at once after a pause.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field

from flopod.control import Control
from flopod.errors import CorruptLogError, FlopodError, RunNotFoundError
from flopod.events import Event
from flopod.summary import RunSummary
from flopod_tui.run.view import RunView
from flopod_tui.terminal import garbage

AGAIN = 2.0
"""Seconds until a store that could not be read is tried again."""
EVERY = 0.1
"""Seconds in which changes are gathered."""
LONG = 2000
"""Of a run with more events than this the newest are read first."""
NEWEST = 200
MUCH = 1000
"""When so many events have come, the garbage collector is told to leave them alone."""
SHOWN_EVERY = 0.4
"""Seconds between two looks at what is read so far."""
SLICE = 0.008
"""Seconds of folding before keys get their turns."""
STEP = 50
"""Events between two looks at the clock."""
TURN = 0.02
"""Seconds for everything else, however long the last events took."""
TURNS = 8
"""A key goes through several hands until it is answered: so many of them between two slices."""
GONE = "■ run no longer in the store"


@dataclass(slots=True)
class RunTail:
    """A run as it was last read."""

    control: Control
    run_id: str
    changed: Callable[[], None]
    """Called when something of this changed, at most once in `every` seconds while it is read."""
    every: float = EVERY
    view: RunView = field(default_factory=RunView)
    """What is read so far, from the first event on."""
    latest: Sequence[Event] = ()
    """The newest events, until the view has come as far."""
    reading: float | None = 0.0
    """The share that the view has taken in; None when that is all there is."""
    summary: RunSummary | None = None
    child_id: str = ""
    """A run that this one started, which is looked at with it."""
    child: RunSummary | None = None
    """How that stands."""
    """None until it was read."""
    trouble: str = ""
    """Why this is not live; what was read before stays."""
    lost_at: float | None = None
    """Since when the store cannot be read, on the monotonic clock; None: it can."""
    damage: CorruptLogError | None = None
    """Why the view ends before the log does."""
    _told: float = 0.0
    _aside: int = 0

    @property
    def events(self) -> Sequence[Event]:
        """What the list of events shows: the newest ones, until all are there."""
        return self.latest or self.view.events

    async def follow(self) -> None:
        """Take in events until cancelled, or until there can be no more."""
        try:
            while True:
                if await self._followed():
                    return
                await asyncio.sleep(AGAIN)
        finally:
            garbage.take_back()

    async def _followed(self) -> bool:
        """Take in events; tell whether that was all."""
        try:
            await self._open()
            await self._tail()
        except CorruptLogError as error:
            await self._end_at(error)
        except RunNotFoundError:
            self._lost(GONE)
        except FlopodError as error:
            self.lost_at = self.lost_at or time.monotonic()
            self._lost(f"✗ {error}")
            return False
        return True

    async def look(self) -> None:
        """Read where the run stands, as the store tells it: a log does not say who holds it."""
        await self._look()
        self._tell()

    async def _look(self) -> None:
        try:
            self.summary = await self.control.get(self.run_id)
            if self.child_id:
                self.child = await self.control.backend.summary(self.child_id)
        except RunNotFoundError:
            self.trouble = GONE
        except FlopodError:
            pass  # the tail meets the same trouble, and tells it

    async def _open(self) -> None:
        """Have the end of a long log before all the rest."""
        await self.look()
        last = self.summary.last_seq if self.summary else 0
        if self.reading is not None and last > LONG:
            with suppress(CorruptLogError):  # told when all of the log is read
                self.latest = await self.control.events(self.run_id, last - NEWEST)
            self._tell()

    async def _tail(self) -> None:
        tail = self.control.tail(self.run_id, after=self.view.last_seq)
        async with aclosing(tail) as batches:
            async for batch in batches:
                begun = time.monotonic()
                self.trouble, self.lost_at = "", None
                await self._take(batch)
                await self.look()
                await asyncio.sleep(max(TURN, begun + self.every - time.monotonic()))

    async def _take(self, batch: Sequence[Event]) -> None:
        """Fold events, in slices, and be complete."""
        if len(batch) > LONG:
            with garbage.paused():
                await self._fold(batch)
                self._set_aside()
        else:
            await self._fold(batch)
            if self.reading is not None or len(self.view.events) - self._aside > MUCH:
                self._set_aside()
        self.reading, self.latest = None, ()

    def _set_aside(self) -> None:
        garbage.set_aside()
        self._aside = len(self.view.events)

    async def _fold(self, batch: Sequence[Event]) -> None:
        begun = time.perf_counter()
        for done in range(0, len(batch), STEP):
            self.view.take(batch[done : done + STEP])
            if time.perf_counter() - begun > SLICE:
                if self.reading is not None:
                    self.reading = done / len(batch)
                self._tell_now_and_then()
                for _ in range(TURNS):
                    await asyncio.sleep(0)
                begun = time.perf_counter()

    async def _end_at(self, error: CorruptLogError) -> None:
        """Show what is before the damage."""
        self.damage = error
        await self._take([one for one in error.events if isinstance(one, Event)])
        self._lost(f"■ {error}")

    def _lost(self, why: str) -> None:
        self.trouble = why
        self._tell()

    def _tell_now_and_then(self) -> None:
        if time.monotonic() - self._told >= SHOWN_EVERY:
            self._tell()

    def _tell(self) -> None:
        self._told = time.monotonic()
        self.changed()
