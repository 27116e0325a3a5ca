"""A Postgres server that crashes and recovers under a worker (R41)."""

from __future__ import annotations

from faults.postgres_crashes import trial
from faults.trial import check


async def test_a_server_that_crashes_again_and_again_loses_nothing_and_repeats_no_step() -> None:
    check(await trial(seed=1))
