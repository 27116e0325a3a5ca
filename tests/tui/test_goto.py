"""Where `t` goes, as it is typed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flopod.events import Event
from flopod_tui.run import goto
from tui.store import waiting

LOG: list[Event] = waiting("r", timedelta(minutes=134)).events  # from 11:49:22 to 11:49:31


def taken(text: str, here: int = 35) -> Event:
    return LOG[goto.find(text, LOG, here) - 1]


@pytest.mark.parametrize(
    ("text", "seq"), [("1", 1), ("12", 12), (" 35 ", 35), ("0%", 1), ("50%", 18), ("100 %", 35)]
)
def test_a_number_or_a_share_names_a_record(text: str, seq: int) -> None:
    assert taken(text).seq == seq


def test_a_time_names_the_last_record_up_to_it() -> None:
    assert LOG[-1].at.strftime("%H:%M") == "11:49"
    assert taken("11:49").seq == 35
    assert taken("2026-11-22 11:49").seq == 35
    at = LOG[9].at
    seconds = taken(f"{at:%H:%M:%S}")
    assert seconds.at <= at.replace(microsecond=0)
    assert LOG[seconds.seq].at > at.replace(microsecond=0)


def test_a_time_later_than_the_newest_record_is_yesterdays() -> None:
    with pytest.raises(goto.PlaceError, match="before the first event"):
        taken("23:10")


def test_a_length_of_time_counts_from_the_record_that_is_shown() -> None:
    back = taken("-2s", here=30)
    assert back.at <= LOG[29].at - timedelta(seconds=2) < LOG[back.seq].at
    assert taken("+1h", here=3).seq == 35


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("36", "no event 36; the log has 1 to 35"),
        ("0", "no event 0"),
        ("101%", "at most 100%"),
        ("-5x", "a length of time is one of"),
        ("-3h", "before the first event"),
        ("25:00", "no such time"),
        ("2026-13-01 10:00", "no such time"),
        ("soon", "not a place in the log"),
        ("", "not a place in the log"),
    ],
)
def test_what_names_nothing_is_told_in_a_sentence(text: str, why: str) -> None:
    with pytest.raises(goto.PlaceError, match=why):
        taken(text)


def test_an_empty_log_has_no_place() -> None:
    with pytest.raises(goto.PlaceError, match="no event yet"):
        goto.find("1", [], 0)


def test_the_records_of_a_path_are_those_at_it_and_below() -> None:
    def walk(path: str, here: int, way: int) -> list[int]:
        found: list[int] = []
        while (to := goto.beside(LOG, path, here, way)) is not None:
            found.append(here := to)
        return found

    fetched = [event.seq for event in LOG if event.path == "fetch"]
    inside = [event.seq for event in LOG if event.path.startswith("expedition[1]")]
    assert walk("fetch", 0, 1) == fetched
    assert walk("expedition[1]", 35, -1) == inside[::-1]
    assert walk("", 30, 1) == [31, 32, 33, 34, 35]
    assert walk("never", 1, 1) == []
