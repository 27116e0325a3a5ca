"""A store as a process sees it that dies: from one call on, nothing that it does reaches the disk.

The call at which it dies is done or not, and its answer never comes. From then on the store is gone
for all that this process still tries while its tasks are cancelled.
"""

from __future__ import annotations

import asyncio
from typing import Any

from flopod import BackendError
from flopod.backend import Backend


class Mortal:
    """Passes calls on to a store until it dies."""

    def __init__(self, backend: Backend, calls: int | None = None, done: bool = True) -> None:
        """Take a store, and the number of calls to live for.

        Args:
            done: the last call is done, though nobody is told.
        """
        self.dead = asyncio.Event()
        self.url = backend.url
        self._backend = backend
        self._left = calls
        self._done = done

    def die(self) -> None:
        """Let no call reach the store any more."""
        self.dead.set()

    def changes(self) -> Any:
        """Yield the runs that changed, as the store tells them."""
        return self._backend.changes()

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._backend, name)

        async def passed_on(*args: Any, **kwargs: Any) -> Any:
            if self.dead.is_set():
                raise BackendError("this process is dead")
            if self._left is not None and self._left <= 1:
                if self._done:
                    await call(*args, **kwargs)
                self.die()
                raise BackendError("this process dies")
            if self._left is not None:
                self._left -= 1
            return await call(*args, **kwargs)

        return passed_on


async def lived(mortal: Mortal, life: asyncio.Task[Any]) -> bool:
    """Wait until a life is over; return whether it came to its end, else it was cut off."""
    death = asyncio.create_task(mortal.dead.wait())
    await asyncio.wait([life, death], return_when=asyncio.FIRST_COMPLETED)
    survived = not mortal.dead.is_set()
    mortal.die()
    life.cancel()
    await asyncio.wait([life, death])
    return survived
