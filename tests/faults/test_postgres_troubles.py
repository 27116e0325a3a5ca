"""Administrators, other sessions and partitions at random moments (R42, R45, R46)."""

from __future__ import annotations

import pytest

from faults.postgres_partitions import cut_off
from faults.postgres_troubles import troubled
from faults.trial import check


@pytest.mark.parametrize("seed", range(5))
async def test_what_is_written_through_trouble_is_there_once_and_told(
    postgres_server: str, seed: int
) -> None:
    check(await troubled(postgres_server, seed))


@pytest.mark.parametrize("seed", range(3))
async def test_a_worker_cut_off_about_as_long_as_its_lease_and_who_takes_over_do_not_mix(
    postgres_server: str, seed: int
) -> None:
    check(await cut_off(postgres_server, seed))
