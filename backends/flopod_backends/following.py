"""Following a store that other programs write too: one task, for as long as anyone watches."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Following(ABC):
    """Shares one task among all who watch. A store says where it begins and what it does."""

    def __init__(self) -> None:
        self._users = 0
        self._task: asyncio.Task[None] | None = None

    @abstractmethod
    async def _begin(self) -> None:
        """Note how the store stands: what changes from here on is told."""

    @abstractmethod
    async def _follow(self) -> None:
        """Tell what changes, until cancelled."""

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Follow until the end of the block, together with all others that do."""
        self._users += 1
        try:
            if self._task is None:
                await self._begin()
                # Another may have begun meanwhile.
                self._task = self._task or asyncio.create_task(self._follow(), name="flopod follow")
            yield
        finally:
            self._users -= 1
            if not self._users:
                await self.close()

    async def close(self) -> None:
        """Follow no longer."""
        task, self._task = self._task, None
        if task:
            task.cancel()
            await asyncio.wait([task])
