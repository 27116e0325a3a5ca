"""What a worker knows of a run that it has."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from flopod.backend import Lease
from flopod.errors import FlopodError
from flopod.execution import Execution


@dataclass(slots=True, eq=False)
class Held:
    """A run that this worker has."""

    lease: Lease
    task: asyncio.Task[None] | None = None
    execution: Execution | None = None
    news: bool = False
    """Somebody appended since the log was read."""
    reading: asyncio.Task[None] | None = None
    aside: bool = False
    """It can't go on here for now."""

    @property
    def busy(self) -> bool:
        """Something in it can go on, so that it takes one of the worker's places."""
        return not self.aside and (self.execution is None or not self.execution.blocked)

    def hear(self, last_seq: int) -> None:
        """Take in that its log was told to end at `last_seq`, and read on if that is news."""
        if self.execution is None or self.execution.journal.hear(last_seq):
            self.news = True
            self.read()

    def read(self) -> None:
        """Read what others appended, unless that is being done."""
        if self.news and self.execution is not None and self.reading is None:
            self.reading = asyncio.create_task(self._refresh(self.execution))

    async def _refresh(self, execution: Execution) -> None:
        try:
            while self.news:
                self.news = False
                await execution.journal.refresh()
        except FlopodError as error:
            execution.fail(error)
        finally:
            self.reading = None
