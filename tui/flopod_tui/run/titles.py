"""The titles of a run's screen: its header, its views and panes, and what is to be noticed."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from flopod.errors import CorruptLogError
from flopod.events import Event
from flopod.summary import FINISHED, RunSummary
from flopod_tui.run.tail import GONE, RunTail
from flopod_tui.runs.text import done, took
from flopod_tui.text.format import age, cut, safe, since
from flopod_tui.text.glyphs import look
from flopod_tui.text.spans import GAP, Span, Spans, span_width, spread

TRAVEL_KEYS = (
    (",", "back"),
    (".", "forward"),
    ("< >", "ten"),
    ("{ }", "of the path"),
    ("t", "go to seq or time"),
    ("m", "mark base"),
    ("d", "diff"),
    ("!", "next failure"),
    ("G", "live"),
)


class Standing(NamedTuple):
    """A run at the moment that is shown."""

    run_id: str
    run: RunSummary | None
    """How it stood; None: not known yet."""
    at: datetime
    moment: Event | None
    """The record that is shown; None: it is live."""


def header(stands: Standing, tail: RunTail, now: datetime, *, narrow: bool) -> tuple[Spans, Spans]:
    """Return where we are and how the run stands."""
    left: list[Span] = [(" ◂ ", "key")]
    if not narrow:
        left = [(" flopod", "accent"), (" ▸ runs ▸ ", "quiet")]
    left.append((safe(stands.run_id, 200), "strong"))
    if run := stands.run:
        if run.parent and not narrow:
            left.append((f"  child of {run.parent}", "quiet"))
        shown = look(run.status)
        left.append((f"  {shown.glyph} {shown.word} ", shown.role))
        left.append((f"{took(run, stands.at)}  {done(run.progress)}", "quiet"))
        if run.attempt > 1:
            left.append((f"  attempt {run.attempt}", "quiet"))
    clock: Spans = () if narrow else ((f" · {now.astimezone(UTC):%H:%M}Z", "quiet"),)
    return left, [*_moment(stands, tail, now), *clock, (" ", "")]


def _moment(stands: Standing, tail: RunTail, now: datetime) -> list[Span]:
    trouble: list[Span] = []
    if tail.lost_at is not None:
        lost = age(timedelta(seconds=time.monotonic() - tail.lost_at))
        trouble = [(f"✗ LOST {lost}", "error"), (" · ", "quiet")]
    elif tail.trouble:
        trouble = [(cut(tail.trouble, 30), "error"), (" · ", "quiet")]
    if tail.damage:
        trouble = [(" ■ LOG DAMAGED ", "damaged"), (" ", "")]
    if stands.moment is not None:
        at = stands.moment.at.astimezone(UTC)
        return [*trouble, (f" AT seq {stands.moment.seq} · {at:%H:%M:%S} ", "moment")]
    events = tail.events
    seq: Span = (f"seq {events[-1].seq if events else 0}", "quiet")
    if tail.trouble == GONE:
        return [(GONE, "error"), (" · ", "quiet"), seq]
    if trouble:
        return [*trouble, seq]
    return [seq, (" · ", "quiet"), freshness(tail, now)]


def freshness(tail: RunTail, now: datetime) -> Span:
    """Return whether what is shown is what is, and how old it is."""
    if tail.reading is not None:
        return (f"reading {tail.reading:.0%}" if tail.events else "reading…"), "quiet"
    if tail.summary and tail.summary.status in FINISHED:
        return "finished", "quiet"
    newest = tail.view.events[-1].at if tail.view.events else None
    return f"live, {since(newest, now)} old", "ok"


def pane_title(number: int, name: str, note: str, chosen: bool) -> list[Span]:
    """Return the title of a pane: `4 Events 35 · following`."""
    title: list[Span] = [(f"{number} {name.capitalize()}", "accent" if chosen else "")]
    return [*title, (f" {note}", "quiet")] if note else title


def views(names: Sequence[str], chosen: str, keys: str, right: str, width: int) -> list[Span]:
    """Return the names of all views, the one on the screen in brackets."""
    spans: list[Span] = [(" v", "key"), (": ", "quiet")]
    for name in names:
        spans += _bracketed(name, name == chosen)
    return spread([*spans, (f"   {keys}", "quiet")], [(f"{right} ", "quiet")], width)


def tabs(names: Sequence[str], chosen: str, right: str, width: int) -> list[Span]:
    """Return the names of all panes, the one on the screen in brackets."""
    spans: list[Span] = [(" ", "")]
    for number, name in enumerate(names, 1):
        spans += [(str(number), "key"), *_bracketed(name, name == chosen), GAP]
    room = width - span_width(spans) - 3
    return spread(spans, [(f"{cut(right, room)} ", "quiet")], width)


def _bracketed(name: str, chosen: bool) -> list[Span]:
    title = {"json": "JSON"}.get(name, name.capitalize())
    return [(f"[{title}]" if chosen else f" {title} ", "accent" if chosen else "")]


def log_note(count: int, unseen: int, *, following: bool) -> str:
    """Return how the event list stands: `35 · following`, `35 · paused · 2 new · G live`."""
    if following:
        return f"{count:,} · following"
    new = f" · {unseen} new" if unseen else ""
    return f"{count:,} · paused{new} · G live"


def travel_keys(width: int) -> list[Span]:
    """Return the keys that go through time, as many as fit."""
    spans: list[Span] = [(" ", "")]
    for key, word in TRAVEL_KEYS:
        item: list[Span] = [(key, "key"), (f" {word}   ", "quiet")]
        if sum(len(text) for text, _ in (*spans, *item)) > width:
            break
        spans += item
    return spans


def notice(tail: RunTail, width: int) -> list[Spans]:
    """Return what a person has to know before all else: the log is damaged, or there is none."""
    if tail.damage:
        return damaged(tail.damage, tail.view.last_seq, width)
    if tail.reading is None and not tail.events and not tail.trouble:
        return [[("   Started, no event yet", "quiet")]]
    return []


def damaged(damage: CorruptLogError, seq: int, width: int) -> list[Spans]:
    """Return what is wrong with a log, what is shown of it, and what to do next."""
    wrong = textwrap.wrap(safe(str(damage), 500), max(20, width - 6))[:WRONG]
    marks = ["   ■ ", *["     "] * WRONG]
    rows: list[Spans] = [
        [(mark, "failed"), (line, "strong")] for mark, line in zip(marks, wrong, strict=False)
    ]
    read = f"     {len(damage.events):,} records read. Shown: everything up to seq {seq:,}"
    rows.append([(f"{read}; nothing was changed.", "")])
    rows.append([("     Next: ", "quiet"), ("flopod doctor", "strong"), (DOCTOR, "quiet")])
    return rows


WRONG = 3
"""Lines for what is wrong."""
DOCTOR = " says what is lost, and with --repair mends it"
