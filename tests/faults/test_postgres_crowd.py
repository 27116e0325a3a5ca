"""Workers on one Postgres store that are killed at random."""

from __future__ import annotations

from faults.postgres_crowd import crowded
from faults.trial import check
from faults.victims import Nursery


async def test_workers_killed_at_random_lose_no_run_and_repeat_no_finished_step(
    mother: Nursery, postgres_server: str
) -> None:
    check(await crowded(mother, postgres_server, seed=1, runs=150))
