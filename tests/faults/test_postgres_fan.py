"""Many children over worker processes on Postgres, of which one is killed."""

from __future__ import annotations

from faults.postgres_fan import spread
from faults.trial import check
from faults.victims import Nursery


async def test_a_fan_out_over_processes_of_which_one_is_killed_loses_and_repeats_no_child(
    mother: Nursery, postgres_server: str
) -> None:
    check(await spread(mother, postgres_server, seed=1, many=40))
