"""The titles of a run's screen: its header, the titles of its panes, the tabs of the narrow one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flopod.summary import FINISHED
from flopod_tui.format import cut, safe
from flopod_tui.glyphs import look
from flopod_tui.run_tail import RunTail
from flopod_tui.run_text import done, took
from flopod_tui.spans import Span, Spans, spread


def header(tail: RunTail, now: datetime, *, narrow: bool) -> tuple[Spans, Spans]:
    """Return where we are and how the run stands."""
    left: list[Span] = [(" ◂ ", "key")]
    if not narrow:
        left = [(" flopod", "accent"), (" ▸ runs ▸ ", "quiet")]
    left.append((safe(tail.run_id, 200), "strong"))
    if run := tail.summary:
        shown = look(run.status)
        left.append((f"  {shown.glyph} {shown.word} ", shown.role))
        left.append((f"{took(run, now)}  {done(run.progress)}", "quiet"))
        if run.attempt > 1:
            left.append((f"  attempt {run.attempt}", "quiet"))
    return left, [(f"seq {tail.view.last_seq} · ", "quiet"), freshness(tail), (" ", "")]


def freshness(tail: RunTail) -> Span:
    """Return whether what is shown is what is."""
    if tail.trouble:
        return cut(tail.trouble, 30), "error"
    if tail.summary and tail.summary.status in FINISHED:
        return "finished", "quiet"
    return ("live", "ok") if tail.view.events else ("reading…", "quiet")


def pane_title(number: int, name: str, note: str, chosen: bool) -> list[Span]:
    """Return the title of a pane: `4 Events 35 · following`."""
    title: list[Span] = [(f"{number} {name.capitalize()}", "accent" if chosen else "")]
    return [*title, (f" {note}", "quiet")] if note else title


def tabs(names: Sequence[str], chosen: str, note: str, width: int) -> list[Span]:
    """Return the names of all panes, the one on view marked."""
    spans: list[Span] = [(" ", "")]
    for number, name in enumerate(names, 1):
        role = "accent" if name == chosen else ""
        spans += [(f"{number} ", "key"), (name.capitalize(), role), ("   ", "")]
    return spread(spans, [(f"{note} ", "quiet")], width)


def log_note(count: int, unseen: int, *, following: bool) -> str:
    """Return how the event list stands: `35 · following`, `35 · paused · 2 new · G live`."""
    if following:
        return f"{count:,} · following"
    new = f" · {unseen} new" if unseen else ""
    return f"{count:,} · paused{new} · G live"
