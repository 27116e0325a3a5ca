"""SIGKILL at random moments and at named places, and in the gap of a step, on a Postgres store."""

from __future__ import annotations

from faults.gaps import at_most_once, twice
from faults.kills import killed
from faults.trial import Trial
from faults.victims import nursery
from postgres_server import server

CHAINS = 5
"""Stores on one server; ten processes die on each."""


async def trial(seed: int) -> Trial:
    """Let fifty processes die on a server of its own, and eight more in the gap of a step."""
    with server() as url:
        async with nursery() as mother:
            gaps = [await die(mother, "postgres", url) for die in (twice, at_most_once)]
            seeds = range(CHAINS * seed, CHAINS * (seed + 1))
            return sum(
                [await killed(mother, n, "postgres", url) for n in seeds], sum(gaps, Trial(0))
            )
