"""Real processes, killed: what was acknowledged is there, what was recorded never runs again."""

from __future__ import annotations

import asyncio

import pytest

from faults.gaps import at_most_once, twice
from faults.kills import killed
from faults.trial import check
from faults.victims import Nursery

CHAINS = 10
"""Stores of each kind; ten processes die on each."""


@pytest.mark.parametrize("kind", ["sqlite", "file"])
async def test_killed_at_any_moment_nothing_acknowledged_is_lost_and_nothing_done_again(
    mother: Nursery, kind: str
) -> None:
    for seed in range(0, CHAINS, 2):
        pair = (killed(mother, seed + n, kind) for n in range(2))
        for found in await asyncio.gather(*pair):
            check(found)


@pytest.mark.parametrize("kind", ["sqlite", "file"])
async def test_a_step_cut_off_before_its_result_was_recorded_runs_exactly_twice(
    mother: Nursery, kind: str
) -> None:
    check(await twice(mother, kind))


@pytest.mark.parametrize("kind", ["sqlite", "file"])
async def test_a_step_that_is_at_most_once_and_was_cut_off_waits_for_a_person(
    mother: Nursery, kind: str
) -> None:
    check(await at_most_once(mother, kind))
