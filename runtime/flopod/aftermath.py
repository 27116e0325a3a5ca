"""What is left to do when a run has ended: to tell who called it, to cancel what it had called.

Whoever ends a run does it at once. Until it is recorded as done the run is due, a moment later, so
that any worker claims it, whatever it can execute, where that program died in between. However many
try, each part is done once: the store is asked to refuse it where it was done.
"""

from __future__ import annotations

import logging
from contextlib import suppress

from flopod import events as ev
from flopod import kin
from flopod.backend import Backend
from flopod.clock import Clock
from flopod.errors import FlopodError, StaleAppendError
from flopod.events import Event, Fact
from flopod.summary import FINISHED, STOPPED, RunSummary, Status

logger = logging.getLogger(__name__)


class _Needless(FlopodError):
    """There is nothing to tell."""


async def settle(backend: Backend, clock: Clock, run_id: str) -> None:
    """Tell those whom the end of a run concerns, unless they know or it has not ended.

    Raises:
        BackendError, CorruptLogError: somebody could not be told; the run stays due.
    """
    ended = [run_id]
    while ended:
        ended += await _settle_one(backend, clock, ended.pop())


async def settle_now(backend: Backend, clock: Clock, run_id: str) -> None:
    """Do the same for a run that has just ended; where it fails, a worker does it later."""
    try:
        await settle(backend, clock, run_id)
    except FlopodError as error:
        logger.warning("run %s: who waits for its end is told later: %s", run_id, error)


async def cancel(backend: Backend, clock: Clock, run: RunSummary) -> bool:
    """Cancel a run that is not finished, or have its worker do it; say whether it has ended.

    Raises:
        StaleAppendError: it does not stand any more as `run` says.
    """
    fact: Fact = ev.RunCancelRequested() if run.worker is not None else ev.RunCancelled()
    if run.worker is None or not run.inner.cancel_requested:
        await backend.append(run.run_id, [Event(fact, at=clock.now())], expect=run.last_seq)
    return run.worker is None


async def _settle_one(backend: Backend, clock: Clock, run_id: str) -> list[str]:
    """Settle one run; return those that have ended by that."""
    run = await backend.summary(run_id)
    if run is None or not run.inner.owes:
        return []
    if run.parent is not None and run.inner.called:
        await _tell(backend, clock, run.parent, run)
    called = run.inner.calls.values() if run.status is Status.CANCELLED else ()
    ended = [child for child in called if await _cancelled(backend, clock, run_id, child)]
    with suppress(StaleAppendError):
        told = Event(kin.EndTold(), at=clock.now())
        await backend.append(run_id, [told], expect=run.last_seq)
    return ended


async def _tell(backend: Backend, clock: Clock, parent: str, child: RunSummary) -> None:
    """Tell a run that one which it called has ended, unless it knows or waits no more."""
    path = child.inner.parent_path

    def refuse_needless(run: RunSummary | None) -> None:
        if run is None or run.status in STOPPED or path in run.inner.news:
            raise _Needless
        if run.inner.calls.get(path) != child.run_id:
            raise _Needless

    news = Event(kin.ChildEnded(child=child.run_id), path, clock.now())
    with suppress(_Needless):
        await backend.append(parent, [news], guard=refuse_needless)


async def _cancelled(backend: Backend, clock: Clock, parent: str, child: str) -> bool:
    """Pass the cancelling of a run on to one that it called; say whether that has ended by it."""
    while True:
        run = await backend.summary(child)
        if run is None or run.parent != parent or run.status in FINISHED:
            return False
        with suppress(StaleAppendError):
            return await cancel(backend, clock, run)
