"""Where to go in a log, as people type it: a number, a time, so long before now, a share of it.

Pure: the prompt asks with every key, and says which record is taken.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

from flopod.durations import parse
from flopod.errors import FlopodError
from flopod.events import Event
from flopod_tui.text.format import clock

FORMS = "812 · 14:03 · 14:03:20 · -5m · +30s · 50%"
"""What may be typed."""
NUMBER = re.compile(r"[0-9]{1,12}")
SHARE = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,3})?) ?%")
AWAY = re.compile(r"([+-]) ?(.+)")
CLOCK = re.compile(r"(?:([0-9]{4}-[0-9]{2}-[0-9]{2})[ T])?([0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)Z?")


class PlaceError(ValueError):
    """The text names no record; says why in one sentence."""


def find(text: str, events: Sequence[Event], here: int) -> int:
    """Return how many events there are up to the record that the text names, itself included.

    Args:
        here: the same for the record that is shown, from which `-5m` counts.

    Raises:
        PlaceError: it names none.
    """
    text = text.strip()
    if not events:
        raise PlaceError("there is no event yet")
    if NUMBER.fullmatch(text):
        return _numbered(int(text), events)
    if share := SHARE.fullmatch(text):
        return _share(float(share[1]), len(events))
    if away := AWAY.fullmatch(text):
        return _at(_away(away[1], away[2], events[max(0, here - 1)].at), events)
    if told := CLOCK.fullmatch(text):
        return _at(_clock(told[1], told[2], events), events)
    raise PlaceError(f"not a place in the log; one of {FORMS}")


def told(events: Sequence[Event], count: int) -> str:
    """Return a record in a few words: `seq 812 of 1204 · 11:49:13.120 · ActivityCompleted`."""
    event = events[count - 1]
    return f"seq {event.seq:,} of {events[-1].seq:,} · {clock(event.at)} · {event.type}"


def _numbered(seq: int, events: Sequence[Event]) -> int:
    if not events[0].seq <= seq <= events[-1].seq:
        raise PlaceError(f"no event {seq:,}; the log has {events[0].seq:,} to {events[-1].seq:,}")
    return bisect_right(events, seq, key=lambda event: event.seq)


def _share(percent: float, count: int) -> int:
    if percent > 100:
        raise PlaceError("at most 100%")
    return max(1, round(count * percent / 100))


def _away(sign: str, length: str, since: datetime) -> datetime:
    try:
        away = parse(length)
    except FlopodError:
        raise PlaceError("a length of time is one of 250ms 30s 5m 2h 1d") from None
    return since - away if sign == "-" else since + away


def _clock(day: str | None, hour: str, events: Sequence[Event]) -> datetime:
    """Return a time of day as the last one of its kind that the log may hold."""
    last = events[-1].at.astimezone(UTC)
    try:
        at = time.fromisoformat(hour.zfill(5) if len(hour) < 6 else hour.zfill(8))
        date = datetime.fromisoformat(day).date() if day else last.date()
    except ValueError:
        raise PlaceError("no such time") from None
    moment = datetime.combine(date, at, UTC)
    if len(hour) < 6:
        moment += timedelta(seconds=59.999)  # the whole minute
    begun = datetime.combine(date, at, UTC)
    return moment if day or begun <= last else moment - timedelta(days=1)


def _at(moment: datetime, events: Sequence[Event]) -> int:
    """Return the last record up to a moment; before the first there is only the first."""
    first = events[0].at
    if moment < first:
        begun = f"{first.astimezone(UTC):%Y-%m-%d} {clock(first)}"
        raise PlaceError(f"before the first event, which is of {begun}")
    return max(1, bisect_right(events, moment, key=lambda event: event.at))


def beside(events: Sequence[Event], path: str, here: int, way: int) -> int | None:
    """Return the next or previous record at a path or below it; None where there is none.

    Args:
        here: how many events are shown.
        way: 1 forward, -1 back.
    """
    below = (f"{path}/", f"{path}[")
    ends = len(events) if way > 0 else -1
    for index in range(here - 1 + way, ends, way):
        if not path or events[index].path == path or events[index].path.startswith(below):
            return index + 1
    return None
