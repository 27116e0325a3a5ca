"""What other programs change in a file store: the folder of the logs is watched for hints.

A poll looks at every log now and then, for whatever the system did not tell.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from flopod.errors import FlopodError
from flopod_backends.catalogue import Catalogue
from flopod_backends.feed import Feed
from flopod_backends.file_writer import Call
from flopod_backends.folder import LOG, Folder
from flopod_backends.fs import Key
from flopod_backends.watch import hints

_POLL_SHARE = 0.02
"""How much of the time may go into polls: a store with very many runs is polled less often."""


class Follower:
    """Tells the feed what other programs change, for as long as anyone watches."""

    def __init__(self, folder: Folder, catalogue: Catalogue, feed: Feed, call: Call) -> None:
        self._folder = folder
        self._catalogue = catalogue
        self._feed = feed
        self._call = call
        self._seen: dict[str, Key] = {}
        self._users = 0
        self._next_poll = 0.0
        self._task: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Follow until the end of the block, together with all others that do."""
        self._users += 1
        try:
            if self._task is None:
                self._seen = await self._call(self._catalogue.keys)
                self._task = self._task or asyncio.create_task(self._follow())
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

    async def _follow(self) -> None:
        try:
            async for paths in hints(self._folder.events, _is_log):
                changed = await self._call(self._changed, paths)
                self._feed.tell(dict.fromkeys(changed, 0))
        except FlopodError as error:
            self._feed.close(error)

    def _changed(self, paths: Iterable[str]) -> list[str]:
        if paths:
            names = [Path(path).name.removesuffix(LOG) for path in paths]
            return self._compared(
                {name: self._folder.fs.key(self._folder.log(name)) for name in names}
            )
        if time.monotonic() < self._next_poll:
            return []
        begun = time.monotonic()
        keys = self._catalogue.keys()
        changed = self._compared({name: keys.get(name) for name in keys.keys() | self._seen.keys()})
        self._next_poll = begun + (time.monotonic() - begun) / _POLL_SHARE
        return changed

    def _compared(self, keys: dict[str, Key | None]) -> list[str]:
        changed = []
        for run_id, key in keys.items():
            if self._seen.get(run_id) == key:
                continue
            if key:
                self._seen[run_id] = key
            else:
                self._seen.pop(run_id, None)
            # What this process appended itself was told when it was done.
            if (key is None or key.size) and not self._catalogue.written(run_id, key):
                changed.append(run_id)
        return changed


def _is_log(path: str) -> bool:
    return path.endswith(LOG)
