"""Two versions of one workflow, and logs that the first has left."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from flopod import (
    Control,
    EachResult,
    NeedsAttentionError,
    NondeterminismError,
    Runtime,
    run_workflow,
)
from flopod_backends import MemoryBackend
from runtime.lives import RUN, cut, told


async def run(body: Any, backend: MemoryBackend | None = None) -> Any:
    async with asyncio.timeout(10):
        return await run_workflow(body, backend=backend or MemoryBackend(), run_id=RUN)


async def left_after(last: str, body: Any) -> MemoryBackend:
    """Return a store with the log of `body`, cut after the first event told so."""
    backend = MemoryBackend()
    await run(body, backend)
    lines, events = await told(backend), await backend.events(RUN)
    return await cut(events[: lines.index(last) + 1])


def changing(**ways: Callable[[Runtime], Any]) -> tuple[Any, Any]:
    """Return two versions of one workflow."""

    async def job(wf: Runtime) -> Any:
        return plain(await ways["was"](wf))

    first = job

    async def job(wf: Runtime) -> Any:  # the next version of it
        return plain(await ways["is_now"](wf))

    return first, job


def plain(value: Any) -> Any:
    return value.results if isinstance(value, EachResult) else value


async def refuses(backend: MemoryBackend, body: Any, *said: str) -> None:
    """See the run stop as one that needs attention, before anything ran."""
    before = await told(backend)
    with pytest.raises((NondeterminismError, NeedsAttentionError)) as caught:
        await run(body, backend)
    assert all(part in str(caught.value) for part in said), str(caught.value)
    assert (await Control(backend).get(RUN)).status == "needs_attention"
    added = (await told(backend))[len(before) :]
    assert added == ["RunStarted", "RunNeedsAttention"]
