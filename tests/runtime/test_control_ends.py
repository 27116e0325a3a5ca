"""Control: cancel, retry and fork, also at a bad moment."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from flopod import (
    ActivityError,
    Control,
    EventNotFoundError,
    Retry,
    RunCancelledError,
    RunExistsError,
    RunFinishedError,
    RunNotFoundError,
    Runtime,
    Worker,
    run_workflow,
)
from flopod import events as ev
from flopod_backends import MemoryBackend
from runtime.corpus import CORPUS, Story, World
from runtime.front import ADD, WAITS, control_of, named, waiting
from runtime.lives import (
    RUN,
    begun,
    let_go,
    live,
    shape_of,
    state_of,
    told,
    until,
    workflow_of,
)


async def test_a_retry_runs_the_failed_step_again_and_keeps_the_rest() -> None:
    backend, calls, broken = MemoryBackend(), [], [True]

    def fragile() -> str:
        calls.append("fragile")
        if broken:
            raise OSError("disk full")
        return "stored"

    async def job(wf: Runtime) -> Any:
        await wf.activity("good", lambda: calls.append("good"))
        lost = await wf.attempt("lost", lambda: calls.append("lost") or 1 / 0, Retry(1))

        async def item(value: int, index: int) -> Any:
            await wf.activity("first", lambda: calls.append(f"first {value}"))
            return await wf.activity("fragile", fragile) if value else value

        async def inside() -> Any:
            done = await wf.each("all", [0, 1], item)
            for failed in done.errors:
                raise failed.error
            return [lost, *done.results]

        return (await wf.parallel("both", [inside, lambda: wf.activity("other", lambda: 2)]))[0]

    with pytest.raises(ActivityError, match="disk full"):
        await run_workflow(job, backend=backend, run_id=RUN)
    summary = await Control(backend).get(RUN)
    assert summary.status == "error"
    assert summary.error is not None
    assert summary.error.path == "both[0]/all[1]/fragile"

    said = await Control(backend).retry(RUN)

    assert "both[0]/all[1]/fragile" in said
    assert "lost" not in said, "a failure that the body lived with stays"
    assert (await Control(backend).get(RUN)).status == "queued"
    broken.clear()
    assert await run_workflow(job, backend=backend, run_id=RUN) == [None, 0, "stored"]
    assert calls == ["good", "lost", "first 0", "first 1", "fragile", "fragile"]
    assert (await Control(backend).get(RUN)).attempt == 2


@pytest.mark.parametrize("story", CORPUS.values(), ids=CORPUS)
async def test_only_what_failed_or_was_cancelled_can_be_retried(story: Story) -> None:
    backend = await begun(story)
    await live(backend, story, World())
    control = Control(backend)
    if (await control.get(RUN)).status == "ok":
        with pytest.raises(RunFinishedError, match="retry what has not failed"):
            await control.retry(RUN)
    else:
        await control.retry(RUN)
        with pytest.raises(RunFinishedError, match="is queued"):
            await control.retry(RUN)


async def test_a_queued_run_is_cancelled_at_once() -> None:
    control = control_of(MemoryBackend())
    await control.start("add", 1, RUN)
    assert await control.cancel(RUN) == f"run {RUN} is cancelled"
    assert (await control.get(RUN)).status == "cancelled"
    with pytest.raises(RunFinishedError, match="is cancelled"):
        await control.cancel(RUN)
    with pytest.raises(RunCancelledError):
        await run_workflow(ADD, backend=control.backend, run_id=RUN)


async def sleeps(wf: Runtime) -> None:
    await wf.sleep("nap", "1h")


async def awaits(wf: Runtime) -> None:
    await wf.wait("w", "never")


async def steps(wf: Runtime) -> None:
    await wf.activity("forever", asyncio.Event().wait)


async def fans_out(wf: Runtime) -> None:
    async def item(value: int, index: int) -> None:
        await (sleeps(wf) if index else steps(wf))

    await wf.each("all", range(3), item, concurrency=3)


async def in_parallel(wf: Runtime) -> None:
    await wf.parallel("both", [lambda: steps(wf), lambda: awaits(wf)])


@pytest.mark.parametrize("body", [sleeps, awaits, steps, fans_out, in_parallel])
async def test_a_run_can_be_cancelled_wherever_it_is(body: Any) -> None:
    backend, cleaned = MemoryBackend(), []

    async def job(wf: Runtime) -> None:
        try:
            await body(wf)
        finally:
            await wf.activity("clean", lambda: cleaned.append(1))
            await wf.activity("more", lambda: cleaned.append(2))

    task = asyncio.create_task(run_workflow(job, backend=backend, run_id=RUN))
    await until(backend, lambda run: run.current_path != "" and not run.finished)
    assert "asked to stop" in await Control(backend).cancel(RUN)
    with pytest.raises(RunCancelledError):
        async with asyncio.timeout(5):
            await task
    assert cleaned == [1, 2], "a cancelled body may clean up"
    assert (await told(backend))[-1] == "RunCancelled"
    assert (await Control(backend).get(RUN)).open_waits == ()


async def test_a_body_that_swallows_its_cancellation_is_stopped_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("flopod.engine.CANCEL_SECONDS", 0.02)
    backend, calls = MemoryBackend(), []

    async def stubborn(wf: Runtime) -> str:
        for id in ("a", "b", "c"):
            try:
                await wf.activity(id, lambda: calls.append(id))  # noqa: B023
                await wf.wait(f"wait-{id}", "never")
            except BaseException:
                continue
        return "never minding"

    task = asyncio.create_task(run_workflow(stubborn, backend=backend, run_id=RUN))
    await until(backend, lambda run: bool(run.open_waits))
    await Control(backend).cancel(RUN)
    with pytest.raises(RunCancelledError):
        async with asyncio.timeout(5):
            await task
    assert calls == ["a", "b"]


async def test_a_body_that_never_stops_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flopod.engine.CANCEL_SECONDS", 0.02)
    backend, over = MemoryBackend(), asyncio.Event()

    async def deaf(wf: Runtime) -> None:
        await wf.activity("a", lambda: 1)
        while not over.is_set():
            try:
                await over.wait()
            except asyncio.CancelledError:
                continue

    task = asyncio.create_task(run_workflow(deaf, backend=backend, run_id=RUN))
    await until(backend, lambda run: run.progress.done == 1)
    await Control(backend).cancel(RUN)
    with pytest.raises(RunCancelledError):
        async with asyncio.timeout(5):
            await task
    over.set()
    await asyncio.sleep(0)
    assert (await told(backend))[-1] == "RunCancelled"


@pytest.mark.parametrize("steps_first", range(8))
async def test_a_cancellation_against_the_end_leaves_one_end(steps_first: int) -> None:
    backend = MemoryBackend()

    async def job(wf: Runtime) -> str:
        for i in range(3):
            await wf.now(f"now-{i}")
            await asyncio.sleep(0)
        return "done"

    task = asyncio.create_task(run_workflow(job, backend=backend, run_id=RUN))
    for _ in range(steps_first * 2):
        await asyncio.sleep(0)
    try:
        await Control(backend).cancel(RUN)
    except (RunFinishedError, RunNotFoundError):
        assert await task == "done"
    else:
        with suppress(RunCancelledError):
            assert await task == "done"
    ends = await told(backend, RUN, "RunCompleted", "RunCancelled", "RunFailed")
    assert len(ends) == 1
    assert (await told(backend))[-1] == ends[0]


async def test_a_run_cancelled_while_a_worker_takes_it_up_stays_cancelled() -> None:
    """The front end saw nobody hold it; the worker had just read its log."""
    backend, calls = MemoryBackend(), []

    async def job(wf: Runtime) -> None:
        for i in range(3):
            await wf.activity(f"step-{i}", lambda: calls.append(1))
        await wf.wait("w", "never")

    made = named(job)
    await Control(backend, [made]).start("job", run_id=RUN)
    events = backend.events
    read = asyncio.Event()

    async def slow(run_id: str, after: int = 0) -> Any:
        found = await events(run_id, after)
        if not read.is_set():
            read.set()
            await backend.append(RUN, [ev.Event(ev.RunCancelled())])
        return found

    backend.events = slow  # an untimely neighbour
    async with Worker(backend, [made]):
        await read.wait()
        await let_go(backend)
    summary = await Control(backend).get(RUN)
    assert (summary.status, summary.worker) == ("cancelled", None)
    assert (await told(backend))[-1] == "RunCancelled"
    assert not calls or await told(backend, RUN, "ActivityCompleted") == []


async def test_a_cancelled_run_retried_waits_again_where_it_waited() -> None:
    backend = MemoryBackend()
    control, task = control_of(backend), await waiting(backend)
    before = (await control.get(RUN)).open_waits
    await control.cancel(RUN)
    with pytest.raises(RunCancelledError):
        await task
    assert (await control.get(RUN)).open_waits == ()

    await control.retry(RUN)

    assert (await control.get(RUN)).open_waits == before
    again = asyncio.create_task(run_workflow(WAITS, backend=backend, run_id=RUN))
    await until(backend, lambda run: run.status == "waiting")
    await control.deliver(RUN, "approval", "approve", {"by": "late"})
    assert await again == {"by": "late"}


@pytest.mark.parametrize("story", CORPUS.values(), ids=CORPUS)
async def test_a_fork_at_any_event_has_the_sources_state_and_goes_on(story: Story) -> None:
    backend = await begun(story)
    result = await live(backend, story, World())
    control, log = Control(backend), await backend.events(RUN)
    stride = max(1, len(log) // 6)
    for seq in [*range(1, len(log), stride), len(log)]:
        forked = await control.fork(RUN, seq, f"fork-{seq}")
        events = await control.events(forked)
        assert events[:-1] == log[:seq]
        assert state_of(events) == state_of(log[:seq])
        assert {(p, k) for p, k, _ in shape_of(events)} == {
            (p, k) for p, k, _ in shape_of(log[:seq])
        }
    assert await control.events(RUN) == log, "the source is untouched"

    made = workflow_of(story, World())
    forked = await control.fork(RUN, max(1, len(log) // 2))
    if not story.answers and not story.early:
        try:
            assert await run_workflow(made, backend=backend, run_id=forked) == result
        except Exception as error:
            assert f"{type(error).__name__}: {error}" == result


async def test_a_fork_of_a_run_that_is_to_be_cancelled_goes_on() -> None:
    backend = MemoryBackend()
    control, task = control_of(backend), await waiting(backend)
    await control.cancel(RUN)
    with pytest.raises(RunCancelledError):
        await task
    lines = await told(backend)
    await control.fork(RUN, lines.index("RunCancelRequested") + 1, "fork")
    await control.deliver("fork", "approval", "approve", {"by": "ann"})
    assert await run_workflow(WAITS, backend=backend, run_id="fork") == {"by": "ann"}


async def test_a_fork_of_what_is_not_there_is_refused() -> None:
    control = control_of(MemoryBackend())
    await control.start("add", 1, RUN)
    with pytest.raises(RunNotFoundError):
        await control.fork("nobody", 1)
    for seq in (0, 2, -1):
        with pytest.raises(EventNotFoundError, match="has events 1 to 1"):
            await control.fork(RUN, seq)
    with pytest.raises(RunExistsError):
        await control.fork(RUN, 1, RUN)
