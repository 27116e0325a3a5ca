"""The code against the log: what no longer fits is refused before anything runs."""

from __future__ import annotations

from typing import Any

from flopod import (
    Runtime,
)
from runtime.lives import RUN
from runtime.versions import changing, left_after, refuses, run


async def test_another_kind_than_recorded_is_refused_and_nothing_runs() -> None:
    calls = []
    first, second = changing(
        was=lambda wf: wf.activity("x", lambda: 1),
        is_now=lambda wf: wf.var("x", 0),
    )
    backend = await left_after("ActivityCompleted x", first)
    await refuses(backend, second, "'x'", "an activity", "a var")
    assert not calls


async def test_a_body_that_catches_everything_cannot_run_on_after_a_mismatch() -> None:
    calls = []

    async def stubborn(wf: Runtime) -> Any:
        for id in ("x", "y"):
            try:
                await wf.activity(id, lambda: calls.append(1))
            except BaseException:
                continue
        return "never minding"

    first, second = changing(was=lambda wf: wf.sleep("x", 0), is_now=stubborn)
    backend = await left_after("SleepCompleted x", first)
    await refuses(backend, second, "'x'", "a sleep", "an activity")
    assert not calls


async def test_recorded_paths_that_the_body_no_longer_reaches_are_told_at_the_end() -> None:
    async def old(wf: Runtime) -> None:
        await wf.activity("old", lambda: 1)
        await wf.each("gone", [1, 2], lambda item, index: wf.activity("x", lambda: 1))
        await wf.activity("kept", lambda: 1)

    async def new(wf: Runtime) -> Any:
        return await wf.activity("kept", lambda: 1)

    first, second = changing(was=old, is_now=new)
    backend = await left_after("ActivityCompleted kept", first)
    await run(second, backend)
    last: Any = (await backend.events(RUN))[-1].fact
    assert last.unvisited == ("old", "gone")
