"""A run that this process holds on its own, outside any worker.

It does for one run what a worker does for many: takes the lease, and listens for what other
programs append.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from flopod.backend import Backend, Lease
from flopod.clock import Clock, SystemClock
from flopod.errors import BackendError, FlopodError
from flopod.execution import Execution
from flopod.journal import Journal
from flopod.loglines import listen
from flopod.presence import Presence, stop

QUIET_SECONDS = 0.02
"""How long a run records nothing before it listens to others."""

logger = logging.getLogger(__name__)


class Session:
    """The hold of this process on one run."""

    def __init__(
        self, backend: Backend, presence: Presence, lease: Lease, journal: Journal, clock: Clock
    ) -> None:
        self.me = presence.me
        self.execution = Execution(journal, clock, presence.threads)
        self.execution.on_parked = self.follow
        self._backend = backend
        self._presence = presence
        self._lease = lease
        self._news: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, backend: Backend, run_id: str, clock: Clock | None = None) -> Session:
        """Take the lease of a run and read its log.

        Args:
            clock: what the run goes by; the machine's own if not given.

        Raises:
            RunBusyError: another live process holds it.
        """
        listen()
        clock = clock or SystemClock()
        presence, lease = Presence.enter(backend), None
        try:
            lease = await backend.claim_run(presence.me, run_id)
            journal = await Journal.open(backend, run_id, lease, clock)
        except BaseException:
            if lease is not None:
                await backend.release(lease)
            await presence.leave()
            raise
        return cls(backend, presence, lease, journal, clock)

    def follow(self) -> None:
        """Listen for what other programs append, from now on."""
        if self._news is None:
            self._news = asyncio.create_task(self._listen())

    async def close(self, *, again: bool = False, ended: bool = False) -> None:
        """Give the run back, also when the caller is cancelled meanwhile.

        Args:
            again: it has work to do that a worker may take up at once.
            ended: its end was recorded just now, and gave it back.
        """
        closing = asyncio.create_task(self._close(again, ended))
        try:
            await asyncio.shield(closing)
        except asyncio.CancelledError:
            await asyncio.wait([closing])
            raise

    async def _close(self, again: bool, ended: bool) -> None:
        await stop([self._news] if self._news is not None else [])
        with suppress(FlopodError):
            await self.execution.journal.flush()
        try:
            if not ended:
                await self._backend.release(self._lease, again=again)
            await self._presence.leave()
        except BackendError as error:
            # What the run came to is told all the same; the lease ends with this process.
            logger.warning("run %s: not given back: %s", self._lease.run_id, error)

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
