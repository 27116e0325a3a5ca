"""Retry: how long each policy waits, and which policies make no sense."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopod.errors import InvalidDurationError, InvalidRetryError
from flopod.retry import Retry

DOUBLING: Any = {"backoff": "exponential", "delay": "1s"}


@pytest.mark.parametrize(
    ("policy", "seconds"),
    [
        (Retry(1), [None, None]),
        (Retry(3), [1, 1, None, None]),
        (Retry(4, delay="250ms"), [0.25, 0.25, 0.25, None]),
        (Retry(3, delay=0), [0, 0, None]),
        (Retry(6, **DOUBLING), [1, 2, 4, 8, 16, None]),
        (Retry(6, **DOUBLING, max_delay="5s"), [1, 2, 4, 5, 5, None]),
        (Retry(3, delay="10s", max_delay="5s"), [5, 5, None]),
        (Retry(3, delay="10s", jitter=0.5), [10, 10, None]),
    ],
)
def test_how_long_a_policy_waits_after_each_failure(
    policy: Retry, seconds: list[float | None]
) -> None:
    pauses = [policy.pause(failed) for failed in range(1, len(seconds) + 1)]
    assert pauses == [None if s is None else timedelta(seconds=s) for s in seconds]


@pytest.mark.parametrize(("chance", "seconds"), [(0.0, 8), (0.5, 10), (0.75, 11), (1.0, 12)])
def test_chance_moves_a_pause_by_the_jitter(chance: float, seconds: int) -> None:
    assert Retry(2, delay="10s", jitter=0.2).pause(1, chance) == timedelta(seconds=seconds)


@given(
    st.integers(1, 1_000_000),
    st.timedeltas(timedelta(0), timedelta(days=3650)),
    st.none() | st.timedeltas(timedelta(0), timedelta(days=3650)),
    st.floats(0, 1),
    st.floats(0, 1),
    st.integers(0, 2_000_000),
)
def test_a_pause_is_never_negative_nor_above_the_maximum(
    attempts: int,
    delay: timedelta,
    most: timedelta | None,
    jitter: float,
    chance: float,
    failed: int,
) -> None:
    policy = Retry(attempts, "exponential", delay, most, jitter)
    pause = policy.pause(failed, chance)
    if failed >= attempts:
        assert pause is None
    else:
        assert pause is not None
        assert timedelta(0) <= pause <= (timedelta(days=3650) if most is None else most)


@pytest.mark.parametrize("attempts", [0, -1, 1e9, 10**9, True, 1.0, "3", None, float("nan")])
def test_the_number_of_attempts_is_checked(attempts: Any) -> None:
    with pytest.raises(InvalidRetryError, match=r"max_attempts is .*; it must be a whole number"):
        Retry(attempts)


@pytest.mark.parametrize("jitter", [-0.1, 1.1, float("nan"), float("inf"), True, "0.5", None])
def test_the_jitter_is_checked(jitter: Any) -> None:
    with pytest.raises(InvalidRetryError, match=r"jitter is .*; it must be a number from 0 to 1"):
        Retry(3, jitter=jitter)


@pytest.mark.parametrize("backoff", ["linear", "", None, 2])
def test_the_backoff_is_checked(backoff: Any) -> None:
    with pytest.raises(InvalidRetryError, match="it must be 'fixed' or 'exponential'"):
        Retry(3, backoff=backoff)


@pytest.mark.parametrize("delay", [float("inf"), float("nan"), -1, "soon", "", None, True])
def test_the_delays_are_durations(delay: Any) -> None:
    with pytest.raises(InvalidDurationError):
        Retry(3, delay=delay)
    if delay is not None:
        with pytest.raises(InvalidDurationError):
            Retry(3, max_delay=delay)


def test_a_policy_is_a_frozen_value() -> None:
    policy = Retry(3, delay="60s")
    assert policy == Retry(3, delay=60) == Retry(3, delay=timedelta(minutes=1))
    assert hash(policy) == hash(Retry(3, delay="1m"))
    with pytest.raises(FrozenInstanceError):
        policy.max_attempts = 4  # type: ignore[misc]
