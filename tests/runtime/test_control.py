"""Control: start a run, deliver to it, look at all of them."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import timedelta
from typing import Any

import pytest

from flopod import (
    STOP,
    Control,
    InvalidPayloadError,
    InvalidRunIdError,
    RunExistsError,
    RunFinishedError,
    RunNotFoundError,
    Runtime,
    UnknownWorkflowError,
    Worker,
    run_workflow,
    workflow,
)
from flopod.errors import InvalidIdError
from flopod.process import this_process
from flopod.summary import fold
from flopod_backends import MemoryBackend
from runtime.corpus import CORPUS, World
from runtime.front import ADD, WAITS, control_of, named, waiting
from runtime.lives import (
    RUN,
    begun,
    finished,
    live,
    told,
    until,
)


async def test_a_started_run_is_queued_for_a_worker() -> None:
    backend = MemoryBackend()
    control = control_of(backend)
    run_id = await control.start("add", 1)
    summary = await control.get(run_id)
    assert run_id.startswith("add-")
    assert (summary.status, summary.workflow, summary.worker) == ("queued", "add", None)
    async with Worker(backend, [ADD]):
        assert (await finished(backend, run_id)).status == "ok"


async def test_a_taken_id_is_refused_and_the_run_that_has_it_untouched() -> None:
    control = control_of(MemoryBackend())
    await control.start("add", 1, RUN)
    log = await control.events(RUN)
    with pytest.raises(RunExistsError):
        await control.start("add", 1, RUN)
    assert await control.events(RUN) == log


async def test_of_a_hundred_starts_with_one_id_one_wins() -> None:
    control = control_of(MemoryBackend())
    starts = [control.start("add", n, RUN) for n in range(100)]
    outcomes = await asyncio.gather(*starts, return_exceptions=True)
    assert outcomes.count(RUN) == 1
    assert sum(isinstance(outcome, RunExistsError) for outcome in outcomes) == 99
    assert await told(control.backend) == ["RunSubmitted"]


@pytest.mark.parametrize(
    ("name", "input", "run_id", "error"),
    [
        ("ad", 1, None, UnknownWorkflowError),
        ("add", "one", None, InvalidPayloadError),
        ("waits", 1, None, InvalidPayloadError),
        ("add", 1, "a/b", InvalidRunIdError),
    ],
)
async def test_what_cannot_be_started_records_nothing(
    name: str, input: Any, run_id: str | None, error: type[Exception]
) -> None:
    control = control_of(MemoryBackend())
    with pytest.raises(error):
        await control.start(name, input, run_id)
    assert await control.list_runs() == []


async def test_an_unknown_workflow_is_told_with_those_that_are_near() -> None:
    with pytest.raises(UnknownWorkflowError, match="known: add, waits; did you mean add"):
        await control_of(MemoryBackend()).start("ad")


async def test_a_program_without_the_code_starts_what_a_worker_announces() -> None:
    backend = MemoryBackend()
    async with Worker(backend, [ADD]):
        control = Control(backend, [])
        assert [info.name for info in await control.workflows()] == ["add"]
        with pytest.raises(InvalidPayloadError):
            await control.start("add", "one")
        run_id = await control.start("add", 1)
        await finished(backend, run_id)


async def test_a_delivery_says_what_it_did() -> None:
    backend = MemoryBackend()
    control, task = control_of(backend), await waiting(backend)

    done = await control.deliver(RUN, "approval", "approve", {"by": "ann"}, "id-1")

    assert (done.new, done.waiting) == (True, True)
    assert "delivered 'approve' to 'approval'" in done.note
    assert await task == {"by": "ann"}


async def test_a_delivery_nobody_waits_for_is_kept_and_told() -> None:
    backend = MemoryBackend()
    control = control_of(backend)
    await control.start("waits", run_id=RUN)
    done = await control.deliver(RUN, "approval", "approve", {"by": "early"})
    assert (done.new, done.waiting) == (True, False)
    assert done.note.startswith("kept: nothing waits")
    assert await run_workflow(WAITS, backend=backend, run_id=RUN) == {"by": "early"}


async def test_the_same_delivery_twice_is_one() -> None:
    backend = MemoryBackend()
    control, task = control_of(backend), await waiting(backend)
    first, second = await asyncio.gather(
        control.deliver(RUN, "approval", "approve", {"by": "ann"}, "one"),
        control.deliver(RUN, "approval", "approve", {"by": "ann"}, "one"),
    )
    assert sorted([first.new, second.new]) == [False, True]
    assert first.seq == second.seq
    await task
    again = await control.deliver(RUN, "approval", "approve", {"by": "ann"}, "one")
    assert not again.new
    with pytest.raises(InvalidPayloadError, match="other content"):
        await control.deliver(RUN, "approval", "approve", {"by": "eve"}, "one")
    assert (await told(backend)).count("EventDelivered approval") == 1


async def test_what_can_never_be_delivered_is_refused() -> None:
    backend = MemoryBackend()
    control, task = control_of(backend), await waiting(backend)
    with pytest.raises(RunNotFoundError, match="'nobody'"):
        await control.deliver("nobody", "approval", "approve")
    with pytest.raises(InvalidPayloadError):
        await control.deliver(RUN, "approval", "approve", "a text")
    with pytest.raises(InvalidIdError):
        await control.deliver(RUN, "a]b", "approve")
    await control.deliver(RUN, "approval", "approve", {"by": "ann"})
    await task
    with pytest.raises(RunFinishedError, match="cannot deliver"):
        await control.deliver(RUN, "approval", "approve", {"by": "ann"})


async def test_a_delivery_gets_through_to_a_run_that_never_rests() -> None:
    backend, over = MemoryBackend(), False

    async def busy(wf: Runtime) -> int:
        async def step(iteration: int) -> Any:
            await wf.now("now")
            await asyncio.sleep(0)
            return STOP if over else None

        return await wf.repeat("loop", step)

    task = asyncio.create_task(run_workflow(busy, backend=backend, run_id=RUN))
    await until(backend, lambda run: run.progress.done > 3)
    async with asyncio.timeout(5):
        await Control(backend).deliver(RUN, "somewhere", "hello")
    over = True
    await task


async def test_a_tail_sees_every_event_once_and_in_order() -> None:
    backend, seen = MemoryBackend(), []

    async def job(wf: Runtime) -> None:
        for i in range(20):
            await wf.now(f"now-{i}")

    async def follow() -> None:
        async with aclosing(Control(backend).tail(RUN, 1)) as tail:
            async for batch in tail:
                seen.extend(batch)
                if seen and seen[-1].type == "RunCompleted":
                    return

    await Control(backend, [named(job)]).start("job", run_id=RUN)
    following = asyncio.create_task(follow())
    await run_workflow(named(job), backend=backend, run_id=RUN)
    await following
    assert seen == (await backend.events(RUN))[1:]
    with pytest.raises(RunNotFoundError):
        async for _ in Control(backend).tail("nobody"):
            break


async def test_watching_tells_of_every_run_that_changes() -> None:
    backend, seen = MemoryBackend(), {}
    control = control_of(backend)

    async def watch(ready: asyncio.Event) -> None:
        async with aclosing(control.watch_runs()) as changes:
            async for batch in changes:
                ready.set()
                for run in batch:
                    assert run.last_seq >= seen.get(run.run_id, run).last_seq
                    seen[run.run_id] = run
                if len(seen) == 5 and all(run.finished for run in seen.values()):
                    return

    ready = asyncio.Event()
    watching = asyncio.create_task(watch(ready))
    await ready.wait()
    async with Worker(backend, [ADD]):
        for n in range(5):
            await control.start("add", n)
        async with asyncio.timeout(5):
            await watching
    assert {run.status for run in seen.values()} == {"ok"}


async def test_lists_are_filtered_paged_and_newest_first() -> None:
    backend = MemoryBackend()
    control = control_of(backend)
    for n in range(5):
        await control.start("add", n, f"add-{n}")
    await control.start("waits", run_id="waits-1")
    await run_workflow(ADD, backend=backend, run_id="add-2")

    async def ids(**query: Any) -> list[str]:
        return [run.run_id for run in await control.list_runs(**query)]

    assert await ids(status="ok") == ["add-2"]
    assert set(await ids(status=["ok", "queued"])) == set(await ids())
    assert await ids(workflow="waits") == ["waits-1"]
    assert await ids(search="WAIT") == ["waits-1"]
    first = await ids(limit=4)
    assert first + await ids(limit=4, before=first[-1]) == await ids()
    assert (await control.counts())["queued"] == 5
    with pytest.raises(ValueError, match="sideways"):
        await ids(status="sideways")


async def test_unknown_runs_are_told_by_everything() -> None:
    control = control_of(MemoryBackend())
    for call in (control.get, control.events, control.retry, control.cancel):
        with pytest.raises(RunNotFoundError, match="no run 'nobody'"):
            await call("nobody")


async def test_a_summary_is_the_fold_of_the_log() -> None:
    from flopod.summary import RunSummary

    for story in CORPUS.values():
        backend = await begun(story)
        await live(backend, story, World())
        folded = RunSummary(run_id=RUN)
        for event in await backend.events(RUN):
            folded = fold(folded, event)
        assert await backend.summary(RUN) == folded


@workflow(name="told-by-decorator")
async def decorated(wf: Runtime) -> None:
    """Says what it does."""


async def test_workflows_are_told_with_their_docs_and_forms() -> None:
    control = Control(MemoryBackend())
    told_of = {info.name: info for info in await control.workflows()}
    assert told_of["told-by-decorator"].doc == "Says what it does."
    assert not told_of["told-by-decorator"].takes_input
    schema = (await control_of(MemoryBackend()).workflows())[0].schema
    assert schema is not None and schema["type"] == "integer"


async def test_a_live_holder_is_told_and_no_other() -> None:
    backend = MemoryBackend()
    control = control_of(backend)
    await control.start("add", 1, RUN)
    me = this_process()
    await backend.claim_run(me, RUN)
    assert (await control.get(RUN)).worker == me.name
    await backend.retire(me.worker_id)
    assert (await control.get(RUN)).worker is None
    assert me.expires_at - me.since == timedelta(seconds=30)
