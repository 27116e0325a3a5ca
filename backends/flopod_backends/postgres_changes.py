"""What other programs change in a Postgres store.

A notice is only a hint to look; what was committed since the last look, the snapshots say: all of a
transaction that the last one did not know, or saw still at work. No number handed out before a
commit could say that, as a lower one may be committed later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple

from flopod.errors import FlopodError
from flopod_backends.feed import Feed
from flopod_backends.following import Following
from flopod_backends.postgres_link import Link

POLL = 1.0
"""Seconds after which we look though nobody told of anything."""
_BUSY = 0.01
"""Seconds between two looks at a store that changes all the time."""
_SNAPSHOT = """
SELECT pg_snapshot_xmax(s)::text::bigint,
       ARRAY(SELECT x::text::bigint FROM pg_snapshot_xip(s) AS x)
FROM pg_current_snapshot() AS s
"""
_CHANGED = f"""
WITH now (next, open) AS ({_SNAPSHOT})
SELECT NULL, NULL, next, open FROM now
UNION ALL
SELECT run_id, max(seq), NULL, NULL FROM events
WHERE xid >= $1::bigint::text::xid8 OR xid = ANY($2::bigint[]::text[]::xid8[])
GROUP BY run_id
UNION ALL
SELECT run_id, 0, NULL, NULL FROM deleted
WHERE xid >= $1::bigint::text::xid8 OR xid = ANY($2::bigint[]::text[]::xid8[])
"""


class _Seen(NamedTuple):
    """What the last look could see: every transaction below `next` but those open."""

    next: int
    open: Sequence[int]


class Follower(Following):
    """Tells the feed what other programs change, for as long as anyone watches."""

    def __init__(
        self, link: Link, own: Link, channel: str, feed: Feed, last_seq: Callable[[str], int]
    ) -> None:
        super().__init__()
        self._link = link
        self._feed = feed
        self._last_seq = last_seq
        self._hinted = asyncio.Event()
        self._seen = _Seen(0, ())
        link.hear(channel, self._hinted.set, own)

    async def _begin(self) -> None:
        [row] = await self._link.read(_SNAPSHOT)
        self._seen = _Seen(*row)

    async def _follow(self) -> None:
        while True:
            try:
                async with asyncio.timeout(POLL):
                    await self._hinted.wait()
            except TimeoutError:
                pass
            self._hinted.clear()
            try:
                await self._look()
            except FlopodError as error:
                self._feed.close(error)
                return
            await asyncio.sleep(_BUSY)

    async def _look(self) -> None:
        first, *rows = await self._link.read(_CHANGED, self._seen.next, list(self._seen.open))
        self._seen = _Seen(*first[2:])
        # What this process appended itself was told when it was done.
        self._feed.tell(
            {run: seq for run, seq, *_ in rows if not seq or seq != self._last_seq(run)}
        )
