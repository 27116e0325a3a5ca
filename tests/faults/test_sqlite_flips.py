"""A SQLite store with some other bytes: told, or as it was, and never a crash or a hang (R44)."""

from __future__ import annotations

import logging

import pytest

from faults.sqlite_flips import trial
from faults.trial import Trial, check

TRIALS = 100


async def test_changed_bytes_are_told_or_change_nothing_but_a_value(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        found = Trial(0)
        for seed in range(TRIALS):
            found += await trial(seed)
    check(found)
    assert found.trials == TRIALS
    assert not caplog.records
