"""The replay of the test kit: silent where a body is the same each time, loud where it is not."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from itertools import count
from typing import Any

import pytest

from flopod import Runtime, Workflow, run_workflow
from flopod.testing import DivergenceError, WorkflowEnvironment, replay
from flopod_backends import MemoryBackend
from runtime.corpus import CORPUS, Story, World
from runtime.lives import RUN, begun, live, workflow_of
from runtime.replaying import diverges, nothing, recorded

# No false alarm


@pytest.mark.parametrize("story", CORPUS.values(), ids=CORPUS)
async def test_every_run_of_the_corpus_replays_and_calls_no_step(story: Story) -> None:
    backend = await begun(story)
    await live(backend, story, World())
    world = World()
    await replay(workflow_of(story, world), await backend.events(RUN))
    assert not world.calls


@pytest.mark.parametrize("story", CORPUS.values(), ids=CORPUS)
async def test_every_beginning_of_a_run_replays(story: Story) -> None:
    """As of a run that has not ended yet."""
    backend = await begun(story)
    await live(backend, story, World())
    log = await backend.events(RUN)
    for left in range(1, len(log)):
        world = World()
        await replay(workflow_of(story, world), log[:left])
        assert not world.calls


async def test_a_cancelled_run_replays_as_far_as_it_came() -> None:
    async def body(wf: Runtime) -> None:
        try:
            await wf.activity("step", nothing)
            await wf.sleep("nap", "1d")
        finally:
            wf.log("cleaned up")

    async with WorkflowEnvironment() as env:
        run = await env.start(Workflow(body, "job"))
        await env.sleep("1h")
        await run.cancel()
        with suppress(Exception):
            await run.result()
        await replay(Workflow(body, "job"), await run.events())


async def test_a_step_that_may_run_once_only_is_no_divergence_where_a_cut_meets_it() -> None:
    async def body(wf: Runtime) -> list[Any]:
        begun = asyncio.Event()

        async def slow() -> None:
            begun.set()
            await asyncio.sleep(0)

        async def quick() -> None:
            await wf.activity("look", begun.wait)

        async def careful() -> None:
            await wf.activity("pay", slow, at_most_once=True)

        return await wf.parallel("both", [careful, quick])

    await replay(Workflow(body, "job"), await recorded(body))


# Divergence


async def test_another_result_is_told() -> None:
    calls = count(1)

    async def body(wf: Runtime) -> int:
        await wf.activity("step", nothing)
        return next(calls)

    assert await diverges(body, await recorded(body)) == "it returned 2, before 1"


async def test_another_error_is_told() -> None:
    calls = count(1)

    async def body(wf: Runtime) -> None:
        raise ValueError(next(calls))

    what = await diverges(body, await recorded(body))
    assert what == "it ended with 'ValueError: 2', before with 'ValueError: 1'"


async def test_a_good_end_instead_of_a_bad_one_is_told() -> None:
    calls = count(0)

    async def body(wf: Runtime) -> int:
        return 1 // next(calls)

    what = await diverges(body, await recorded(body))
    assert what.startswith("it ended with 1, before with 'ZeroDivisionError")


async def test_a_step_that_was_not_asked_for_is_told_and_not_called() -> None:
    calls = count()
    called = []

    async def body(wf: Runtime) -> None:
        await wf.activity("step", nothing)
        if next(calls):
            await wf.activity("more", lambda: called.append(1))

    what = await diverges(body, await recorded(body))
    assert "'more'" in what
    assert "recorded is no more, asked is a new activity" in what
    assert not called


@pytest.mark.parametrize("catches", [False, True])
async def test_a_body_that_catches_everything_hides_no_divergence(catches: bool) -> None:
    calls = count()

    async def body(wf: Runtime) -> None:
        with suppress(Exception if catches else KeyError):
            if next(calls):
                await wf.activity("more", nothing)

    assert "'more'" in await diverges(body, await recorded(body))


async def test_a_step_of_another_kind_is_told() -> None:
    calls = count()

    async def body(wf: Runtime) -> None:
        if next(calls):
            await wf.sleep("it", 0)
        else:
            await wf.activity("it", nothing)

    assert "recorded is an activity, asked is a sleep" in await diverges(body, await recorded(body))


async def test_a_recorded_path_that_is_not_reached_is_told() -> None:
    calls = count()

    async def body(wf: Runtime) -> None:
        if not next(calls):
            await wf.activity("first time only", nothing)

    what = await diverges(body, await recorded(body))
    assert what == "it did not reach first time only, which is recorded"


async def test_what_the_first_run_did_not_reach_either_is_no_divergence() -> None:
    async def old(wf: Runtime) -> None:
        await wf.activity("gone", nothing)
        await wf.activity("kept", nothing)

    async def new(wf: Runtime) -> None:
        await wf.activity("kept", nothing)

    backend = MemoryBackend()
    await backend.append(RUN, (await recorded(old))[:-1])
    await run_workflow(Workflow(new, "job"), backend=backend, run_id=RUN)
    events = await backend.events(RUN)
    assert events[-1].data["unvisited"] == ("gone",)
    await replay(Workflow(new, "job"), events)


async def test_a_step_that_would_be_called_again_is_told_and_not_called() -> None:
    called = []

    async def step() -> None:
        called.append(1)
        await asyncio.Event().wait()

    async def body(wf: Runtime) -> None:
        """Leaves a step behind, so that its end is in no log."""
        left = asyncio.ensure_future(wf.activity("left", step))
        await asyncio.wait([left], timeout=0.01)
        left.cancel()
        await asyncio.wait([left])

    assert "'left'" in await diverges(body, await recorded(body))
    assert called == [1]


async def test_a_replay_that_waits_where_the_run_went_on_is_told() -> None:
    calls = count()

    async def body(wf: Runtime) -> None:
        waits = [asyncio.ensure_future(wf.wait(id, id)) for id in ("one", "other")]
        chosen = waits[1:] if next(calls) else waits
        await asyncio.wait(chosen, return_when=asyncio.FIRST_COMPLETED)
        waits[1].cancel()

    what = await diverges(body, await recorded(body, "one"))
    assert what == "it waits where the first run went on"


async def test_a_body_that_waits_for_what_a_step_did_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("flopod.testing.replaying.PATIENCE", 0.05)
    done = asyncio.Event()

    async def step() -> None:
        done.set()

    async def body(wf: Runtime) -> None:
        done.clear()
        await wf.activity("step", step)
        await done.wait()

    assert "waits for something that is not in the log" in await diverges(
        body, await recorded(body)
    )


# A run under way


async def test_code_that_does_not_fit_a_run_under_way_is_told() -> None:
    async def old(wf: Runtime) -> None:
        await wf.activity("reserve", nothing)
        await wf.wait("approval", "approve")

    async def fits(wf: Runtime) -> None:
        await wf.activity("reserve", nothing)
        await wf.wait("approval", "approve")
        await wf.activity("ship", nothing)

    async def ends(wf: Runtime) -> None:
        pass

    async def raises(wf: Runtime) -> None:
        raise LookupError("new")

    events = await recorded(old)
    await replay(Workflow(fits, "job"), events)
    assert "without reaching reserve, approval," in await diverges(ends, events)
    assert "it ended with 'LookupError: new', without" in await diverges(raises, events)


# In an environment


async def test_an_environment_replays_what_is_finished_at_its_end() -> None:
    calls = count(1)

    async def body(wf: Runtime) -> int:
        return next(calls)

    with pytest.raises(DivergenceError, match=r"run 'my-run' does not replay: it returned 2"):
        async with WorkflowEnvironment() as env:
            await (await env.start(body, run_id="my-run")).result()
    async with WorkflowEnvironment(replay=False) as env:
        await env.run(body)
    with pytest.raises(KeyError, match="the test's own"):
        async with WorkflowEnvironment() as env:
            await env.run(body)
            raise KeyError("the test's own")
