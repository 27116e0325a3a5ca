"""The read-model: what a list of runs shows of each, folded from its log one event at a time.

`fold(summary, event) -> summary` is pure and the only place where a status is decided. Every store
calls it on append and keeps the result beside the log, so that a list never opens a log.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

import msgspec
from msgspec.structs import replace

from flopod import events as ev
from flopod import kin
from flopod.errors import ErrorInfo
from flopod.events import Event
from flopod.inner import Inner, OpenWait, Progress, without


class Status(StrEnum):
    """Where a run stands. The last two are told by a store, which knows leases and damage."""

    QUEUED = "queued"
    RUNNING = "running"
    RETRYING = "retrying"
    SLEEPING = "sleeping"
    WAITING = "waiting"
    OK = "ok"
    ERROR = "error"
    CANCELLED = "cancelled"
    NEEDS_ATTENTION = "needs_attention"
    INTERRUPTED = "interrupted"
    DAMAGED = "damaged"


FINISHED = frozenset({Status.OK, Status.ERROR, Status.CANCELLED})
STOPPED = FINISHED | {Status.NEEDS_ATTENTION, Status.DAMAGED}
"""No worker takes up a run that stands here, unless it is retried."""
ENDS = (ev.RunCompleted, ev.RunFailed, ev.RunCancelled, ev.RunNeedsAttention)
"""The facts that bring a run there."""
EXECUTING = frozenset({Status.RUNNING, Status.RETRYING})
"""What only a live worker can keep true; without one it is `interrupted`."""
TELLING_TIME = timedelta(seconds=1)
"""How long whoever ended a run has to tell those whom that concerns, before others do."""


class RunSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One run, as a list shows it."""

    run_id: str
    workflow: str = ""
    """The workflow's name; empty for a run authored by hand."""
    parent: str | None = None
    """The run that started this one, if one did."""
    status: Status = Status.QUEUED
    submitted_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    updated_at: datetime | None = None
    error: ErrorInfo | None = None
    progress: Progress = Progress()
    open_waits: tuple[OpenWait, ...] = ()
    wake_at: datetime | None = None
    """When the run goes on by itself: the earliest end of a sleep, back-off or deadline."""
    attempt: int = 1
    """1, and one more for each time the run was retried."""
    last_seq: int = 0
    worker: str | None = None
    """Who executes it, as `host:pid`; None when nobody does."""
    current_path: str = ""
    """Where it was last seen at work."""
    inner: Inner = Inner()

    @property
    def finished(self) -> bool:
        """The run is at its end, good or bad."""
        return self.status in FINISHED


def fold(summary: RunSummary, event: Event) -> RunSummary:
    """Return `summary` as it stands after `event`. Pure: the whole read-model is this."""
    changed = _after(summary, event)
    return replace(
        changed,
        status=_status(changed),
        last_seq=event.seq,
        updated_at=event.at,
        current_path=event.path or changed.current_path,
        wake_at=_earliest(changed),
        progress=changed.inner.progress,
    )


def _after(s: RunSummary, event: Event) -> RunSummary:
    """What the event itself changes; status, progress and times follow in `fold`."""
    fact, path, at = event.fact, event.path, event.at
    match fact:
        case ev.RunSubmitted():
            return _child_of(fact.parent, replace(s, workflow=fact.workflow, submitted_at=at))
        case ev.RunStarted() if s.status in STOPPED:
            return s  # it was cancelled while a worker was about to take it up
        case ev.RunStarted():
            return replace(
                s,
                status=Status.RUNNING,
                submitted_at=s.submitted_at or at,
                started_at=s.started_at or at,
                worker=fact.worker or None,
                inner=replace(s.inner, active=0),
            )
        case ev.RunCompleted():
            return _end(s, Status.OK, at)
        case ev.RunFailed():
            return _end(s, Status.ERROR, at, fact.error)
        case ev.RunCancelled():
            return _end(s, Status.CANCELLED, at)
        case ev.RunNeedsAttention():
            return _end(s, Status.NEEDS_ATTENTION, at, fact.error)
        case ev.RunRetried():
            return _again(s)
        case ev.RunForked():
            return replace(
                s,
                status=s.status if s.status in STOPPED else Status.QUEUED,
                submitted_at=at,
                worker=None,
                parent=None,
                inner=s.inner.forked(),
            )
        case ev.RunCancelRequested():
            return replace(s, inner=replace(s.inner, cancel_requested=True))
        case ev.ActivityStarted():
            return replace(s, inner=s.inner.step_began(path))
        case ev.ActivityRetrying():
            return replace(s, inner=s.inner.step_backs_off(path, fact.next_at))
        case ev.ActivityCompleted():
            return replace(s, inner=s.inner.step_done(path))
        case ev.ActivityFailed():
            return replace(s, inner=s.inner.step_failed(path))
        case ev.EachStarted() | ev.ParallelStarted():
            return replace(s, inner=s.inner.fan_opened(path, fact.total))
        case (
            ev.EachItemCompleted()
            | ev.EachItemFailed()
            | ev.ParallelBranchCompleted()
            | ev.ParallelBranchFailed()
        ):
            return replace(s, inner=s.inner.item_done(path))
        case kin.ChildCalled():
            return replace(s, inner=s.inner.call_opened(path, fact.child))
        case kin.ChildEnded():
            return replace(s, inner=s.inner.call_ended(path))
        case kin.StartRefused():
            return s
        case kin.ChildStarted() | kin.ChildCompleted() | kin.ChildFailed():
            return replace(s, inner=s.inner.child_done(path))
        case kin.EndTold():
            return replace(s, inner=replace(s.inner, owes=False))
        case ev.SleepStarted():
            sleeps = {**s.inner.sleeps, path: fact.wake_at}
            return replace(s, inner=replace(s.inner, sleeps=sleeps))
        case ev.SleepCompleted():
            return replace(s, inner=replace(s.inner, sleeps=without(s.inner.sleeps, path)))
        case ev.WaitStarted():
            opened = OpenWait(
                path=path,
                event=fact.event,
                opened_at=at,
                deadline=fact.deadline,
                schema=fact.schema,
            )
            others = (wait for wait in s.open_waits if wait.path != path)
            return replace(s, open_waits=(*others, opened))
        case ev.EventDelivered():
            return replace(s, open_waits=_delivered(s.open_waits, path, fact.event))
        case ev.WaitCompleted() | ev.WaitTimedOut():
            return replace(s, open_waits=tuple(w for w in s.open_waits if w.path != path))
        case (
            ev.BranchTaken()
            | ev.RepeatIterationCompleted()
            | ev.VarSet()
            | ev.ListSet()
            | ev.MapSet()
            | ev.LogEmitted()
        ):
            return s
        case _:
            assert_never(fact)


def told(summary: RunSummary, holder: str | None) -> RunSummary:
    """Return `summary` as a store tells it, knowing which live worker holds the run, if any."""
    status = summary.status
    if status in EXECUTING and holder is None:
        status = Status.INTERRUPTED
    return replace(summary, status=status, worker=holder)


def due_at(summary: RunSummary) -> datetime | None:
    """Return from when on a worker has something to do here, if nobody holds the run.

    None: nothing, until something is delivered, retried or cancelled.
    """
    if summary.status in STOPPED:
        owes = summary.inner.owes and summary.status in FINISHED
        return summary.ended_at + TELLING_TIME if owes and summary.ended_at else None
    inner = summary.inner
    wanted = inner.cancel_requested or inner.news or any(w.delivered for w in summary.open_waits)
    if wanted or summary.status in (Status.QUEUED, Status.RUNNING):
        return summary.updated_at
    return summary.wake_at


def haystack(summary: RunSummary) -> str:
    """Return the text, in lower case, that a search over runs looks through."""
    waits = (f"{wait.path} {wait.event}" for wait in summary.open_waits)
    error = f"{summary.error} {summary.error.path}" if summary.error else ""
    return " ".join((summary.run_id, summary.workflow, error, *waits)).lower()


def _child_of(parent: kin.Parent | None, s: RunSummary) -> RunSummary:
    if parent is None:
        return s
    inner = replace(s.inner, parent_path=parent.path, called=parent.called)
    return replace(s, parent=parent.run_id, inner=inner)


def _end(s: RunSummary, status: Status, at: datetime, error: ErrorInfo | None = None) -> RunSummary:
    concerned = s.inner.called or (status is Status.CANCELLED and s.inner.calls)
    owes = bool(concerned) and status in FINISHED
    inner = replace(
        s.inner, active=0, cancel_requested=False, shelved_waits=s.open_waits, owes=owes
    )
    return replace(
        s, status=status, ended_at=at, error=error, open_waits=(), worker=None, inner=inner
    )


def _again(s: RunSummary) -> RunSummary:
    inner = replace(s.inner, active=0, cancel_requested=False, shelved_waits=(), owes=False)
    return replace(
        s,
        status=Status.QUEUED,
        ended_at=None,
        error=None,
        attempt=s.attempt + 1,
        open_waits=s.inner.shelved_waits,
        inner=inner,
    )


def _status(s: RunSummary) -> Status:
    if s.status in STOPPED or s.status is Status.QUEUED or s.inner.active:
        return s.status if s.status in STOPPED or s.status is Status.QUEUED else Status.RUNNING
    if s.open_waits or s.inner.calls:
        return Status.WAITING
    if s.inner.sleeps:
        return Status.SLEEPING
    return Status.RETRYING if s.inner.retries else Status.RUNNING


def _earliest(s: RunSummary) -> datetime | None:
    """Return when the run goes on by itself."""
    inner = s.inner
    if s.status in STOPPED or not (inner.sleeps or inner.retries or s.open_waits):
        return None
    deadlines = (wait.deadline for wait in s.open_waits if wait.deadline)
    return min((*inner.sleeps.values(), *inner.retries.values(), *deadlines), default=None)


def _delivered(waits: tuple[OpenWait, ...], path: str, event: str) -> tuple[OpenWait, ...]:
    return tuple(
        replace(wait, delivered=True) if (wait.path, wait.event) == (path, event) else wait
        for wait in waits
    )
