"""What the tests of the test kit share: a long workflow, and a look at a run's lives."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from flopod import Retry, Runtime
from flopod.testing import RunHandle

LONG_AGO = datetime(2001, 1, 1, 12, tzinfo=UTC)
"""Far from the machine's time, so that a mix of the two shows."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def thirty_days(wf: Runtime, price: int) -> list[Any]:
    """Sleeps, a wait with a limit, and a step that succeeds at the third attempt."""
    for day in range(29):
        await wf.sleep(f"day-{day}", "1d")
    answer = await wf.wait("answer", "renewed", timeout="1d")
    attempts = await wf.var("attempts", 0)
    await attempts.update(lambda now: now + 1)
    failures = iter([OSError("one"), OSError("two")])

    def charge() -> int:
        for failure in failures:
            raise failure
        return price

    return [answer, await wf.activity("charge", charge, retry=Retry(3, delay="6h"))]


async def ticks(count: int = 50) -> None:
    """Let everything that can go on in the loop do so."""
    for _ in range(count):
        await asyncio.sleep(0)


async def lives(run: RunHandle[Any]) -> int:
    return sum(event.type == "RunStarted" for event in await run.events())


async def sleeps_twice(wf: Runtime) -> datetime:
    await wf.sleep("one", "1d")
    await wf.sleep("other", "1d")
    return await wf.now("then")
