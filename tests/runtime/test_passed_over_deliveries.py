"""Deliveries that a wait cannot take: told in the run's log, and the wait goes on."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from flopod import Control, InvalidPayloadError, Runtime, Worker
from flopod import events as ev
from flopod.events import Event
from flopod_backends import MemoryBackend
from runtime.lives import RUN, cut, finished, let_go, log_lines, told, until
from runtime.versions import run
from runtime.work import job, started


@dataclass
class Amount:
    """Its schema takes any whole number; itself it does not."""

    cents: int

    def __post_init__(self) -> None:
        if self.cents < 0:
            raise ValueError("no amount is below zero")
        if self.cents == 0:
            raise RuntimeError("a type may raise whatever it likes")


async def pays(wf: Runtime) -> Any:
    amount = await wf.wait("pay", "paid", type=Amount)
    return amount.cents


@pytest.mark.parametrize("cents", [-5, 0])
async def test_a_payload_that_its_type_refuses_is_passed_over_and_the_wait_goes_on(
    cents: int,
) -> None:
    backend, control = MemoryBackend(), None
    task = asyncio.create_task(run(pays, backend))
    await until(backend, lambda run: bool(run.open_waits))
    control = Control(backend)
    await control.deliver(RUN, "pay", "paid", {"cents": cents}, "bad")
    await until(backend, lambda run: not any(wait.delivered for wait in run.open_waits))
    assert (await control.get(RUN)).status == "waiting"
    await control.deliver(RUN, "pay", "paid", {"cents": 5}, "good")
    assert await task == 5
    [(path, line)] = log_lines(await backend.events(RUN))
    assert path == "pay"
    assert line.startswith("delivery 'bad' was passed over, the wait goes on: ")


async def test_a_kept_delivery_of_another_type_is_told_in_the_log_once(quick: None) -> None:
    backend, made = MemoryBackend(), job(pays)
    control = await started(backend, made)
    kept = await control.deliver(RUN, "pay", "paid", {"cents": "many"}, "kept")
    assert not kept.waiting
    for life in range(3):
        async with Worker(backend, [made]):
            await until(backend, lambda run: bool(run.open_waits))
            if life == 2:
                await control.deliver(RUN, "pay", "paid", {"cents": 7})
                await finished(backend)
            else:
                await let_go(backend)
    lines = [line for _, line in log_lines(await backend.events(RUN))]
    assert len(lines) == 1 and "'kept' was passed over" in lines[0]
    assert (await backend.events(RUN))[-1].data["output"] == 7


async def test_a_run_with_a_delivery_that_nothing_takes_is_not_taken_up_over_and_over(
    quick: None,
) -> None:
    backend, made = MemoryBackend(), job(pays)
    control = await started(backend, made)
    async with Worker(backend, [made]):
        await until(backend, lambda run: bool(run.open_waits))
        await let_go(backend)
        await control.deliver(RUN, "pay", "paid", {"cents": -1})
        await until(backend, lambda run: not any(wait.delivered for wait in run.open_waits))
        await let_go(backend)
        assert await backend.next_due(["job"]) is None
    assert (await told(backend)).count("RunStarted") == 2


async def test_a_wait_that_passed_a_delivery_over_still_times_out() -> None:
    async def body(wf: Runtime) -> Any:
        return await wf.wait("pay", "paid", timeout="30ms", type=Amount)

    backend = await cut([Event(ev.RunSubmitted(workflow="body"))])
    await Control(backend).deliver(RUN, "pay", "paid", {"cents": -1})
    assert await run(body, backend) is None
    assert (await told(backend))[-2:] == ["WaitTimedOut pay", "RunCompleted"]


async def test_what_the_schema_refuses_is_refused_at_the_door() -> None:
    backend = MemoryBackend()
    task = asyncio.create_task(run(pays, backend))
    await until(backend, lambda run: bool(run.open_waits))
    with pytest.raises(InvalidPayloadError):
        await Control(backend).deliver(RUN, "pay", "paid", {"cents": "many"})
    await Control(backend).deliver(RUN, "pay", "paid", {"cents": 1})
    assert await task == 1
    assert not log_lines(await backend.events(RUN))
