"""Logs and workers that the tests of the stores tell of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import TypeAlias

from flopod import events as ev
from flopod import kin
from flopod.backend import LEASE_TIME, Backend, WorkerInfo, WorkflowInfo
from flopod.errors import ErrorInfo
from flopod.events import Event
from flopod.process import this_process
from flopod.stored import encoded
from flopod.summary import RunSummary, fold, told

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ERROR = ErrorInfo("ValueError", "no such port", "fetch", "line 1\nline 2", 2)
CHILD_ERROR = ErrorInfo("ValueError", "no such port", "sub", kind="child", child="r1.b.2")


Reopen: TypeAlias = Callable[..., Backend]
"""Gives another handle on the same store; by the same clock, if it is handed no other."""


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **length: float) -> None:
        self.now += timedelta(**length)


def at(minutes: float) -> datetime:
    """Return a time that many minutes after noon."""
    return NOON + timedelta(minutes=minutes)


def submitted(minutes: float = 0, workflow: str = "order", input: object = 1) -> Event:
    return Event(ev.RunSubmitted(workflow=workflow, input=encoded(input)), at=at(minutes))


def called(minutes: float = 0, parent: str = "r0", path: str = "sub") -> Event:
    """Return the first event of a run that another one calls."""
    fact = ev.RunSubmitted(workflow="order", parent=kin.Parent(parent, path, called=True))
    return Event(fact, at=at(minutes))


def started(minutes: float = 0) -> Event:
    return Event(ev.RunStarted(worker="host:1", code="c0de"), at=at(minutes))


def step(path: str = "fetch", output: object = "a result", minutes: float = 0) -> Event:
    return Event(ev.ActivityCompleted(output=encoded(output)), path, at(minutes))


def logged(message: str = "hello", minutes: float = 0) -> Event:
    return Event(ev.LogEmitted(level="info", message=message), at=at(minutes))


def completed(minutes: float = 0) -> Event:
    return Event(ev.RunCompleted(output=encoded(None)), at=at(minutes))


def failed(minutes: float = 0) -> Event:
    return Event(ev.RunFailed(error=ERROR, failed_paths=("fetch",)), at=at(minutes))


def sleeping(until: datetime, minutes: float = 0, path: str = "nap") -> Event:
    return Event(ev.SleepStarted(wake_at=until), path, at(minutes))


def waiting(path: str = "approval", event: str = "approved", minutes: float = 0) -> Event:
    return Event(ev.WaitStarted(event=event, schema={"type": "string"}), path, at(minutes))


def delivered(path: str = "approval", event: str = "approved", minutes: float = 0) -> Event:
    fact = ev.EventDelivered(event=event, payload=encoded("yes"), delivery_id="d1")
    return Event(fact, path, at(minutes))


FACTS: list[ev.Fact] = [
    ev.RunSubmitted(
        workflow="order",
        input=encoded({"id": 7, "tags": {"a", "b"}}),
        parent=kin.Parent("r0", "items[2]/sub", True, 3),
    ),
    ev.RunStarted(worker="host:1", code="c0de"),
    ev.ActivityStarted(attempt=1),
    ev.ActivityRetrying(attempt=1, error=ERROR, next_at=at(1)),
    ev.ActivityCompleted(
        output=encoded((1, b"\x00\xff", NOON, 'ünï "quoted" \u2028 \x00')), attempt=2
    ),
    ev.ActivityFailed(error=ERROR),
    ev.BranchTaken(key="big", default=True),
    ev.EachStarted(total=2, fingerprint="f00d"),
    ev.EachItemCompleted(output=encoded(1.5)),
    ev.EachItemFailed(error=ERROR),
    ev.RepeatIterationCompleted(stop=True),
    ev.ParallelStarted(total=2),
    ev.ParallelBranchCompleted(output=encoded(None)),
    ev.ParallelBranchFailed(error=ERROR),
    ev.SleepStarted(wake_at=at(5)),
    ev.SleepCompleted(),
    ev.WaitStarted(event="approved", deadline=at(9), schema={"type": "object"}),
    ev.EventDelivered(event="approved", payload=encoded(float("inf")), delivery_id="d1"),
    ev.WaitCompleted(delivery_id="d1"),
    ev.WaitTimedOut(),
    ev.VarSet(value=encoded([1, 2]), by="body"),
    ev.ListSet(pushed=encoded(["x"])),
    ev.MapSet(put=encoded(["k", {"v": 1}])),
    ev.LogEmitted(
        level="warning", message='a\nline with "crc":"00000000"}', fields=encoded({"a": 1})
    ),
    kin.ChildStarted(child="r1.a.1", workflow="order"),
    kin.StartRefused(error=CHILD_ERROR),
    kin.ChildCalled(child="r1.b.2", workflow="order"),
    kin.ChildEnded(child="r1.b.2"),
    kin.ChildCompleted(output=encoded({"x"})),
    kin.ChildFailed(error=CHILD_ERROR),
    ev.RunCancelRequested(),
    ev.RunNeedsAttention(error=ERROR),
    ev.RunRetried(voided=("fetch",)),
    ev.RunForked(source="other", source_seq=3),
    kin.EndTold(),
    ev.RunFailed(error=ERROR, failed_paths=("fetch",)),
    ev.RunCancelled(),
    ev.RunCompleted(output=encoded("fin"), unvisited=("old",)),
]
"""One of each, in some order."""

STORY = [
    Event(fact, "" if fact.__class__.__name__.startswith("Run") else f"part[{n}]/ünit", at(n / 60))
    for n, fact in enumerate(FACTS)
]


def told_of(run_id: str, events: Iterable[Event]) -> RunSummary:
    """Return what a store tells of a run that has this log and that nobody holds."""
    return told(reduce(fold, events, RunSummary(run_id=run_id)), None)


def worker(now: Callable[[], datetime], *workflows: str) -> WorkerInfo:
    """Return a new worker of this process, alive from now on."""
    infos = [WorkflowInfo(name=name, doc="It works.") for name in workflows]
    return this_process(concurrency=10, workflows=infos, now=now())


def elsewhere(now: Callable[[], datetime], host: str = "far-away") -> WorkerInfo:
    """Return a worker of a process on another machine, alive from now on."""
    return WorkerInfo(
        worker_id=f"{host}-1",
        host=host,
        pid=1,
        process_start="1@boot",
        since=now(),
        expires_at=now() + LEASE_TIME,
        concurrency=1,
    )
