"""A run that this process holds on its own, outside any worker.

It does for one run what a worker does for many: takes the lease, says that it lives, and listens
for what other programs append.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from msgspec.structs import replace

from flopod.backend import LEASE_TIME, Backend, Lease, WorkerInfo
from flopod.clock import Clock, SystemClock
from flopod.errors import BackendError, FlopodError
from flopod.execution import Execution
from flopod.journal import Journal
from flopod.loglines import listen
from flopod.process import this_process
from flopod.threads import Threads

QUIET_SECONDS = 0.02
"""How long a run records nothing before it listens to others."""

logger = logging.getLogger(__name__)


class Session:
    """The hold of this process on one run."""

    def __init__(self, backend: Backend, me: WorkerInfo, lease: Lease, journal: Journal) -> None:
        clock = SystemClock()
        self.me = me
        self.execution = Execution(journal, clock, Threads())
        self.execution.on_parked = self.follow
        self._backend = backend
        self._clock: Clock = clock
        self._lease = lease
        self._beat: asyncio.Task[None] = asyncio.create_task(self._stay_alive())
        self._news: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, backend: Backend, run_id: str) -> Session:
        """Take the lease of a run and read its log.

        Raises:
            RunBusyError: another live process holds it.
        """
        listen()
        me = this_process()
        lease = await backend.claim_run(me, run_id)
        try:
            journal = await Journal.open(backend, run_id, lease, SystemClock())
        except BaseException:
            await backend.release(lease)
            await backend.retire(me.worker_id)
            raise
        return cls(backend, me, lease, journal)

    def follow(self) -> None:
        """Listen for what other programs append, from now on."""
        if self._news is None:
            self._news = asyncio.create_task(self._listen())

    async def close(self, *, again: bool = False, ended: bool = False) -> None:
        """Give the run back.

        Args:
            again: it has work to do that a worker may take up at once.
            ended: its end was recorded just now, and gave it back.
        """
        for task in (self._beat, self._news):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        with suppress(FlopodError):
            await self.execution.journal.flush()
        try:
            if not ended:
                await self._backend.release(self._lease, again=again)
            await self._backend.retire(self.me.worker_id)
        except BackendError as error:
            # What the run came to is told all the same; the lease ends with this process.
            logger.warning("run %s: not given back: %s", self._lease.run_id, error)

    async def _stay_alive(self) -> None:
        while True:
            await asyncio.sleep(LEASE_TIME.total_seconds() / 3)
            try:
                await self._backend.renew(alive(self.me, self._clock))
            except FlopodError as error:
                logger.warning("run %s: lease not renewed: %s", self._lease.run_id, error)

    async def _until_quiet(self) -> None:
        """Return once nothing was recorded for a moment.

        A run that records all the time hears of others with each of its own appends; to be told
        of every write of its own as well would cost it a quarter of its speed.
        """
        seen = -1
        while seen != self.execution.journal.last_seq:
            seen = self.execution.journal.last_seq
            await asyncio.sleep(QUIET_SECONDS)

    async def _listen(self) -> None:
        journal = self.execution.journal
        try:
            await self._until_quiet()
            async for changed in self._backend.changes():
                told = changed.get(journal.run_id) if changed else 0
                if told is not None and journal.hear(told):
                    await journal.refresh()
        except FlopodError as error:
            self.execution.fail(error)
        else:
            self.execution.fail(BackendError(f"the store {self._backend.url} was closed"))


def alive(me: WorkerInfo, clock: Clock) -> WorkerInfo:
    """Return `me`, alive for another lease time."""
    return replace(me, expires_at=clock.now() + LEASE_TIME)
