"""What other programs change in a SQLite store.

The write-ahead log's file (where there is none, the rollback journal's) is watched for hints;
whether somebody has committed since, SQLite itself says (`PRAGMA data_version`, one page read);
which runs those were, the store-wide `rev`.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from flopod.errors import FlopodError
from flopod_backends.feed import Feed
from flopod_backends.following import Following
from flopod_backends.sqlite_open import Execute
from flopod_backends.sqlite_query import VERSION
from flopod_backends.watch import hints

_LAST = "SELECT rev FROM last_change"
_CHANGED = """
SELECT rev, run_id, last_seq FROM runs WHERE rev > ?
UNION ALL
SELECT rev, run_id, 0 FROM deleted WHERE rev > ?
"""
_SETTLING = (0.003, 0.01, 0.03, 0.1, 0.3)
"""The hint of a write comes before its commit can be seen: the pauses before we look again."""


class Follower(Following):
    """Tells the feed what other programs change, for as long as anyone watches."""

    def __init__(
        self, path: Path, read: Execute, feed: Feed, last_seq: Callable[[str], int]
    ) -> None:
        super().__init__()
        self._files = tuple(f"{os.sep}{path.name}{end}" for end in ("-wal", "-journal"))
        self._folder = path.parent
        self._read = read
        self._feed = feed
        self._last_seq = last_seq
        self._hinted = asyncio.Event()
        self._written = False
        """Somebody wrote; otherwise it is only time to look."""
        self._version = self._rev = 0

    async def _begin(self) -> None:
        [[self._version]] = await self._read(VERSION)
        [[self._rev]] = await self._read(_LAST)

    async def _follow(self) -> None:
        # Looks at once, and a few times more while the watch is being set.
        self._written = True
        self._hinted.set()
        hinting = asyncio.create_task(self._hint())
        try:
            await self._look_when_hinted()
        except FlopodError as error:
            self._feed.close(error)
        finally:
            hinting.cancel()
            await asyncio.wait([hinting])

    async def _hint(self) -> None:
        async for paths in hints(self._folder, lambda path: path.endswith(self._files)):
            self._written = self._written or bool(paths)
            self._hinted.set()

    async def _look_when_hinted(self) -> None:
        pauses = iter(_SETTLING)
        while True:
            try:
                async with asyncio.timeout(next(pauses, None)):
                    await self._hinted.wait()
            except TimeoutError:
                pass
            else:
                self._hinted.clear()
                if self._written:
                    self._written, pauses = False, iter(_SETTLING)
            await self._look()

    async def _look(self) -> None:
        [[version]] = await self._read(VERSION)
        if version == self._version:
            return
        self._version = version
        rows = await self._read(_CHANGED, self._rev, self._rev)
        self._rev = max((row[0] for row in rows), default=self._rev)
        # What this process appended itself was told when it was done.
        self._feed.tell({run: seq for _, run, seq in rows if not seq or seq != self._last_seq(run)})
