"""Runs that are authored by hand."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from flopod import (
    Control,
    InvalidRunIdError,
    LeaseLostError,
    RunCancelledError,
    RunExistsError,
    RunFinishedError,
    Runtime,
    ScopeError,
    create_runtime,
    run_workflow,
)
from flopod import events as ev
from flopod.errors import FlopodError
from flopod.events import Event
from flopod_backends import MemoryBackend
from runtime.lives import RUN, told, until


async def run(body: Any, backend: MemoryBackend | None = None, **kw: Any) -> Any:
    async with asyncio.timeout(10):
        return await run_workflow(body, backend=backend or MemoryBackend(), run_id=RUN, **kw)


async def add(wf: Runtime, input: int) -> int:
    return input + 1


async def test_a_run_by_hand_goes_on_where_it_was() -> None:
    backend, calls = MemoryBackend(), []
    for round in range(3):
        wf = await create_runtime(RUN, backend)
        assert wf.run_id == RUN
        for step in range(round + 1):
            assert await wf.activity(f"step-{step}", lambda: calls.append(step) or step) == step  # noqa: B023
        await wf.close()
    assert calls == [0, 1, 2]


async def test_the_end_of_the_block_is_the_end_of_the_run() -> None:
    backend = MemoryBackend()
    async with await create_runtime(RUN, backend) as wf:
        await wf.activity("step", lambda: 1)
    summary = await Control(backend).get(RUN)
    assert (summary.status, summary.worker) == ("ok", None)

    async with await create_runtime(RUN, backend) as wf:
        assert await wf.activity("step", lambda: 2) == 1
        with pytest.raises(RunFinishedError):
            await wf.activity("more", lambda: 1)
    assert (await told(backend)).count("RunCompleted") == 1


async def test_an_exception_fails_the_run_and_opened_again_it_resumes() -> None:
    backend, calls = MemoryBackend(), []

    async def go(value: int) -> Any:
        async with await create_runtime(RUN, backend) as wf:
            await wf.activity("good", lambda: calls.append("good"))
            return await wf.activity("bad", lambda: 1 / value)

    with pytest.raises(FlopodError, match="ZeroDivisionError"):
        await go(0)
    summary = await Control(backend).get(RUN)
    assert (summary.status, summary.worker) == ("error", None)
    assert await go(2) == 0.5
    summary = await Control(backend).get(RUN)
    assert (summary.status, summary.attempt) == ("ok", 2)
    assert calls == ["good"]


async def test_of_two_objects_in_one_process_the_newer_takes_over() -> None:
    backend = MemoryBackend()
    older = await create_runtime(RUN, backend)
    await older.activity("a", lambda: 1)
    newer = await create_runtime(RUN, backend)

    for id in ("b", "c"):
        with pytest.raises(LeaseLostError):
            await older.activity(id, lambda: "older")
    assert await newer.activity("b", lambda: "newer") == "newer"
    await older.close()
    assert await newer.activity("d", lambda: "still") == "still"
    await newer.close()
    assert "ActivityCompleted c" not in await told(backend)


async def test_after_its_end_a_runtime_refuses_everything() -> None:
    wf = await create_runtime(RUN, MemoryBackend())
    total = await wf.var("total", 0)
    await wf.close()
    await wf.close()
    with pytest.raises(ScopeError, match="closed"):
        await wf.activity("a", lambda: 1)
    with pytest.raises(ScopeError, match="closed"):
        await total.set(1)


async def test_a_run_by_hand_that_somebody_cancels_ends_as_cancelled() -> None:
    backend = MemoryBackend()
    with pytest.raises(RunCancelledError):
        async with await create_runtime(RUN, backend) as wf:
            await wf.activity("a", lambda: 1)
            assert "asked to stop" in await Control(backend).cancel(RUN)
            await wf.wait("w", "never")
    assert (await Control(backend).get(RUN)).status == "cancelled"


async def test_a_run_by_hand_that_is_only_closed_is_cancelled_all_the_same() -> None:
    backend = MemoryBackend()
    wf = await create_runtime(RUN, backend)
    waiting = asyncio.create_task(wf.wait("w", "never"))
    await until(backend, lambda run: bool(run.open_waits))
    await Control(backend).cancel(RUN)
    with pytest.raises(RunCancelledError):
        await waiting
    await wf.close()
    assert (await Control(backend).get(RUN)).status == "cancelled"


async def test_a_run_by_hand_whose_program_died_before_it_heard_is_cancelled_when_opened() -> None:
    backend = MemoryBackend()
    await (await create_runtime(RUN, backend)).close()
    await backend.append(RUN, [Event(ev.RunCancelRequested())])
    wf = await create_runtime(RUN, backend)
    with pytest.raises(RunCancelledError):
        await wf.activity("a", lambda: 1)
    await wf.close()
    assert (await Control(backend).get(RUN)).status == "cancelled"


async def test_the_id_comes_from_the_environment_or_is_main_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    backend = MemoryBackend()
    for environment, expected in [("from-env", "from-env"), (None, "main-run")]:
        if environment:
            monkeypatch.setenv("FLOPOD_RUN_ID", environment)
        else:
            monkeypatch.delenv("FLOPOD_RUN_ID")
        wf = await create_runtime(backend=backend)
        assert wf.run_id == expected
        await wf.close()
    for bad in ("../evil", ""):
        with pytest.raises(InvalidRunIdError):
            await create_runtime(bad, backend)


async def test_a_workflows_run_cannot_be_authored_by_hand_nor_the_other_way_round() -> None:
    backend = MemoryBackend()
    await run(add, backend, input=1)
    with pytest.raises(RunExistsError, match="workflow 'add'"):
        await create_runtime(RUN, backend)
    wf = await create_runtime("by-hand", backend)
    await wf.close()
    with pytest.raises(RunExistsError, match="authored by hand"):
        await run_workflow(add, 1, backend=backend, run_id="by-hand")
