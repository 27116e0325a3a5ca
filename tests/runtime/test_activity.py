"""Steps: called once, in time, with their errors as data."""

from __future__ import annotations

import asyncio
import functools
import threading
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Any

import pytest
from pydantic import BaseModel

from flopod import (
    ActivityError,
    Control,
    NeedsAttentionError,
    NonRetryable,
    Retry,
    Runtime,
    SerializableError,
    run_workflow,
)
from flopod import events as ev
from flopod.errors import InvalidPayloadError
from flopod.events import Event
from flopod_backends import MemoryBackend
from runtime.lives import RUN, cut, told, until


class Colour(Enum):
    RED = "red"


@dataclass
class Size:
    width: int
    colour: Colour = Colour.RED


class Model(BaseModel):
    names: list[str]


async def run(body: Any, backend: MemoryBackend | None = None) -> Any:
    async with asyncio.timeout(10):
        return await run_workflow(body, backend=backend or MemoryBackend(), run_id=RUN)


@pytest.mark.parametrize(
    ("type", "value"),
    [
        (Size, Size(3)),
        (list[Size], [Size(1), Size(2)]),
        (Colour, Colour.RED),
        (Model, Model(names=["a"])),
        (tuple[int, ...], (1, 2)),
    ],
)
async def test_a_typed_result_is_of_its_type_live_and_on_replay(type: Any, value: Any) -> None:
    backend, got = MemoryBackend(), []

    async def body(wf: Runtime) -> None:
        got.append(await wf.activity("step", lambda: value, type=type))
        raise LookupError("again")

    for _ in range(2):
        with pytest.raises(LookupError):
            await run(body, backend)
        await Control(backend).retry(RUN)

    assert got == [value, value]


async def test_a_result_of_another_type_than_announced_fails_and_is_not_retried() -> None:
    calls = []

    async def body(wf: Runtime) -> Any:
        step = lambda: calls.append(1) or {"width": "wide"}  # noqa: E731
        return await wf.activity("step", step, type=Size, retry=Retry(5, delay=0))

    with pytest.raises(ActivityError) as caught:
        await run(body)
    assert caught.value.cause.type == InvalidPayloadError.__name__
    assert len(calls) == 1


async def test_what_the_author_changes_is_not_what_replay_sees() -> None:
    backend, mine, seen = MemoryBackend(), {"list": [1]}, []

    async def body(wf: Runtime) -> None:
        got = await wf.activity("step", lambda: mine)
        seen.append(got["list"][:])
        assert got is not mine
        got["list"].append(2)
        mine["list"].append(3)
        raise LookupError("again")

    for _ in range(2):
        with pytest.raises(LookupError):
            await run(body, backend)
        await Control(backend).retry(RUN)

    assert seen == [[1], [1]]


async def test_a_plain_function_runs_in_a_thread_and_an_async_one_on_the_loop() -> None:
    async def on_loop() -> str:
        return threading.current_thread().name

    async def body(wf: Runtime) -> list[str]:
        return [
            await wf.activity("plain", lambda: threading.current_thread().name),
            await wf.activity("async", on_loop),
            await wf.activity("partial", functools.partial(on_loop)),
            await wf.activity("awaitable", lambda: on_loop()),
        ]

    main = threading.current_thread().name
    assert await run(body) == ["flopod-step", main, main, main]


async def test_a_step_is_tried_as_often_as_its_policy_says() -> None:
    calls: list[int] = []

    def step() -> None:
        calls.append(1)
        raise ConnectionError("down")

    async def body(wf: Runtime) -> None:
        await wf.activity("step", step, retry=Retry(3, delay=0))

    backend = MemoryBackend()
    with pytest.raises(ActivityError) as caught:
        await run(body, backend)
    assert (len(calls), caught.value.attempts, caught.value.path) == (3, 3, "step")
    assert caught.value.cause.type == "ConnectionError"
    assert "ConnectionError: down" in str(caught.value)
    assert (await told(backend, RUN, "ActivityRetrying", "ActivityFailed")) == [
        "ActivityRetrying step",
        "ActivityRetrying step",
        "ActivityFailed step",
    ]


class Hopeless(NonRetryable):
    pass


async def test_an_error_that_is_not_retryable_ends_the_step_at_once() -> None:
    calls = []

    def step() -> None:
        calls.append(1)
        raise Hopeless("never")

    async def body(wf: Runtime) -> Any:
        return await wf.attempt("step", step, Retry(5, delay=0))

    assert await run(body) is None
    assert len(calls) == 1


async def test_a_result_that_cannot_be_stored_names_the_place() -> None:
    async def body(wf: Runtime) -> None:
        await wf.activity("step", lambda: {"user": [object()]}, retry=Retry(5, delay=0))

    with pytest.raises(SerializableError, match=r"activity 'step': result\['user'\]\[0\]"):
        await run(body)


async def begun_at_most_once() -> MemoryBackend:
    """Return a store in which a payment was begun, and the process died."""
    return await cut(
        [
            Event(ev.RunSubmitted(workflow="pay")),
            Event(ev.RunStarted(worker="gone:1")),
            Event(ev.ActivityStarted(), "charge"),
        ]
    )


async def test_a_step_at_most_once_is_not_called_again_before_somebody_decides() -> None:
    backend, calls = await begun_at_most_once(), []

    async def pay(wf: Runtime) -> Any:
        with suppress(Exception):
            return await wf.activity("charge", lambda: calls.append(1), at_most_once=True)

    with pytest.raises(NeedsAttentionError, match="at_most_once"):
        await run(pay, backend)
    assert not calls
    assert (await Control(backend).get(RUN)).status == "needs_attention"
    with pytest.raises(NeedsAttentionError):
        await run(pay, backend)
    assert not calls

    assert "charge will run again" in await Control(backend).retry(RUN)
    await run(pay, backend)
    assert len(calls) == 1


async def test_a_step_at_most_once_is_durable_before_it_is_called() -> None:
    backend, seen = MemoryBackend(), []

    async def charge() -> None:
        seen.extend(await told(backend, RUN, "ActivityStarted"))

    async def pay(wf: Runtime) -> None:
        await wf.activity("charge", charge, at_most_once=True)

    await run(pay, backend)
    assert seen == ["ActivityStarted charge"]


async def test_a_fast_step_costs_one_commit_and_a_slow_one_is_seen_at_work() -> None:
    backend, appends = MemoryBackend(), []
    append = backend.append

    async def counted(run_id: str, events: Any, **kw: Any) -> Any:
        appends.append([event.type for event in events])
        return await append(run_id, events, **kw)

    backend.append = counted  # a spy on the real store

    async def slow() -> None:
        await until(backend, lambda run: run.current_path == "slow")

    async def body(wf: Runtime) -> None:
        async def nothing() -> None: ...

        await wf.activity("fast", nothing)
        await wf.activity("slow", slow)

    await run(body, backend)
    assert appends[2] == ["ActivityStarted", "ActivityCompleted"]


async def test_an_attempt_that_failed_in_time_leaves_no_word_of_a_late_result() -> None:
    backend = MemoryBackend()

    async def body(wf: Runtime) -> Any:
        return await wf.attempt("bad", lambda: 1 / 0, Retry(2, delay=0))

    assert await run(body, backend) is None
    assert not [e for e in await backend.events(RUN) if isinstance(e.fact, ev.LogEmitted)]
