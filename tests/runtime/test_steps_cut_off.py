"""Steps in flight when their run is cancelled, or their process dies: what the log says of them."""

from __future__ import annotations

import asyncio
import random
import threading
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from flopod import (
    ActivityError,
    ActivityTimeoutError,
    Control,
    NeedsAttentionError,
    NonRetryable,
    Retry,
    Runtime,
    Worker,
)
from flopod import events as ev
from flopod.errors import ErrorInfo
from flopod.events import Event
from flopod.stored import utc_now, whole_ms
from flopod_backends import MemoryBackend
from runtime.lives import RUN, cut, finished, log_lines, told, until
from runtime.versions import run
from runtime.work import job, started

LOST = "in flight when the run was cancelled, its end is not recorded"


class Charge:
    """A step in a thread that ends when it is told to."""

    def __init__(self) -> None:
        self.calls = 0
        self.begun, self.go = threading.Event(), threading.Event()
        self.error: BaseException | None = None

    def __call__(self) -> str:
        self.calls += 1
        self.begun.set()
        self.go.wait(10)
        if self.error is not None:
            raise self.error
        return "charged"


async def cancelled(body: Any, charge: Charge, *, ends: bool = True) -> MemoryBackend:
    """Return a store in which a run was cancelled while its step was in flight."""
    backend, made = MemoryBackend(), job(body)
    control = await started(backend, made)
    async with Worker(backend, [made]):
        await asyncio.to_thread(charge.begun.wait)
        await control.cancel(RUN)
        if ends:
            await until(backend, lambda run: run.inner.cancel_requested)
            charge.go.set()
        await until(backend, lambda run: run.status == "cancelled")
    charge.go.set()
    return backend


@pytest.mark.parametrize("at_most_once", [False, True])
async def test_a_step_that_ends_after_its_run_was_cancelled_is_recorded(at_most_once: bool) -> None:
    charge = Charge()

    async def pay(wf: Runtime) -> Any:
        return await wf.activity("charge", charge, at_most_once=at_most_once)

    backend = await cancelled(pay, charge)
    assert "ActivityCompleted charge" in await told(backend)
    await Control(backend).retry(RUN)
    assert await run(job(pay), backend) == "charged"
    assert charge.calls == 1


@pytest.mark.parametrize("error", [ValueError("declined"), SystemExit(3)], ids=repr)
async def test_a_step_that_fails_after_its_run_was_cancelled_is_told(error: Any) -> None:
    charge = Charge()
    charge.error = error

    async def pay(wf: Runtime) -> Any:
        return await wf.activity("charge", charge)

    backend = await cancelled(pay, charge)
    [(path, line)] = log_lines(await backend.events(RUN))
    assert path == "charge"
    assert line == f"{LOST}: it raised {type(error).__name__}: {error}"


async def test_a_step_that_does_not_end_when_its_run_is_cancelled_is_told_and_not_called_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("flopod.calls.LEAST_GRACE", 0.02)
    charge = Charge()

    async def pay(wf: Runtime) -> Any:
        return await wf.activity("charge", charge, at_most_once=True)

    backend = await cancelled(pay, charge, ends=False)
    assert log_lines(await backend.events(RUN)) == [("charge", f"{LOST}: it was cut off")]
    await Control(backend).retry(RUN)
    with pytest.raises(NeedsAttentionError, match="at_most_once"):
        await run(job(pay), backend)
    assert charge.calls == 1


async def test_an_async_step_is_cut_off_with_its_run_and_that_is_told() -> None:
    charge, calls = Charge(), []

    async def hang() -> None:
        calls.append(1)
        charge.begun.set()
        await asyncio.Event().wait()

    async def pay(wf: Runtime) -> Any:
        return await wf.activity("charge", hang, at_most_once=True)

    backend = await cancelled(pay, charge)
    assert log_lines(await backend.events(RUN)) == [("charge", f"{LOST}: it was cut off")]
    assert len(calls) == 1


async def test_a_step_at_most_once_that_failed_may_be_tried_again() -> None:
    """Its failure is recorded: what it did is known."""
    calls = []

    def declined() -> None:
        calls.append(1)
        raise ConnectionError("declined")

    async def pay(wf: Runtime) -> Any:
        with suppress(ActivityError):
            await wf.activity("charge", declined, at_most_once=True, retry=Retry(3, delay=0))
        return len(calls)

    backend = MemoryBackend()
    assert await run(pay, backend) == 3
    starts = await told(backend, RUN, "ActivityStarted", "ActivityRetrying", "ActivityFailed")
    assert starts == [
        *["ActivityStarted charge", "ActivityRetrying charge"] * 2,
        "ActivityStarted charge",
        "ActivityFailed charge",
    ]


@pytest.mark.parametrize("kind", ["plain", "async"])
async def test_a_step_at_most_once_that_took_too_long_is_not_tried_again(kind: str) -> None:
    """Nobody knows what it did; a retry of the run is a person's decision."""
    charge, calls = Charge(), []

    async def hang() -> None:
        calls.append(1)
        await asyncio.Event().wait()

    async def pay(wf: Runtime) -> Any:
        fn, patient = charge if kind == "plain" else hang, Retry(3, delay=0)
        await wf.activity("charge", fn, timeout="20ms", at_most_once=True, retry=patient)

    backend = MemoryBackend()
    with pytest.raises(ActivityTimeoutError):
        await run(pay, backend)
    charge.go.set()
    assert (charge.calls, len(calls)) == ((1, 0) if kind == "plain" else (0, 1))
    assert "charge will run again" in await Control(backend).retry(RUN)


@pytest.mark.parametrize("survived", range(3, 9))
async def test_a_step_at_most_once_is_called_at_most_once_wherever_the_process_died(
    survived: int,
) -> None:
    calls = []

    async def pay(wf: Runtime) -> Any:
        await wf.activity("before", lambda: 1)
        await wf.activity("charge", lambda: calls.append(1), at_most_once=True)
        return await wf.activity("after", lambda: 2)

    backend = MemoryBackend()
    await run(pay, backend)
    log = await backend.events(RUN)
    left = await cut(log[:survived])
    begun = {e.type for e in log[:survived] if e.path == "charge"}
    calls.clear()
    if begun == {"ActivityStarted"}:
        with pytest.raises(NeedsAttentionError):
            await run(pay, left)
        assert not calls
    else:
        await run(pay, left)
        assert len(calls) == (not begun)


# Attempts and back-off over restarts


INFO = ErrorInfo("ConnectionError", "down", "step", kind="activity")
BEGUN = [Event(ev.RunSubmitted(workflow="job")), Event(ev.RunStarted())]


async def test_an_attempt_that_was_cut_off_keeps_its_number() -> None:
    calls = []

    def down() -> None:
        calls.append(1)
        raise ConnectionError("down")

    async def body(wf: Runtime) -> None:
        await wf.activity("step", down, retry=Retry(4, delay=0))

    for left, expected in (
        ([Event(ev.ActivityStarted(attempt=3), "step")], 2),
        ([Event(ev.ActivityRetrying(attempt=3, error=INFO, next_at=utc_now()), "step")], 1),
    ):
        calls.clear()
        with pytest.raises(ActivityError) as caught:
            await run(job(body), await cut([*BEGUN, *left]))
        assert (len(calls), caught.value.attempts) == (expected, 4)


async def test_a_back_off_is_neither_shortened_nor_begun_anew_by_a_restart() -> None:
    next_at = whole_ms(utc_now() + timedelta(milliseconds=60))

    async def body(wf: Runtime) -> Any:
        return await wf.activity("step", lambda: "up", retry=Retry(3, delay="1h"))

    retrying = Event(ev.ActivityRetrying(attempt=1, error=INFO, next_at=next_at), "step")
    backend = await cut([*BEGUN, retrying])
    assert await run(job(body), backend) == "up"
    started_again = next(
        e for e in await backend.events(RUN) if e.seq > 3 and isinstance(e.fact, ev.ActivityStarted)
    )
    assert started_again.data["attempt"] == 2
    assert timedelta(0) <= started_again.at - next_at < timedelta(seconds=5)


async def test_what_is_not_retryable_stays_so_over_restarts() -> None:
    class Declined(NonRetryable):
        pass

    calls = []

    def declined() -> None:
        calls.append(1)
        raise Declined("for good")

    async def body(wf: Runtime) -> Any:
        with suppress(ActivityError):
            await wf.activity("step", declined, retry=Retry(9, delay=0))
        return len(calls)

    backend = MemoryBackend()
    await run(body, backend)
    again = await cut((await backend.events(RUN))[:-1])
    assert await run(body, again) == 1


async def test_log_lines_of_a_step_stand_once_for_each_attempt() -> None:
    calls = []

    async def body(wf: Runtime) -> Any:
        async def step() -> str:
            calls.append(1)
            wf.log(f"try {len(calls)}")
            if len(calls) < 3:
                raise ConnectionError("down")
            return "up"

        return await wf.activity("step", step, retry=Retry(5, delay=0))

    backend, made = MemoryBackend(), job(body)
    await started(backend, made)
    async with Worker(backend, [made]):
        await finished(backend)
    lines = [line for _, line in log_lines(await backend.events(RUN))]
    assert lines == ["try 1", "try 2", "try 3"]


# Never twice at once


async def test_a_step_still_in_its_thread_is_not_called_again_by_a_retry(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("flopod.calls.LEAST_GRACE", 0.02)
    charge = Charge()

    async def pay(wf: Runtime) -> Any:
        return await wf.activity("charge", charge)

    backend, made = MemoryBackend(), job(pay)
    control = await started(backend, made)
    async with Worker(backend, [made]):
        await asyncio.to_thread(charge.begun.wait)
        await control.cancel(RUN)
        await until(backend, lambda run: run.status == "cancelled")
        await control.retry(RUN)
        summary = await until(backend, lambda run: run.status == "error")
        assert summary.error is not None
        assert "still runs since before the run was retried" in summary.error.message
        assert charge.calls == 1
        charge.go.set()
        await control.retry(RUN)
        await finished(backend)
    assert charge.calls == 2


async def test_attempts_of_a_plain_step_never_overlap_whatever_their_timeouts() -> None:
    running: Counter[str] = Counter()
    overlaps, calls = [], []
    chance, lock = random.Random(18), threading.Lock()

    def step(id: str) -> None:
        with lock:
            calls.append(id)
            overlaps.extend([id] if running[id] else [])
            running[id] += 1
        threading.Event().wait(chance.random() / 100)
        with lock:
            running[id] -= 1
        if chance.random() < 0.5:
            raise ConnectionError("down")

    async def body(wf: Runtime) -> None:
        for place in range(15):
            id, retry = f"step-{place}", Retry(4, delay=0)
            with suppress(ActivityError):
                await wf.activity(id, lambda id=id: step(id), timeout=0.005, retry=retry)

    await run(body)
    assert len(calls) > 15
    assert not overlaps


async def test_a_step_that_ends_while_its_program_is_interrupted_is_not_called_again() -> None:
    charge, backend = Charge(), MemoryBackend()

    async def pay(wf: Runtime) -> Any:
        return await wf.activity("charge", charge), await wf.activity("next", lambda: "next")

    task = asyncio.create_task(run(job(pay), backend))
    await asyncio.to_thread(charge.begun.wait)
    task.cancel()
    asyncio.get_running_loop().call_later(0.02, charge.go.set)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await told(backend))[-1] == "ActivityCompleted charge"
    assert await run(job(pay), backend) == ("charged", "next")
    assert charge.calls == 1
