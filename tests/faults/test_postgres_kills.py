"""Real processes, killed on a Postgres store at every place that an append passes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from faults.gaps import at_most_once, twice
from faults.kills import killed, killed_everywhere
from faults.trial import Trial, check
from faults.victims import Nursery

CHAINS = 2
"""Stores; ten processes die on each."""


async def test_killed_at_any_moment_nothing_acknowledged_is_lost_and_nothing_done_again(
    mother: Nursery, postgres_server: str
) -> None:
    for seed in range(CHAINS):
        check(await killed(mother, seed, "postgres", postgres_server))


async def test_killed_at_each_place_of_an_append_nothing_acknowledged_is_lost(
    mother: Nursery, postgres: str, tmp_path: Path
) -> None:
    check(await killed_everywhere(mother, postgres, tmp_path / "account"))


@pytest.mark.parametrize("die", [twice, at_most_once], ids=["twice", "at_most_once"])
async def test_a_step_cut_off_before_its_result_was_recorded_runs_as_often_as_it_says(
    mother: Nursery, postgres_server: str, die: Callable[[Nursery, str, str], Awaitable[Trial]]
) -> None:
    check(await die(mother, "postgres", postgres_server))
