"""Steps that take too long, or raise what nobody expects."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from flopod import (
    ActivityError,
    ActivityTimeoutError,
    Control,
    Retry,
    Runtime,
    ScopeError,
    run_workflow,
)
from flopod_backends import MemoryBackend
from runtime.lives import RUN, told


async def run(body: Any, backend: MemoryBackend | None = None) -> Any:
    async with asyncio.timeout(10):
        return await run_workflow(body, backend=backend or MemoryBackend(), run_id=RUN)


async def test_an_async_step_that_takes_too_long_is_cancelled() -> None:
    ended = []

    async def step() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    async def body(wf: Runtime) -> None:
        await wf.activity("step", step, timeout="10ms")

    with pytest.raises(ActivityTimeoutError, match=r"longer than 0\.01 s"):
        await run(body)
    assert ended


async def test_a_timeout_of_the_step_itself_is_an_error_like_others() -> None:
    async def step() -> None:
        raise TimeoutError("mine")

    async def body(wf: Runtime) -> None:
        await wf.activity("step", step, timeout="1h")

    with pytest.raises(ActivityError, match="TimeoutError: mine") as caught:
        await run(body)
    assert not isinstance(caught.value, ActivityTimeoutError)


async def test_a_plain_step_never_runs_twice_at_once() -> None:
    running, most, calls = 0, 0, 0
    let_go = threading.Event()

    def step() -> str:
        nonlocal running, most, calls
        running, calls = running + 1, calls + 1
        most = max(most, running)
        if calls == 1:
            let_go.wait(5)
        running -= 1
        return f"call {calls}"

    async def body(wf: Runtime) -> Any:
        asyncio.get_running_loop().call_later(0.1, let_go.set)
        return await wf.activity("step", step, timeout="30ms", retry=Retry(3, delay=0))

    backend = MemoryBackend()
    assert await run(body, backend) == "call 2"
    assert (most, calls) == (1, 2)
    assert "LogEmitted step" in await told(backend)


async def test_a_plain_step_that_does_not_end_after_its_timeout_is_stuck(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("flopod.calls.LEAST_GRACE", 0.02)
    let_go, calls = threading.Event(), []

    def step() -> None:
        calls.append(1)
        let_go.wait(5)

    async def body(wf: Runtime) -> None:
        await wf.activity("step", step, timeout="10ms", retry=Retry(5, delay=0))

    with pytest.raises(ActivityError, match="still runs after its timeout"):
        await run(body)
    let_go.set()
    assert len(calls) == 1


class Odd(BaseException):
    pass


@pytest.mark.parametrize(
    "error", [SystemExit(3), KeyboardInterrupt(), StopIteration(1), Odd("odd")], ids=repr
)
@pytest.mark.parametrize("kind", ["plain", "async"])
async def test_what_would_stop_a_loop_is_the_steps_failure(error: BaseException, kind: str) -> None:
    def plain() -> None:
        raise error

    async def later() -> None:
        raise error

    async def body(wf: Runtime) -> Any:
        try:
            await wf.activity("step", plain if kind == "plain" else later)
        except ActivityError as failed:
            return failed.cause.type, await wf.activity("next", lambda: 1)

    name = type(error).__name__
    if kind == "async" and isinstance(error, StopIteration):
        name = "RuntimeError"  # what Python itself makes of it in a coroutine
    assert await run(body) == (name, 1)


async def test_a_step_that_is_cancelled_from_within_fails() -> None:
    async def step() -> None:
        raise asyncio.CancelledError

    async def body(wf: Runtime) -> Any:
        with pytest.raises(ActivityError, match="cancelled from within"):
            await wf.activity("step", step)
        return await wf.activity("next", lambda: "on")

    assert await run(body) == "on"


async def test_a_body_that_is_cancelled_from_within_fails_its_run() -> None:
    async def body(wf: Runtime) -> None:
        raise asyncio.CancelledError

    backend = MemoryBackend()
    with pytest.raises(RuntimeError, match="cancelled from within"):
        await run(body, backend)
    assert (await Control(backend).get(RUN)).status == "error"


async def test_no_primitive_can_be_called_inside_a_step() -> None:
    async def body(wf: Runtime) -> None:
        total = await wf.var("total", 0)
        for id, step in {
            "nested": lambda: wf.activity("inner", lambda: 1),
            "sleep": lambda: wf.sleep("nap", 1),
            "change": lambda: total.set(1),
        }.items():
            with pytest.raises(ActivityError, match="inside step") as caught:
                await wf.activity(id, step, retry=Retry(5, delay=0))
            assert caught.value.cause.type == ScopeError.__name__
            assert caught.value.attempts == 1

    await run(body)


async def test_an_error_whose_message_cannot_be_told_is_a_failure_like_others() -> None:
    class Silent(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no")

    def step() -> None:
        raise Silent

    async def body(wf: Runtime) -> None:
        await wf.activity("step", step)

    with pytest.raises(ActivityError, match="Silent"):
        await run(body)
