"""How the benchmarks time: in rounds, told as medians."""

from __future__ import annotations

import statistics
import time
from collections.abc import Awaitable, Iterable


def medians(rounds: Iterable[dict[str, float]]) -> dict[str, float]:
    """Return the median of each figure over the rounds, to three digits that mean something."""
    listed = list(rounds)
    return {name: rounded(statistics.median(r[name] for r in listed)) for name in listed[0]}


def rounded(value: float) -> float:
    """Return `value` with four significant digits."""
    return float(f"{value:.4g}")


async def seconds(work: Awaitable[object]) -> float:
    """Return how long `work` takes."""
    start = time.perf_counter()
    await work
    return time.perf_counter() - start
