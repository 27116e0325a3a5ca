"""The log of one run while it runs: read once when it opens, then only appended to.

The one room that appends on behalf of a running body. A fact that must be durable before the body
goes on is *recorded*; one that may be told a little later (a start, a log line) *rides* along with
the next record, or goes alone after a few milliseconds: a fast step costs one commit, and a slow
one is still seen at once by whoever tails the run.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable

from flopod.backend import Backend, Guard, Lease
from flopod.clock import Clock
from flopod.errors import BackendError, FlopodError, RunFinishedError
from flopod.events import Event, Fact, LogEmitted, RunRetried, RunStarted
from flopod.kinds import KINDS
from flopod.recall import Recall
from flopod.summary import STOPPED, RunSummary

RIDE_SECONDS = 0.005
"""How long a rider waits for a record to ride along with."""

OWN = (RunStarted, LogEmitted, *KINDS)
"""Facts that only the holder of a run records."""

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
        self.backend = backend
        self._clock = clock
        self._riders: list[Event] = []
        self._loop = asyncio.get_running_loop()
        self._flight: asyncio.TimerHandle | None = None
        self._waiting_since = 0.0
        """When the first of the riders came, by the loop's clock."""
        self._flush: asyncio.Task[None] | None = None
        self._early: dict[int, Event] = {}
        self._appending = 0
        self._heard = 0
        """The last event that we were told of while an append of ours was under way."""
        self._reading = asyncio.Lock()
        self._broken: BackendError | None = None
        """Why the store did not take an append."""
        self._floor = 0
        """Where the log ends at least, once the store has taken what is on its way."""

    @classmethod
    async def open(cls, backend: Backend, run_id: str, lease: Lease, clock: Clock) -> Journal:
        """Return the journal of a run, its whole log read."""
        journal = cls(backend, run_id, lease, clock)
        for event in await backend.events(run_id):
            journal._take(event)
        return journal

    async def record(self, fact: Fact, path: str = "") -> Event:
        """Make `fact` durable, and every rider before it; return it as a replay would see it.

        Raises:
            LeaseLostError: another worker holds the run now.
            RunFinishedError: somebody has ended it.
        """
        event = Event(fact, path, self._clock.now())
        return (await self._append([*self._take_riders(), event]))[-1]

    async def record_if(
        self, fact: Fact, path: str = "", *, expect: int | None = None, guard: Guard | None = None
    ) -> Event:
        """Make `fact` durable if the log still is as it should be; see `Backend.append`.

        Riders stay behind: were they refused with it, others could get past them meanwhile.

        Raises:
            LeaseLostError: another worker holds the run now.
            StaleAppendError: `expect` is not the log's last number; nothing was recorded.
            FlopodError: the guard objects; nothing was recorded.
        """
        event = Event(fact, path, self._clock.now())
        return (await self._append([event], expect, guard))[-1]

    def ride(self, fact: Fact, path: str = "") -> None:
        """Have `fact` recorded soon: with the next record, or in a few milliseconds."""
        if not self._riders:
            self._waiting_since = self._loop.time()
        self._riders.append(Event(fact, path, self._clock.now()))
        # One timer serves for many riders: most are gone with a record long before it rings.
        if self._flight is None:
            self._flight = self._loop.call_later(RIDE_SECONDS, self._start_flush)

    async def flush(self) -> None:
        """Record the riders that are still waiting."""
        if self._flush is not None:
            await self._flush
        if riders := self._take_riders():
            await self._append(riders)

    def hear(self, last_seq: int) -> bool:
        """Say whether to `refresh`, being told that the log ends with this event (0: unknown).

        What is told while an append of ours is under way may be its own echo. That is looked into
        when the append is done.
        """
        if self._appending:
            self._heard = max(self._heard, last_seq or sys.maxsize)
            return False
        return not last_seq or last_seq > self.last_seq

    async def give_back(self) -> None:
        """Give the run back: for a run whose end another program recorded."""
        await self.backend.release(self.lease)

    async def refresh(self) -> None:
        """Read what other programs appended."""
        self._heard = 0
        async with self._reading:
            before = self.last_seq
            for event in await self.backend.events(self.run_id, self.last_seq):
                self._learn(event)
        if self.last_seq > before:
            self.on_news()

    async def _append(
        self, events: list[Event], expect: int | None = None, guard: Guard | None = None
    ) -> list[Event]:
        if self._broken is not None:
            raise self._broken
        if not self._appending:
            self._floor = 0
        floor = max(self._floor, self.last_seq)
        if expect is None and guard is None:
            self._floor = floor + len(events)
        if not isinstance(events[-1].fact, RunRetried):
            guard = _unless_ended(guard) if guard else _not_ended
        if self._appending:
            guard = _unless_behind(floor, guard)
        self._appending += 1
        try:
            recorded = await self.backend.append(
                self.run_id, events, lease=self.lease, expect=expect, guard=guard
            )
        except RunFinishedError:
            await self.refresh()  # It was cancelled just before we took it: that is news.
            raise
        except BackendError as error:
            # What was to go along is lost with it: nothing may follow in the log in this life.
            self._broken = error
            raise
        finally:
            self._appending -= 1
        self._count(recorded)
        if (self._early or self._heard > self.last_seq) and not self._appending:
            # Others appended meanwhile: what they said before us is still unknown.
            await self.refresh()
        return recorded

    def _count(self, recorded: list[Event]) -> None:
        """Count what was just recorded as known, or keep it until what came before is known too."""
        if recorded[0].seq == self.last_seq + 1 and not self._early:
            self.last_seq = recorded[-1].seq
            return
        self._early |= {event.seq: event for event in recorded if event.seq > self.last_seq}
        self._take_early()

    def _take_early(self) -> None:
        """Count our own events as known, in order. Nobody asks for them again in this life."""
        while (event := self._early.pop(self.last_seq + 1, None)) is not None:
            self.last_seq = event.seq

    def _learn(self, event: Event) -> None:
        if event.seq == self.last_seq + 1:
            # What the body records is known to it, also when we read it before we were told.
            if self._early.pop(event.seq, None) is None and not isinstance(event.fact, OWN):
                self._take(event)
            self.last_seq = event.seq
            self._take_early()

    def _take(self, event: Event) -> None:
        self.recall.add(event)
        self.last_seq = event.seq

    def _take_riders(self) -> list[Event]:
        riders, self._riders = self._riders, []
        return riders

    def _start_flush(self) -> None:
        self._flight = None
        if not self._riders:
            return
        left = self._waiting_since + RIDE_SECONDS - self._loop.time()
        if left > 0:
            self._flight = self._loop.call_later(left, self._start_flush)
            return
        self._flush = asyncio.ensure_future(self._flush_quietly())

    async def _flush_quietly(self) -> None:
        try:
            if riders := self._take_riders():  # A record may have taken them along meanwhile.
                await self._append(riders)
        except FlopodError as error:
            logger.debug("run %s: riders were not recorded: %s", self.run_id, error)
            self.on_failure(error)


def _not_ended(run: RunSummary | None) -> None:
    """Let nothing follow the end of a run."""
    if run is not None and run.status in STOPPED:
        raise RunFinishedError(run.run_id, run.status, "go on")


def _unless_ended(also: Guard) -> Guard:
    """Return a guard that lets nothing follow the end, besides what `also` refuses."""

    def guard(run: RunSummary | None) -> None:
        _not_ended(run)
        also(run)

    return guard


def _unless_behind(last_seq: int, also: Guard | None) -> Guard:
    """Return a guard that lets nothing follow where appends before it have failed.

    What rides with a record, as the start of an each, would be missing in front of what it began.
    """

    def guard(run: RunSummary | None) -> None:
        if run is None or run.last_seq < last_seq:
            raise BackendError("the store failed to take what comes before this")
        if also is not None:
            also(run)

    return guard
