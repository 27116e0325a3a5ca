"""What other programs change in a file store: the folder of the logs is watched for hints.

A poll looks at every log now and then, for whatever the system did not tell.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from pathlib import Path

from flopod.errors import FlopodError
from flopod_backends.catalogue import Catalogue
from flopod_backends.feed import Feed
from flopod_backends.file_writer import Call
from flopod_backends.folder import LOG, Folder
from flopod_backends.following import Following
from flopod_backends.fs import Key, told
from flopod_backends.watch import hints

_POLL_SHARE = 0.02
"""How much of the time may go into polls: a store with very many runs is polled less often."""

_FEW = 8
"""How many files are looked at on the loop."""


class Follower(Following):
    """Tells the feed what other programs change, for as long as anyone watches."""

    def __init__(self, folder: Folder, catalogue: Catalogue, feed: Feed, call: Call) -> None:
        super().__init__()
        self._folder = folder
        self._catalogue = catalogue
        self._feed = feed
        self._call = call
        self._seen: dict[str, Key] = {}
        self._next_poll = 0.0

    async def _begin(self) -> None:
        self._seen = await self._call(self._catalogue.keys)

    async def _follow(self) -> None:
        try:
            async for paths in hints(self._folder.events, _is_log):
                # A few files are looked at sooner than a thread takes the job.
                few = 0 < len(paths) <= _FEW
                with told(self._folder.events):
                    changed = (
                        self._changed(paths) if few else await self._call(self._changed, paths)
                    )
                self._feed.tell(dict.fromkeys(changed, 0))
        except FlopodError as error:
            self._feed.close(error)

    def _changed(self, paths: Collection[str]) -> list[str]:
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
            if self._seen.get(run_id) == key or self._catalogue.is_writing(run_id):
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
