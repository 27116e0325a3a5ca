"""What would end a program, raised in a body: it ends no worker, and no run but its own."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from flopod import Runtime, Worker
from flopod_backends import MemoryBackend
from runtime.lives import finished, told
from runtime.work import job, started


class Odd(BaseException):
    pass


EXITS = [SystemExit(3), KeyboardInterrupt(), StopIteration(1), GeneratorExit(), Odd("odd")]
PLACES = ["each", "each at once", "parallel", "repeat", "branch", "update", "body", "cancelled"]


async def exits(wf: Runtime, place: str, error: BaseException) -> Any:
    def bad(*_: object) -> Any:
        raise error

    match place:
        case "each":
            return [str(e.error) for e in (await wf.each("x", [1, 2], bad)).errors]
        case "each at once":
            return [str(e.error) for e in (await wf.each("x", [1, 2], bad, concurrency=2)).errors]
        case "parallel":
            return await wf.parallel("x", [bad, lambda: wf.activity("y", lambda: 1)])
        case "repeat":
            return await wf.repeat("x", bad)
        case "branch":
            return await wf.branch("x", 1, {1: bad})
        case "update":
            return await (await wf.var("x", 0)).update(bad)
        case "cancelled":
            raise asyncio.CancelledError
        case _:
            return bad()


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("error", EXITS, ids=repr)
async def test_a_worker_outlives_whatever_a_body_raises(place: str, error: BaseException) -> None:
    async def body(wf: Runtime) -> Any:
        if wf.run_id == "good":
            return await wf.activity("step", lambda: "good")
        return await exits(wf, place, error)

    backend, made = MemoryBackend(), job(body)
    await started(backend, made, "bad")
    async with Worker(backend, [made]):
        bad = await finished(backend, "bad")
        await started(backend, made, "good")
        good = await finished(backend, "good")
    items_took_it = place.startswith("each") and isinstance(
        error, SystemExit | KeyboardInterrupt | StopIteration
    )
    assert bad.status == ("ok" if items_took_it else "error")
    assert good.status == "ok"
    assert (await told(backend, "bad")).count("RunStarted") == 1
