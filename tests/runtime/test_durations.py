"""Durations: the forms that are taken, and that nothing else is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopod.durations import LONGEST, parse, show
from flopod.errors import InvalidDurationError, brief


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("250ms", timedelta(milliseconds=250)),
        ("30s", timedelta(seconds=30)),
        ("5m", timedelta(minutes=5)),
        ("1h", timedelta(hours=1)),
        ("2d", timedelta(days=2)),
        ("0s", timedelta(0)),
        ("007s", timedelta(seconds=7)),
        ("3650d", LONGEST),
        (0, timedelta(0)),
        (-0.0, timedelta(0)),
        (90, timedelta(seconds=90)),
        (1.5, timedelta(seconds=1.5)),
        (timedelta(weeks=1), timedelta(days=7)),
    ],
)
def test_a_form_that_is_taken(value: object, expected: timedelta) -> None:
    assert parse(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "", " ", "5", "5.", "-1s", "+1s", "1.5h", "1e9d", "NaN", "inf", "5 m", " 5m", "5m\n", "5m ",
        "\uff15m", "\u0663s", "P1D", "1h30m", "5M", "5sec", "5min", "1w", "ms", "s", "0x5s", "1_0s",
        "3651d",
        "9" * 12 + "d", "9" * 5_000 + "s", None, True, False, b"5s", [], ["5s"], object, 1j,
        float("nan"), float("inf"), float("-inf"), -1, -0.001, 1e300, 10**400, 10**5_000,
        3650 * 86_400 + 1,
        timedelta(microseconds=-1), timedelta.max, timedelta(days=3650, microseconds=1),
    ],
    ids=brief,
)  # fmt: skip
def test_anything_else_is_refused_with_the_forms_that_are_taken(value: object) -> None:
    with pytest.raises(InvalidDurationError) as caught:
        parse(value)
    assert "use '250ms', '30s', '5m', '1h', '2d', a timedelta or seconds" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(0), "0s"),
        (timedelta(milliseconds=250), "250ms"),
        (timedelta(milliseconds=1500), "1500ms"),
        (timedelta(seconds=30), "30s"),
        (timedelta(seconds=90), "90s"),
        (timedelta(minutes=5), "5m"),
        (timedelta(hours=36), "36h"),
        (timedelta(days=2), "2d"),
        (timedelta(microseconds=1_700), "2ms"),
        (timedelta(microseconds=300), "0s"),
    ],
)
def test_the_shortest_form_is_shown(length: timedelta, text: str) -> None:
    assert show(length) == text


@given(st.integers(0, 3650 * 86_400_000))
def test_what_is_shown_is_read_back(milliseconds: int) -> None:
    length = timedelta(milliseconds=milliseconds)
    assert parse(show(length)) == length
