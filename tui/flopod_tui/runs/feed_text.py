"""What is said of the list as a whole: how fresh it is, how much of it is shown, and why none."""

from __future__ import annotations

from datetime import datetime

from flopod_tui.runs.feed import MOST, RunFeed
from flopod_tui.text.format import age, cut, plural, since
from flopod_tui.text.spans import Span, Spans

FIELD = 24
"""Cells for the filter, where there is much to be told beside it."""


def freshness(feed: RunFeed, now: datetime, new_above: int = 0) -> list[Span]:
    """Return how old the data is, and how many runs are new above what is on the screen."""
    news = [(f"  +{new_above:,} new,", "accent"), (" g", "key")] if new_above else []
    return [*_state(feed, now), *news]


def _state(feed: RunFeed, now: datetime) -> list[Span]:
    if feed.error and feed.loaded and feed.read_at:
        return [(f"✗ LOST {age(now - feed.read_at)}", "error")]
    if feed.error:
        return [("✗ CANNOT READ", "error")]
    if not feed.loaded:
        return [("reading…", "quiet")]
    if feed.paused:
        held = f" · {len(feed.held):,} changed" if feed.held else ""
        return [("paused", "trouble"), (held, "quiet")]
    if not feed.complete:
        return [(f"reading {len(feed.rows):,} / ~{feed.total:,}", "quiet")]
    if not feed.total:
        return [("EMPTY", "strong")]
    changed = f" · changed {since(feed.newest, now)} ago" if feed.newest else ""
    return [("live", "ok"), (changed, "quiet")]


def hidden(feed: RunFeed, text: str) -> list[Spans]:
    """Return that a filter takes none of the runs."""
    words = f" matches “{text.strip()}”" if text.strip() else " is in this group"
    told = f"   {plural(len(feed.rows), 'run')} hidden by the filter · Esc clears"
    reading = "" if feed.complete else " · still reading"
    return [[], [(f"   No run{words}", "")], [(f"{told}{reading}", "quiet")]]


def found(feed: RunFeed, marked: int, width: int, count: int | None = None) -> str:
    """Return how many runs are shown, how many are marked, and how they are sorted.

    Args:
        width: cells of the line, of which some are left to the filter.
        count: how many would be shown, if not those that are.
    """
    rows = feed.rows
    known = f"{len(rows):,}"
    if feed.is_cut:
        known = f"the newest {min(len(rows), MOST):,} of {feed.total:,}"
    shown = plural(len(rows.shown) if count is None else count, "run")
    parts = [f"{shown} of {known}" if rows.filter else f"{known} runs" if feed.is_cut else shown]
    if marked:
        parts.append(f"{marked:,} marked")
    text = " · ".join([*parts, f"sort {rows.order.sort.label}{rows.order.arrow}"])
    return cut(text, max(FIELD, width - FIELD))
