"""Processes that want the same run, and processes that deliver to it all at once."""

from __future__ import annotations

import pytest

from faults.owners import resumed_by_many, started_by_many, stopped_past_its_lease
from faults.storms import stormed
from faults.trial import check
from faults.victims import Nursery

KINDS = pytest.mark.parametrize("kind", ["sqlite", "file"])


@KINDS
async def test_what_four_processes_deliver_is_taken_once_or_kept(
    mother: Nursery, kind: str
) -> None:
    check(await stormed(mother, 1, kind, 250))


@KINDS
async def test_a_run_that_many_processes_resume_is_executed_by_one(
    mother: Nursery, kind: str
) -> None:
    for seed in range(8):
        check(await resumed_by_many(mother, seed, kind))


@KINDS
@pytest.mark.parametrize("same", [True, False])
async def test_an_id_started_a_hundred_times_at_once_is_one_run(
    mother: Nursery, kind: str, same: bool
) -> None:
    check(await started_by_many(mother, kind, same))


@KINDS
async def test_a_process_stopped_past_its_lease_writes_no_more(mother: Nursery, kind: str) -> None:
    for _ in range(5):
        check(await stopped_past_its_lease(mother, kind))
