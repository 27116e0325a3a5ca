"""The list of 100,000 runs in memory: a key in its filter, a sort, and how long it holds the loop.

The longest step is what a key press may have to wait for; the list works in steps for that.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from listing import RUNS, fill
from rounds import medians

from flopod import Control
from flopod.stored import utc_now
from flopod_backends import SqliteBackend
from flopod_tui.query import parse
from flopod_tui.runs.feed import RunFeed
from flopod_tui.runs.filters import RunFilter
from flopod_tui.runs.order import Order

BEAT = 0.002
KEYS = ("9", "99", "999", "99")
"""What stands in the filter after each key; the last one was a backspace."""


def measure(scratch: Path, rounds: int) -> dict[str, Any]:
    """Return milliseconds for reading all, for a key in the filter, and for a sort."""
    path = scratch / "runs.db"
    asyncio.run(fill(path, RUNS))
    return {"runs": RUNS, **medians(asyncio.run(_round(path)) for _ in range(rounds))}


async def _round(path: Path) -> dict[str, float]:
    backend = SqliteBackend(path)
    feed = RunFeed(Control(backend, workflows=()), utc_now, lambda: feed.settle())
    start = time.perf_counter()
    gap = await _longest_gap(feed.load())
    figures = {"read_all_ms": (time.perf_counter() - start) * 1e3, "reading_gap_ms": gap * 1e3}
    assert len(feed.rows.shown) == RUNS
    keys = [_steps(feed.rows.narrow(RunFilter(query=parse(key)), utc_now())) for key in KEYS]
    figures["filter_key_ms"] = max(total for total, _ in keys) * 1e3
    query = RunFilter(query=parse("status:failed | took>30s id~7$"))
    figures["query_longest_step_ms"] = _steps(feed.rows.narrow(query, utc_now()))[1] * 1e3
    figures["sort_longest_step_ms"] = _steps(feed.rows.sort(Order("took"), utc_now()))[1] * 1e3
    await backend.close()
    return figures


async def _longest_gap(work: Any) -> float:
    """Return how long others had to wait while something was done."""
    task = asyncio.ensure_future(work)
    longest, last = 0.0, time.perf_counter()
    while not task.done():
        await asyncio.sleep(BEAT)
        now = time.perf_counter()
        longest, last = max(longest, now - last - BEAT), now
    await task
    return longest


def _steps(steps: Iterable[None]) -> tuple[float, float]:
    """Return the seconds that the work takes, and its longest step."""
    start = last = time.perf_counter()
    longest = 0.0
    for _ in steps:
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
    end = time.perf_counter()
    return end - start, max(longest, end - last)
