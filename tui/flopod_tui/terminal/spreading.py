"""Long work in the loop of the app, a little at a time, so that a key is answered meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from time import perf_counter

SLICE = 0.008
"""Seconds of work between two moments at which others have their turn."""


async def spread_out(steps: Iterable[None]) -> None:
    """Do the work between the steps of a generator."""
    begun = perf_counter()
    for _ in steps:
        if perf_counter() - begun > SLICE:
            await asyncio.sleep(0)
            begun = perf_counter()
