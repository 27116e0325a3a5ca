"""Time: sleeps and waits. The moment is absolute and recorded once; restarts don't move it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flopod import events as ev
from flopod import shapes
from flopod.activity import wait_until
from flopod.errors import FlopodError, StaleAppendError
from flopod.events import decoded, whole_ms
from flopod.execution import Execution
from flopod.recall import Step
from flopod.scope import Scope
from flopod.summary import RunSummary


async def sleep(scope: Scope, id: str, duration: timedelta) -> None:
    """Return when `duration` has passed since the run first came here."""
    path, step = scope.ask(id, "sleep")
    if step is not None and step.outcome is not None:
        return
    execution = scope.execution
    if step is not None and isinstance(step.opened, ev.SleepStarted):
        wake_at = step.opened.wake_at
    else:
        wake_at = whole_ms(execution.clock.now() + duration)
        await execution.record(ev.SleepStarted(wake_at=wake_at), path)
    await wait_until(execution, wake_at)
    execution.journal.ride(ev.SleepCompleted(), path)


async def wait(scope: Scope, id: str, event: str, timeout: timedelta | None, type: Any) -> Any:
    """Return the payload of the event once it is delivered, None once the time is over."""
    path, step = scope.ask(id, "wait")
    outcome = step.outcome if step is not None else None
    if outcome is None:
        opened = await _opened(scope.execution, path, step, event, timeout, type)
        outcome = await _resolved(scope.execution, path, opened)
    if not isinstance(outcome, ev.WaitCompleted):
        return None
    delivery: Any = scope.execution.recall.by_id[outcome.delivery_id].fact
    payload = decoded(delivery.payload)
    return payload if type is None else shapes.convert(payload, type, f"payload of {path!r}")


async def _opened(
    execution: Execution,
    path: str,
    step: Step | None,
    event: str,
    timeout: timedelta | None,
    type: Any,
) -> ev.WaitStarted:
    if step is not None and isinstance(step.opened, ev.WaitStarted):
        return step.opened
    deadline = whole_ms(execution.clock.now() + timeout) if timeout is not None else None
    schema = shapes.schema_of(type) if type is not None else None
    opened = ev.WaitStarted(event=event, deadline=deadline, schema=schema)
    await execution.record(opened, path)
    return opened


async def _resolved(
    execution: Execution, path: str, wait: ev.WaitStarted
) -> ev.WaitCompleted | ev.WaitTimedOut:
    """Take the oldest delivery, or time out. What the log says first is what counts."""
    recall, journal = execution.recall, execution.journal
    while True:
        seen = journal.last_seq
        if delivery := recall.delivery_for(path, wait):
            taken = ev.WaitCompleted(delivery_id=_id_of(delivery))
            await execution.record(taken, path)
            recall.taken.add(taken.delivery_id)
            return taken
        if wait.deadline is not None and execution.clock.now() >= wait.deadline:
            if (late := await _timed_out(execution, path, wait.event, seen)) is not None:
                return late
        else:
            await execution.park(wait.deadline)


class _Delivered(FlopodError):
    """Something was delivered to a wait that was about to time out."""


async def _timed_out(
    execution: Execution, path: str, event: str, seen: int
) -> ev.WaitTimedOut | None:
    """Record the end of the wait unless something was delivered to it since number `seen`."""

    def refuse_delivered(run: RunSummary | None) -> None:
        if run is not None and any(w.delivered for w in run.open_waits if w.path == path):
            raise _Delivered(path)

    late = ev.WaitTimedOut()
    # The log can't be asked to stand still where siblings of the wait append without pause. A
    # summary says only that there is a delivery: where one that came too late is known, it must.
    known = (path, event) in execution.recall.deliveries
    try:
        if known:
            await execution.record_if(late, path, expect=seen)
        else:
            await execution.record_if(late, path, guard=refuse_delivered)
    except (_Delivered, StaleAppendError):
        await execution.journal.refresh()
        return None
    return late


def _id_of(delivery: ev.Event) -> str:
    fact: Any = delivery.fact
    return str(fact.delivery_id)
