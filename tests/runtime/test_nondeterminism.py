"""The code against the log: what no longer fits is refused before anything runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from flopod import Control, Runtime
from flopod_backends import MemoryBackend
from runtime.lives import RUN, answering, cut, told
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


@dataclass
class Size:
    width: int


@dataclass
class Sized(Size):
    height: int


@pytest.mark.parametrize("caught", [(), Exception])
async def test_a_recorded_result_of_another_type_than_asked_is_refused(caught: Any) -> None:
    calls: list[str] = []

    def version(kind: Any) -> Any:
        async def body(wf: Runtime) -> Any:
            try:
                await wf.activity("measure", lambda: calls.append("again") or Size(3), type=kind)
            except caught:
                await wf.activity("instead", lambda: calls.append("instead"))
            await wf.activity("after", lambda: 1)

        return body

    first, second = changing(was=version(Size), is_now=version(Sized))
    backend = await left_after("ActivityCompleted measure", first)
    calls.clear()
    await refuses(backend, second, "'measure'", "a result of another type", "type Sized", "height")
    assert not calls
    await Control(backend).retry(RUN)
    await run(first, backend)
    assert not calls


async def test_a_recorded_payload_of_another_type_than_asked_is_refused() -> None:
    def version(kind: Any) -> Any:
        async def body(wf: Runtime) -> Any:
            await wf.wait("size", "measured", type=kind)
            await wf.activity("after", lambda: 1)

        return body

    first, second = changing(was=version(Size), is_now=version(Sized))
    whole = MemoryBackend()
    async with answering(whole, {"size": {"width": 3}}):
        await run(first, whole)
    lines, log = await told(whole), await whole.events(RUN)
    backend = await cut(log[: lines.index("WaitCompleted size") + 1])
    await refuses(backend, second, "'size'", "a payload of another type", "type Sized")
