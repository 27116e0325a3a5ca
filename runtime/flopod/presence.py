"""This process as a worker of a store, for all the runs that it holds outside of any `Worker`.

However many they are, they say with one heartbeat that they live, and their steps share threads.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from weakref import WeakKeyDictionary

from msgspec.structs import replace

from flopod.backend import LEASE_TIME, Backend, WorkerInfo
from flopod.noted import noted
from flopod.process import this_process
from flopod.stored import utc_now
from flopod.threads import Threads

logger = logging.getLogger(__name__)


class Presence:
    """The place of this process in a store, for as long as a run of it is open."""

    def __init__(self, backend: Backend) -> None:
        self.me = this_process()
        self.threads = Threads()
        self.loop = asyncio.get_running_loop()
        self._backend = backend
        self._runs = 0
        self._beat = asyncio.create_task(self._stay_alive())

    @classmethod
    def enter(cls, backend: Backend) -> Presence:
        """Return the presence in the store, counted once more."""
        present = _present.get(backend)
        if present is None or present.loop is not asyncio.get_running_loop():
            present = _present[backend] = cls(backend)
        present._runs += 1
        present.me = awake(present.me)
        return present

    async def leave(self) -> None:
        """Count once less; the last one tells the store."""
        self._runs -= 1
        if self._runs:
            return
        if _present.get(self._backend) is self:
            del _present[self._backend]
        await stop([self._beat])
        await self._backend.retire(self.me.worker_id)

    async def _stay_alive(self) -> None:
        while True:
            await asyncio.sleep(LEASE_TIME.total_seconds() / 3)
            with noted("leases not renewed"):
                self.me = alive(self.me)
                await self._backend.renew(self.me)


_present: WeakKeyDictionary[Backend, Presence] = WeakKeyDictionary()


async def stop(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Cancel tasks and return once they are over.

    To await them instead would take a cancellation of the caller for theirs, and swallow it.
    """
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)


def alive(me: WorkerInfo) -> WorkerInfo:
    """Return `me`, alive for another lease time.

    In the machine's own time, whatever clock its runs go by: a lease is about a process.
    """
    return replace(me, expires_at=utc_now() + LEASE_TIME)


def awake(me: WorkerInfo) -> WorkerInfo:
    """Return `me`, alive anew if the heartbeat has stood still: this process slept, or was stopped.

    Otherwise as it is in the store, so that whoever only looks there has nothing to write.
    """
    return alive(me) if me.expires_at < utc_now() + LEASE_TIME / 2 else me
