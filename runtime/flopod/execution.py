"""What all primitives of one running body share: its journal, its clock, and who is doing what.

It counts the branches of the body that could go on. When none can (all are asleep, waiting for an
event or backing off), the run is *blocked*, and whoever runs it may unload it. To unload it, to
stop, or to give up is one thing here: `drain`. From then on no primitive begins anything, and
those who wait are told `Suspended`; steps in flight still end and are recorded.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from flopod.backend import Guard
from flopod.clock import Clock
from flopod.errors import (
    BackendError,
    CorruptLogError,
    DuplicateIdError,
    FlopodError,
    InvalidIdError,
    LeaseLostError,
    NeedsAttentionError,
    NondeterminismError,
    RunFinishedError,
    ScopeError,
    Suspended,
)
from flopod.events import Event, Fact
from flopod.journal import Journal
from flopod.looks import Looks
from flopod.registry import Workflow, known_workflows
from flopod.threads import Calls

FATAL = (
    NondeterminismError,
    NeedsAttentionError,
    DuplicateIdError,
    InvalidIdError,
    ScopeError,
    LeaseLostError,
    RunFinishedError,
    CorruptLogError,
    BackendError,
)
"""Errors of the run itself: an each does not take them for its items', a retry does not help."""


LOST = (LeaseLostError, RunFinishedError, CorruptLogError, BackendError)
"""Why nothing more can be recorded."""


class Execution:
    """One life of one run in this process."""

    def __init__(self, journal: Journal, clock: Clock, threads: Calls) -> None:
        self.journal = journal
        self.recall = journal.recall
        self.clock = clock
        self.threads = threads
        self.fatal: FlopodError | None = None
        """Why the run can't go on, whatever the body makes of it."""
        self.draining = False
        self.by_hand = False
        """Its author calls from outside of any body, where nobody understands `Suspended`."""
        self.refusal: FlopodError | None = None
        """What its author is told instead, once nothing may begin any more."""
        self.drained_blocked = False
        """It was blocked when it was told to stop: there was nothing left to do at once."""
        self.on_blocked: Callable[[], None] = lambda: None
        self.on_parked: Callable[[], None] = lambda: None
        """Called when somebody begins to wait: now news from other programs matter."""
        self.loop = asyncio.get_running_loop()
        self._able = 1
        self._in_flight = 0
        """Steps being called: under `gather`, nobody counts the branch that one stands in."""
        self._parked: dict[asyncio.Future[None], datetime | None] = {}
        """Who waits, and until when."""
        self.looks = Looks(journal.backend)
        """What it sees of other runs."""
        self.workflows: Callable[[], Mapping[str, Workflow[..., Any]]] = known_workflows
        """Gives those whose code is here, by name."""
        self.on_child: Callable[[Workflow[..., Any]], Awaitable[None]] = _leave
        """Called when a child is started whose code is here."""
        self.on_cancel: Callable[[], object] = lambda: None
        """Called when somebody asked to cancel the run."""
        journal.on_news = self._look
        journal.on_failure = self.fail

    @property
    def blocked(self) -> bool:
        """No branch of the body can go on before something happens, or is just about to."""
        able = self._able > 0 or self._in_flight or any(future.done() for future in self._parked)
        return not able

    @property
    def wakes(self) -> datetime | None:
        """When somebody who waits goes on by itself; None when nobody does."""
        return min((until for until in self._parked.values() if until is not None), default=None)

    async def record(self, fact: Fact, path: str = "") -> Event:
        """Make `fact` durable; return it as a replay would see it. See `Journal.record`."""
        self._check_end()
        try:
            return await self.journal.record(fact, path)
        except LOST as error:
            self.fail(error)
            raise

    async def record_if(
        self, fact: Fact, path: str, *, expect: int | None = None, guard: Guard | None = None
    ) -> Event:
        """Make `fact` durable on a condition. See `Journal.record_if`."""
        self._check_end()
        try:
            return await self.journal.record_if(fact, path, expect=expect, guard=guard)
        except LOST as error:
            self.fail(error)
            raise

    def _check_end(self) -> None:
        if self.recall.ended is not None:
            raise RunFinishedError(self.journal.run_id, "at its end", "record anything more")

    def check(self) -> None:
        """Let nothing begin once the run is to stop.

        Raises:
            Suspended: it is.
        """
        if self.draining:
            raise self.refusal or Suspended()

    def fail(self, error: FlopodError) -> None:
        """Note why the run can't go on, and stop it. The first reason counts."""
        self.fatal = self.fatal or error
        self.drain(self.fatal if self.by_hand else None)

    def stopped(self, error: FlopodError) -> FlopodError:
        """Return `error` after it has stopped the run, for a body that catches everything."""
        self.fail(error)
        return error

    def drain(self, refusal: FlopodError | None = None) -> None:
        """Let nothing new begin, and tell those who wait."""
        self.refusal = self.refusal or refusal
        if not self.draining:
            self.draining, self.drained_blocked = True, self.blocked
        for future in self._parked:
            if not future.done():
                future.set_exception(self.refusal or Suspended())

    def _look(self) -> None:
        """Let those who wait look again: there is news."""
        if self.recall.cancel_requested or self.recall.ended is not None:
            self.on_cancel()
        for future in self._parked:
            if not future.done():
                future.set_result(None)

    async def park(self, until: datetime | None) -> None:
        """Wait for news, or until a time; it may be over sooner.

        Raises:
            Suspended: the run is to stop.
        """
        self.check()
        future = asyncio.get_running_loop().create_future()
        timer = self.clock.call_at(until, lambda: _ring(future)) if until else None
        self._parked[future] = until
        try:
            with self.away():
                self.on_parked()
                await future
        finally:
            self._parked.pop(future, None)
            if timer is not None:
                timer.cancel()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Count the branch that calls as unable to go on."""
        self._change(-1)
        try:
            yield
        finally:
            self._change(+1)

    def step_began(self) -> None:
        """Count a step in flight."""
        self._in_flight += 1

    def step_ended(self) -> None:
        """Count a step less."""
        self._in_flight -= 1
        self._change(0)

    def branches_begun(self, count: int) -> None:
        """Count so many branches in the place of the one that calls."""
        self._change(count - 1)

    def branch_ended(self) -> None:
        """Count one branch less: it is through."""
        self._change(-1)

    def _change(self, by: int) -> None:
        self._able += by
        # Below 0 where branches wait that only asyncio knows of, as under `gather`.
        if self._able <= 0 and not self._in_flight:
            self.on_blocked()


async def _leave(made: Workflow[..., Any]) -> None:
    """Leave a child to the workers there are."""


def _ring(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
