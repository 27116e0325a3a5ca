"""Children that execute a run which calls many others, and those others."""

from __future__ import annotations

import asyncio
from typing import Any

from flopod import Runtime, Worker, Workflow

FAN = "fan"
"""The workflow and the run that calls the others."""


def fan_for(account: Any) -> list[Workflow[..., Any]]:
    """Return the workflows; one that is called tells the account of its step."""

    async def part(wf: Runtime, number: int) -> int:
        async def square() -> int:
            account.say("called", wf.run_id, "square")
            return number * number

        result: int = await wf.activity("square", square)
        account.say("done", wf.run_id, "square")
        return result

    async def fan(wf: Runtime, many: int) -> int:
        squares = await wf.each(
            "all", range(many), lambda n, _: wf.call("part", called, n), concurrency=many
        )
        return sum(squares.results)

    called = Workflow(part, "part")
    return [Workflow(fan, FAN), called]


async def spread(url: str, account: Any) -> None:
    """Execute whatever there is, a few at once, until killed."""
    from faults.victim import opened

    async with Worker(opened(url), fan_for(account), concurrency=8):
        await asyncio.Event().wait()
