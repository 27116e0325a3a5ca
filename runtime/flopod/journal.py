"""The log of one run while it runs: read once when it opens, then only appended to.

The one room that appends on behalf of a running body. A fact that must be durable before the body
goes on is *recorded*; one that may be told a little later (a start, a log line) *rides* along with
the next record, or goes alone after a few milliseconds: a fast step costs one commit, and a slow
one is still seen at once by whoever tails the run.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from flopod.backend import Backend, Lease
from flopod.clock import Clock
from flopod.errors import FlopodError
from flopod.events import Event, Fact
from flopod.recall import Recall

RIDE_SECONDS = 0.005
"""How long a rider waits for a record to ride along with."""

logger = logging.getLogger(__name__)


class Journal:
    """The log of one run: its past, and the way to add to it."""

    def __init__(self, backend: Backend, run_id: str, lease: Lease, clock: Clock) -> None:
        self.run_id = run_id
        self.recall = Recall()
        self.last_seq = 0
        self.lease = lease
        self.on_news: Callable[[], None] = lambda: None
        """Called when another program appended: a delivery, a request to cancel."""
        self.on_failure: Callable[[FlopodError], None] = lambda error: None
        """Called when riders could not be recorded: nothing more can be."""
        self._backend = backend
        self._clock = clock
        self._riders: list[Event] = []
        self._flight: asyncio.TimerHandle | None = None
        self._flush: asyncio.Task[None] | None = None
        self._early: dict[int, Event] = {}
        self._appending = 0
        self._reading = asyncio.Lock()

    @classmethod
    async def open(cls, backend: Backend, run_id: str, lease: Lease, clock: Clock) -> Journal:
        """Return the journal of a run, its whole log read."""
        journal = cls(backend, run_id, lease, clock)
        for event in await backend.events(run_id):
            journal._take(event)
        return journal

    async def record(self, fact: Fact, path: str = "", *, expect: int | None = None) -> Event:
        """Make `fact` durable, and every rider before it; return it as a replay would see it.

        Raises:
            LeaseLostError: another worker holds the run now.
            StaleAppendError: `expect` is not the log's last number; nothing was recorded.
        """
        events = [*self._take_riders(), Event(fact, path, self._clock.now())]
        return (await self._append(events, expect))[-1]

    def ride(self, fact: Fact, path: str = "") -> None:
        """Have `fact` recorded soon: with the next record, or in a few milliseconds."""
        self._riders.append(Event(fact, path, self._clock.now()))
        if self._flight is None:
            self._flight = asyncio.get_running_loop().call_later(RIDE_SECONDS, self._start_flush)

    async def flush(self) -> None:
        """Record the riders that are still waiting."""
        if self._flush is not None:
            await self._flush
        if riders := self._take_riders():
            await self._append(riders, None)

    async def refresh(self) -> None:
        """Read what other programs appended."""
        async with self._reading:
            before = self.last_seq
            for event in await self._backend.events(self.run_id, self.last_seq):
                self._learn(event)
        if self.last_seq > before:
            self.on_news()

    async def _append(self, events: list[Event], expect: int | None) -> list[Event]:
        self._appending += 1
        try:
            recorded = await self._backend.append(
                self.run_id, events, lease=self.lease, expect=expect
            )
        finally:
            self._appending -= 1
        self._early |= {event.seq: event for event in recorded if event.seq > self.last_seq}
        self._take_early()
        if self._early and not self._appending:
            # Others appended in between: what they said comes before what we just did.
            await self.refresh()
        return recorded

    def _take_early(self) -> None:
        """Count our own events as known, in order. Nobody asks for them again in this life."""
        while (event := self._early.pop(self.last_seq + 1, None)) is not None:
            self.last_seq = event.seq

    def _learn(self, event: Event) -> None:
        if event.seq == self.last_seq + 1:
            if self._early.pop(event.seq, None) is None:
                self._take(event)
            self.last_seq = event.seq
            self._take_early()

    def _take(self, event: Event) -> None:
        self.recall.add(event)
        self.last_seq = event.seq

    def _take_riders(self) -> list[Event]:
        if self._flight is not None:
            self._flight.cancel()
            self._flight = None
        riders, self._riders = self._riders, []
        return riders

    def _start_flush(self) -> None:
        self._flight = None
        self._flush = asyncio.ensure_future(self._flush_quietly())

    async def _flush_quietly(self) -> None:
        try:
            await self._append(self._take_riders(), None)
        except FlopodError as error:
            logger.debug("run %s: riders were not recorded: %s", self.run_id, error)
            self.on_failure(error)
