"""What is said of a run in one line: its progress, what it does now, how long it took."""

from __future__ import annotations

from datetime import datetime

from flopod.inner import Progress
from flopod.summary import RunSummary, Status
from flopod_tui.text.format import (
    age,
    at_word,
    cut,
    cut_left,
    duration,
    safe,
    since,
    until,
    width_of,
)
from flopod_tui.text.spans import Span, span_width

BAR = 4
DONE = 9
"""Cells of a progress in numbers."""
SHORTEST_PATH = 8
"""Cells below which the rest of a path says nothing."""


def bar(progress: Progress) -> str:
    """Return `▰▰▱▱`, or blanks where the end is not known."""
    if not progress.total:
        return " " * BAR
    filled = min(BAR, progress.done * BAR // progress.total)
    return "▰" * filled + "▱" * (BAR - filled)


def done(progress: Progress) -> str:
    """Return `7/9`, or `512` where the end is not known."""
    return f"{progress.done}/{progress.total}" if progress.total else f"{progress.done}"


def done_in_short(progress: Progress) -> str:
    """Return the same in nine characters: `2451/2451`, `120k/1.2M`."""
    exact = done(progress)
    if len(exact) <= DONE:
        return exact
    numbers = (progress.done, progress.total) if progress.total else (progress.done,)
    return "/".join(map(_short, numbers))


def _short(number: int) -> str:
    for unit, size in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if number >= size:
            whole, tenth = divmod(number * 10 // size, 10)
            return f"{whole}.{tenth}{unit}" if whole < 10 else f"{whole}{unit}"
    return str(number)


def took(run: RunSummary, now: datetime) -> str:
    """Return how long the run has been going, or how long it took."""
    if run.started_at is None:
        return "—"
    if run.ended_at is not None:
        return duration(run.ended_at - run.started_at)
    return age(now - run.started_at)


def doing(run: RunSummary, now: datetime, width: int) -> list[Span]:
    """Return what the run does now, or what went wrong; parts that do not fit are left out."""
    match run.status:
        case Status.WAITING if run.open_waits:
            return _waits(run, now, width)
        case Status.WAITING if calls := run.inner.calls:
            more = f" +{len(calls) - 1}" if len(calls) > 1 else ""
            return [(f"→ {cut(next(iter(calls.values())), width - 2 - len(more))}{more}", "")]
        case Status.SLEEPING | Status.RETRYING if run.wake_at:
            word = "wakes" if run.status == Status.SLEEPING else "again"
            when = f"{word} {until(run.wake_at, now)}" if run.wake_at > now else "due now"
            return _then(when, run.current_path, width)
        case Status.ERROR | Status.NEEDS_ATTENTION | Status.DAMAGED:
            return error(run, width)
        case Status.INTERRUPTED:
            ago = f", last event {since(run.updated_at, now)} ago"
            return [("no live worker", ""), (ago if len(ago) + 14 <= width else "", "quiet")]
        case Status.QUEUED:
            return [("until a worker takes it", "quiet")]
        case Status.RUNNING:
            return [(path_in(run.current_path, width), "")]
        case _:
            return []


def error(run: RunSummary, width: int) -> list[Span]:
    """Return what went wrong and, where there is room, where."""
    if run.error is None:
        damaged = run.status == Status.DAMAGED
        return [(cut("its log cannot be read to its end", width), "")] if damaged else []
    what = at_word(safe(str(run.error).partition("\n")[0], 300), width)
    return _then(what, run.error.path, width)


def path_in(path: str, width: int) -> str:
    """Return a path in so many cells; its beginning goes first."""
    return cut_left(safe(path, 1000), width)


def _waits(run: RunSummary, now: datetime, width: int) -> list[Span]:
    wait, others = run.open_waits[0], len(run.open_waits) - 1
    what: Span = (f"⇐ {at_word(safe(wait.event, 100), width - 2)}", "")
    where: Span = (f" at {safe(wait.path, 300)}", "quiet")
    more: Span = (f" +{others}" if others else "", "quiet")
    left: Span = (f", {age(wait.deadline - now)} left" if wait.deadline else "", "quiet")
    if wait.delivered:
        left = (", delivered", "quiet")
    ways: list[list[Span]] = [[what, where, more, left], [what, more, left], [what, more]]
    return next((way for way in ways if span_width(way) <= width), [what])


def _then(what: str, path: str, width: int) -> list[Span]:
    """Return a text, and after it as much of the path as there is room for."""
    room = width - width_of(what) - 4
    if not path or room < SHORTEST_PATH:
        return [(what, "")]
    return [(what, ""), (f" at {path_in(path, room)}", "quiet")]
