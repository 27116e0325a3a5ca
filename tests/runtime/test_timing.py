"""Sleeps and waits: the moment is absolute; what the log says first is what counts."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flopod import Control, InvalidDurationError, InvalidPayloadError, Runtime, run_workflow
from flopod import events as ev
from flopod.events import Event
from flopod.stored import encoded, utc_now, whole_ms
from flopod_backends import MemoryBackend
from runtime.lives import RUN, answering, cut, told, until

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


async def run(body: Any, backend: MemoryBackend | None = None) -> Any:
    async with asyncio.timeout(10):
        return await run_workflow(body, backend=backend or MemoryBackend(), run_id=RUN)


def past(*facts: tuple[ev.Fact, str], at: datetime = LONG_AGO) -> list[Event]:
    """Return the log of a run of `job` that was left with these facts."""
    begun = [Event(ev.RunSubmitted(workflow="job"), at=at), Event(ev.RunStarted(), at=at)]
    return begun + [Event(fact, path, at) for fact, path in facts]


async def test_a_sleep_that_ended_while_nothing_ran_is_due_at_once() -> None:
    async def job(wf: Runtime) -> Any:
        await wf.sleep("nap", "365d")
        return "awake"

    wake_at = LONG_AGO + timedelta(days=365)
    backend = await cut(past((ev.SleepStarted(wake_at=wake_at), "nap")))
    assert await run(job, backend) == "awake"


async def test_a_restart_neither_shortens_nor_lengthens_a_sleep() -> None:
    async def job(wf: Runtime) -> None:
        await wf.sleep("nap", "1s" if wf.replaying else "1h")

    wake_at = whole_ms(utc_now() + timedelta(milliseconds=50))
    backend = await cut(past((ev.SleepStarted(wake_at=wake_at), "nap")))
    await run(job, backend)
    over = next(e for e in await backend.events(RUN) if isinstance(e.fact, ev.SleepCompleted))
    assert over.at >= wake_at
    assert over.at < wake_at + timedelta(seconds=0.9)


@pytest.mark.parametrize("duration", [-1, "1 hour", float("nan"), "", None])
async def test_what_is_no_duration_is_refused_before_anything_is_recorded(duration: Any) -> None:
    backend = MemoryBackend()

    async def job(wf: Runtime) -> None:
        await wf.sleep("nap", duration)

    with pytest.raises(InvalidDurationError):
        await run(job, backend)
    assert "SleepStarted nap" not in await told(backend)


@dataclass
class Approval:
    by: str
    amount: int = 0


async def waits_for_approval(wf: Runtime) -> Any:
    got = await wf.wait("approval", "approve", timeout="1h", type=Approval)
    return [type(got).__name__, got.by, got.amount]


async def test_the_payload_comes_as_the_type_that_was_announced() -> None:
    backend = MemoryBackend()
    async with answering(backend, {"approval": {"by": "ann"}}):
        assert await run(waits_for_approval, backend) == ["Approval", "ann", 0]


async def test_a_payload_of_another_type_is_refused_at_the_door() -> None:
    backend = MemoryBackend()
    task = asyncio.create_task(run(waits_for_approval, backend))
    await until(backend, lambda run: bool(run.open_waits))
    control = Control(backend)

    with pytest.raises(InvalidPayloadError, match="by"):
        await control.deliver(RUN, "approval", "approve", {"amount": 1})
    assert "EventDelivered approval" not in await told(backend)
    await control.deliver(RUN, "approval", "approve", {"by": "bob", "amount": 2})
    assert await task == ["Approval", "bob", 2]


async def test_of_several_deliveries_each_wait_takes_the_oldest_that_is_left() -> None:
    async def job(wf: Runtime) -> Any:
        async def one(iteration: int) -> Any:
            return None

        first = await wf.wait("a", "go")
        both = await wf.parallel("p", [lambda: wf.wait("b", "go"), lambda: wf.wait("b", "stop")])
        return [first, *both]

    backend = await cut(past())
    control = Control(backend)
    for path, event, payload in [
        ("a", "go", 1),
        ("a", "go", 2),
        ("a", "stop", 3),
        ("p[1]/b", "stop", 4),
        ("p[0]/b", "stop", 5),
        ("p[0]/b", "go", 6),
    ]:
        await control.deliver(RUN, path, event, payload)
    assert await run(job, backend) == [1, 6, 4]


async def wait_an_hour(wf: Runtime) -> Any:
    return await wf.wait("w", "go", timeout="1h"), await wf.activity("after", lambda: "after")


def waiting_until(deadline: datetime) -> list[Event]:
    opened = ev.WaitStarted(event="go", deadline=deadline)
    return past((opened, "w"))


def delivery(at: datetime, payload: Any = "yes") -> Event:
    fact = ev.EventDelivered(event="go", payload=encoded(payload), delivery_id=f"id {at}")
    return Event(fact, "w", at)


async def test_a_delivery_before_the_deadline_wins_though_nothing_ran_at_the_deadline() -> None:
    deadline = LONG_AGO + timedelta(hours=1)
    backend = await cut([*waiting_until(deadline), delivery(deadline)])
    assert await run(named_job(wait_an_hour), backend) == ("yes", "after")


async def test_a_delivery_after_the_deadline_comes_too_late() -> None:
    deadline = LONG_AGO + timedelta(hours=1)
    late = delivery(deadline + timedelta(milliseconds=1))
    backend = await cut([*waiting_until(deadline), late])
    assert await run(named_job(wait_an_hour), backend) == (None, "after")


async def test_once_timed_out_a_wait_stays_timed_out() -> None:
    deadline = LONG_AGO + timedelta(hours=1)
    log = [*waiting_until(deadline), Event(ev.WaitTimedOut(), "w"), delivery(deadline)]
    assert await run(named_job(wait_an_hour), await cut(log)) == (None, "after")


async def test_a_delivery_that_lands_while_the_timeout_is_recorded_wins() -> None:
    """The wait decides on what it has read; the log has moved on; it decides again."""
    deadline = whole_ms(utc_now() + timedelta(milliseconds=30))
    backend = await cut(waiting_until(deadline))
    append = backend.append

    async def overtaken(run_id: str, events: Any, **kw: Any) -> Any:
        if isinstance(events[-1].fact, ev.WaitTimedOut):
            backend.append = append
            await append(run_id, [delivery(deadline, "in time")])
        return await append(run_id, events, **kw)

    backend.append = overtaken  # an untimely neighbour

    async def job(wf: Runtime) -> Any:
        wf.log("a rider that must not get lost")
        return await wf.wait("w", "go", timeout="1h")

    assert await run(job, backend) == "in time"
    lines = [e.fact.message for e in await backend.events(RUN) if isinstance(e.fact, ev.LogEmitted)]
    assert lines == ["a rider that must not get lost"]


async def test_a_timeout_is_on_time_beside_a_sibling_that_never_rests() -> None:
    """Whenever the timeout is recorded, somebody else has appended just before."""
    backend = await cut(waiting_until(LONG_AGO))
    append = backend.append

    async def overtaken(run_id: str, events: Any, **kw: Any) -> Any:
        if isinstance(events[-1].fact, ev.WaitTimedOut):
            await append(run_id, [Event(ev.LogEmitted(level="info", message="busy"), "sibling")])
        return await append(run_id, events, **kw)

    backend.append = overtaken  # a busy neighbour
    assert await run(named_job(wait_an_hour), backend) == (None, "after")


async def test_a_step_is_never_told_as_begun_after_its_end() -> None:
    """Its start rides along, and must not do so with a timeout that is refused in the end."""
    backend = await cut(waiting_until(LONG_AGO))
    append = backend.append
    timing_out, stepped = asyncio.Event(), asyncio.Event()

    async def overtaken(run_id: str, events: Any, **kw: Any) -> Any:
        if isinstance(events[-1].fact, ev.WaitTimedOut):
            backend.append = append
            timing_out.set()
            await stepped.wait()
            await append(run_id, [delivery(LONG_AGO, "in time")])
        return await append(run_id, events, **kw)

    backend.append = overtaken  # a slow store, and a delivery at the last moment

    async def job(wf: Runtime) -> Any:
        async def sibling() -> None:
            await wf.activity("step", timing_out.wait)
            stepped.set()

        return (await asyncio.gather(sibling(), wf.wait("w", "go", timeout="1h")))[1]

    assert await run(job, backend) == "in time"
    steps = await told(backend, RUN, "ActivityStarted", "ActivityCompleted")
    assert steps == ["ActivityStarted step", "ActivityCompleted step"]


async def test_a_kept_delivery_of_another_type_is_not_taken_and_ends_no_run() -> None:
    backend = await cut(past())
    control = Control(backend)

    async def job(wf: Runtime) -> Any:
        return await waits_for_approval(wf)

    kept = await control.deliver(RUN, "approval", "approve", {"amount": 1})
    assert not kept.waiting
    task = asyncio.create_task(run(job, backend))
    await until(backend, lambda run: bool(run.open_waits))
    await control.deliver(RUN, "approval", "approve", {"by": "bob", "amount": 2})
    assert await task == ["Approval", "bob", 2]


def named_job(fn: Any) -> Any:
    async def job(wf: Runtime) -> Any:
        return await fn(wf)

    return job
