"""Tells everyone in this process who watches a store which runs changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager


class Watcher:
    """What one watcher has not been told yet."""

    def __init__(self) -> None:
        self._changed: dict[str, int] = {}
        self._woken = asyncio.Event()
        self._closed = False
        self._error: Exception | None = None

    def tell(self, changed: Mapping[str, int]) -> None:
        """Add runs, with the number of their last event, to the next batch."""
        for run_id, last_seq in changed.items():
            # Once it is unknown where a log ends, knowing an earlier end does not help.
            known = self._changed.get(run_id, last_seq)
            self._changed[run_id] = max(known, last_seq) if known and last_seq else 0
        if self._changed:
            self._woken.set()

    def close(self, error: Exception | None = None) -> None:
        """End the batches, with an error if there is one."""
        self._closed, self._error = True, error
        self._woken.set()

    async def batches(self) -> AsyncIterator[Mapping[str, int]]:
        """Yield an empty batch at once, then what changed, until the feed is closed."""
        yield {}
        while True:
            await self._woken.wait()
            self._woken.clear()
            if self._changed:
                batch, self._changed = self._changed, {}
                yield batch
            if self._error:
                raise self._error
            if self._closed:
                return


class Feed:
    """The watchers of one store."""

    def __init__(self) -> None:
        self._watchers: set[Watcher] = set()

    @contextmanager
    def watcher(self) -> Iterator[Watcher]:
        """Give a watcher that is told of everything until the end of the block."""
        watcher = Watcher()
        self._watchers.add(watcher)
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)

    def tell(self, changed: Mapping[str, int]) -> None:
        """Tell every watcher that these runs changed, and what their last event is now."""
        for watcher in self._watchers:
            watcher.tell(changed)

    def close(self, error: Exception | None = None) -> None:
        """End the batches of every watcher, with an error if there is one."""
        for watcher in self._watchers:
            watcher.close(error)
