"""The log of a run, to be read again: what a replay adds that is not in it never happens.

A journal is told of everything before it is done, a step before it is called. So this one can stop
a replay before any of the author's steps runs, and can compare what the body asks for with what it
asked for the first time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flopod import events as ev
from flopod.backend import Guard, Lease
from flopod.errors import NondeterminismError, Suspended
from flopod.events import Event, Fact
from flopod.journal import Journal
from flopod.kinds import KINDS
from flopod.stored import Encoded, decoded
from flopod.summary import ENDS
from flopod.testing.clock import SkippingClock
from flopod_backends import MemoryBackend

OF_ITS_OWN = (ev.RunStarted, ev.LogEmitted)
"""What a replay may add: its own start, and log lines, which decide nothing."""


class Tape(Journal):
    """The journal of a replay.

    Args:
        past: what the replay is answered from.
        to_come: what the body did next: where it asks for that, the replay stops.
        open_ended: it did more than that, but nobody knows what.
    """

    def __init__(
        self, run_id: str, past: Sequence[Event], to_come: Sequence[Event], open_ended: bool
    ) -> None:
        self.clock = SkippingClock(past[-1].at)
        super().__init__(MemoryBackend(), run_id, Lease(run_id, "replay", 0), self.clock)
        self.end: Fact | None = None
        """How the replay ended."""
        self.on_frontier: Callable[[], None] = lambda: None
        """Called where the replay asks for what comes next."""
        self._to_come = to_come
        self._open_ended = open_ended
        for event in past:
            self._take(event)

    async def record(self, fact: Fact, path: str = "") -> Event:
        """Take a fact in if it is one of the replay's own."""
        return self._told(fact, path)

    async def record_if(
        self, fact: Fact, path: str = "", *, expect: int | None = None, guard: Guard | None = None
    ) -> Event:
        """Take the end in; refuse all else."""
        return self._told(fact, path)

    def ride(self, fact: Fact, path: str = "") -> None:
        """Take a fact in if it is one of the replay's own."""
        self._told(fact, path)

    async def flush(self) -> None:
        """Do nothing: nothing is written."""

    async def refresh(self) -> None:
        """Do nothing: nobody else appends."""

    async def give_back(self) -> None:
        """Do nothing: nobody holds a replay."""

    def _told(self, fact: Fact, path: str) -> Event:
        if isinstance(fact, ENDS):
            self.end = fact
        elif not isinstance(fact, OF_ITS_OWN):
            self._stop(fact, path)
        return Event(fact, path, self._clock.now())

    def _stop(self, fact: Fact, path: str) -> None:
        """Stop the replay: good where it has come to the end of its past.

        Raises:
            Suspended: it has.
            NondeterminismError: the body did something else there.
        """
        here = [event.fact for event in self._to_come if event.path == path]
        same = [known for known in here if type(known) is type(fact)]
        if any(alike(fact, known) for known in same) or (not same and self._fits(fact, here)):
            self.on_frontier()
            raise Suspended
        recorded = ", ".join(type(known).__name__ for known in here) or "no more"
        asked = "one with another value" if same else f"a new {KINDS.get(type(fact), 'change')}"
        error = NondeterminismError(path, recorded, asked)
        self.on_failure(error)
        raise error

    def _fits(self, fact: Fact, here: list[Fact]) -> bool:
        """Say whether the body was at that step where its past ends, or may have begun it next."""
        kind = KINDS.get(type(fact))
        return self._open_ended or any(KINDS.get(type(known)) == kind for known in here)


def alike(asked: Fact, known: Fact) -> bool:
    """Say whether a body that does the same again would ask for the one where the other is."""
    match asked, known:
        case (ev.EachItemCompleted(output=a), ev.EachItemCompleted(output=b)) | (
            ev.ParallelBranchCompleted(output=a),
            ev.ParallelBranchCompleted(output=b),
        ):
            return same_value(a, b)
        case (ev.EachItemFailed(error=x), ev.EachItemFailed(error=y)) | (
            ev.ParallelBranchFailed(error=x),
            ev.ParallelBranchFailed(error=y),
        ):
            return str(x) == str(y)
        case ev.RepeatIterationCompleted(), ev.RepeatIterationCompleted():
            return asked == known
        case _:
            return type(asked) is type(known)


def same_value(one: Encoded, other: Encoded) -> bool:
    """Say whether two stored values are equal."""
    return bytes(one) == bytes(other) or bool(decoded(one) == decoded(other))
