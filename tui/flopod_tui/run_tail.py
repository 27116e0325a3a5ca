"""Follows one run for its screen: its events as they come, and how the store tells its status."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from flopod.control import Control
from flopod.errors import CorruptLogError, FlopodError, RunNotFoundError
from flopod.events import Event
from flopod.summary import RunSummary
from flopod_tui.run_view import RunView

AGAIN = 2.0
"""Seconds until a store that could not be read is tried again."""
CHUNK = 2000
"""Events that are folded before the screen gets a turn."""
GONE = "■ run no longer in the store"


@dataclass(slots=True)
class RunTail:
    """A run as it was last read."""

    control: Control
    run_id: str
    changed: Callable[[], None]
    """Called whenever something of this changed."""
    view: RunView = field(default_factory=RunView)
    summary: RunSummary | None = None
    """None until it was read."""
    trouble: str = ""
    """Why this is not live; what was read before stays."""

    async def follow(self) -> None:
        """Take in events until cancelled, or until there can be no more."""
        while True:
            try:
                await self._tail()
            except CorruptLogError as error:
                await self._take([one for one in error.events if isinstance(one, Event)])
                return self._lost(f"■ {error}")
            except RunNotFoundError:
                return self._lost(GONE)
            except FlopodError as error:
                self._lost(f"✗ {error}")
                await asyncio.sleep(AGAIN)

    async def look(self) -> None:
        """Read where the run stands, as the store tells it: a log does not say who holds it."""
        try:
            self.summary = await self.control.get(self.run_id)
        except RunNotFoundError:
            return self._lost(GONE)
        except FlopodError:
            return  # the tail meets the same trouble, and tells it
        self.changed()

    async def _tail(self) -> None:
        async for batch in self.control.tail(self.run_id, after=self.view.last_seq):
            self.trouble = ""
            await self._take(batch)

    async def _take(self, batch: Sequence[Event]) -> None:
        for start in range(0, len(batch), CHUNK):
            for event in batch[start : start + CHUNK]:
                self.view.after(event)
            self.changed()
            await asyncio.sleep(0)
        await self.look()

    def _lost(self, why: str) -> None:
        self.trouble = why
        self.changed()
