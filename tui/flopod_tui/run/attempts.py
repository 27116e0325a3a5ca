"""The attempts of a step, told from its events: when each began, how long it took, how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flopod import events as ev
from flopod.errors import ErrorInfo
from flopod.events import Event
from flopod_tui.text.format import clock, duration, fit_right, safe
from flopod_tui.text.glyphs import look
from flopod_tui.text.spans import Span, Spans, cut_spans

MOST = 20
"""Attempts that are told, the newest ones."""


@dataclass(slots=True)
class Attempt:
    """One call of a step."""

    number: int
    started_at: datetime
    ended_at: datetime | None = None
    error: ErrorInfo | None = None
    next_at: datetime | None = None
    """When the one after it was due."""


def attempts_of(facts: Sequence[Event]) -> list[Attempt]:
    """Return the attempts that the events at a path tell of, in order."""
    made: list[Attempt] = []
    for event in facts:
        match event.fact:
            case ev.ActivityStarted(attempt=number):
                made.append(Attempt(number, event.at))
            case ev.ActivityRetrying(error=error, next_at=next_at) if made:
                made[-1].ended_at, made[-1].error = event.at, error
                made[-1].next_at = next_at
            case ev.ActivityFailed(error=error) if made:
                made[-1].ended_at, made[-1].error = event.at, error
            case ev.ActivityCompleted() if made:
                made[-1].ended_at = event.at
    return made


def attempts(made: Sequence[Attempt], now: datetime, width: int, *, active: bool) -> list[Spans]:
    """Return a line for each attempt, if there were several.

    Args:
        active: the newest one goes on; any other without an end was cut off with its worker.
    """
    if len(made) < 2:
        return []
    rows: list[Spans] = [[], [(" attempts", "strong"), (f"  {len(made)}", "quiet")]]
    if len(made) > MOST:
        rows.append([(f"   … {len(made) - MOST:,} before", "quiet")])
    for one in made[-MOST:]:
        until = one.ended_at or (now if active and one is made[-1] else None)
        rows.append(cut_spans(_line(one, until), width))
    return rows


def _line(one: Attempt, until: datetime | None) -> list[Span]:
    status = "error" if one.error else "ok" if one.ended_at else "running"
    shown = look(status if until else "interrupted")
    took = duration(until - one.started_at) if until else "cut"
    spans: list[Span] = [
        (f"   {fit_right(str(one.number), 2)} ", "quiet"),
        (f"{shown.glyph} ", shown.role),
        (f"{clock(one.started_at)} ", "quiet"),
        (f"{fit_right(took, 6)}  ", ""),
    ]
    if one.error:
        spans.append((safe(str(one.error).partition("\n")[0], 300), ""))
    if one.next_at and one.ended_at:
        spans.append((f", again after {duration(one.next_at - one.ended_at)}", "quiet"))
    return spans
