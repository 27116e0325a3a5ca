"""What a worker knows of a run that it has."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from flopod.backend import Lease
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
