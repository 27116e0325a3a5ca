"""R29: random workflows under the same code, repaired and retried, and under changed code."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from faults import changed_code as trials
from faults.trial import Trial, check

SAME, CANCELLED, REPAIRED, CHANGED = 120, 120, 120, 250


async def test_a_random_run_cut_anywhere_goes_on_with_its_own_code() -> None:
    check(sum([await trials.same_code(seed) for seed in range(SAME)], Trial(0)))


async def test_a_random_run_that_was_cancelled_anywhere_goes_on_after_a_retry() -> None:
    check(sum([await trials.cancelled(seed) for seed in range(CANCELLED)], Trial(0)))


async def test_a_random_run_that_failed_goes_on_once_it_is_repaired() -> None:
    check(sum([await trials.repaired(seed) for seed in range(REPAIRED)], Trial(0)))


async def test_a_random_run_under_changed_code_repeats_nothing_that_is_recorded() -> None:
    ends = [await trials.changed(seed) for seed in range(CHANGED)]
    check(sum([trial for _, trial in ends], Trial(0)))
    stopped = [status for status, _ in ends].count("needs_attention")
    assert CHANGED / 10 < stopped < CHANGED * 9 / 10, "changes are to be dangerous now and then"


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_a_workflow_of_any_shape_cut_anywhere_ends_the_same(seed: int) -> None:
    check(asyncio.run(trials.same_code(seed)))
