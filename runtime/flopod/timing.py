"""Time: sleeps and waits. The moment is absolute and recorded once; restarts don't move it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flopod import events as ev
from flopod import shapes
from flopod.activity import typed
from flopod.errors import FlopodError, StaleAppendError
from flopod.execution import Execution
from flopod.failures import describe
from flopod.moments import Moment
from flopod.recall import Step
from flopod.records import json_part
from flopod.scope import Scope
from flopod.stored import Encoded, decoded, whole_ms
from flopod.summary import RunSummary


async def sleep(scope: Scope, id: str, duration: timedelta) -> None:
    """Return when `duration` has passed since the run first came here."""
    path, step = scope.ask(id, "sleep")
    if step is not None and step.outcome is not None:
        return
    execution = scope.execution
    if step is not None and isinstance(step.opened, ev.SleepStarted):
        moment = Moment(execution, step.opened.wake_at, path)
    else:
        await scope.begin(path)
        wake_at = whole_ms(execution.clock.now() + duration)
        moment = Moment(execution, wake_at, path)
        await execution.record(ev.SleepStarted(wake_at=wake_at), path)
    await moment.come()
    execution.journal.ride(ev.SleepCompleted(), path)


async def wait(scope: Scope, id: str, event: str, timeout: timedelta | None, type: Any) -> Any:
    """Return the payload of the event once it is delivered, None once the time is over."""
    path, step = scope.ask(id, "wait")
    outcome = step.outcome if step is not None else None
    if outcome is None:
        opened, due = await _opened(scope, path, step, event, timeout, type)
        outcome = await _resolved(scope.execution, path, opened, due, type)
    if not isinstance(outcome, ev.WaitCompleted):
        return None
    delivery: Any = scope.execution.recall.by_id[outcome.delivery_id].fact
    return typed(scope.execution, path, "payload", delivery.payload, type)


async def _opened(
    scope: Scope,
    path: str,
    step: Step | None,
    event: str,
    timeout: timedelta | None,
    type: Any,
) -> tuple[ev.WaitStarted, Moment | None]:
    """Return the wait as it is recorded, and when its time is over."""
    execution = scope.execution
    if step is not None and isinstance(step.opened, ev.WaitStarted):
        deadline = step.opened.deadline
        return step.opened, Moment(execution, deadline, path) if deadline is not None else None
    schema = shapes.schema_of(type) if type is not None else None
    await scope.begin(path)
    now = execution.clock.now()
    deadline = whole_ms(now + timeout) if timeout is not None else None
    due = Moment(execution, deadline, path) if deadline is not None else None
    opened = ev.WaitStarted(event=event, deadline=deadline, schema=schema)
    await execution.record(opened, path)
    return opened, due


async def _resolved(
    execution: Execution, path: str, wait: ev.WaitStarted, due: Moment | None, type: Any
) -> ev.WaitCompleted | ev.WaitTimedOut:
    """Take the oldest delivery, or time out. What the log says first is what counts."""
    recall, journal = execution.recall, execution.journal
    while True:
        seen = journal.last_seq
        for delivery in recall.deliveries_for(path, wait):
            fact: Any = delivery.fact
            recall.taken.add(fact.delivery_id)
            if why := _misfit(fact.payload, wait.schema, type):
                await _pass_over(execution, path, wait, fact.delivery_id, why)
                continue
            taken = ev.WaitCompleted(delivery_id=fact.delivery_id)
            await execution.record(taken, path)
            return taken
        if due is not None and due.has_come:
            if (late := await _timed_out(execution, path, wait.event, seen)) is not None:
                return late
        else:
            await execution.park(due.rings_at if due is not None else None)


def _misfit(payload: Encoded, schema: dict[str, Any] | None, type: Any) -> str:
    """Return why a wait can't take a payload; '' if it can.

    Not all is checked at the door: there may have been no wait yet, and a type may ask for more
    than its schema says. What the wait does not take must not end the run, now and at each retry.
    """
    try:
        if schema is not None:
            shapes.check(json_part(payload), schema, "payload")
        if type is not None:
            shapes.convert(decoded(payload), type, "payload")
    except Exception as error:
        # A type is the author's code: whatever it raises says that it does not take the payload.
        return str(describe(error))
    return ""


async def _pass_over(
    execution: Execution, path: str, wait: ev.WaitStarted, delivery_id: str, why: str
) -> None:
    """Say once in the run's log that a delivery was not taken, and wait on."""
    message = f"delivery {delivery_id!r} was passed over, the wait goes on: {why}"
    if (path, message) not in execution.recall.said:
        execution.journal.ride(ev.LogEmitted(level="warning", message=message), path)
        # Recorded again, or the run would count as one with a delivery to take.
        await execution.record(wait, path)


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
