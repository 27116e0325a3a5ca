"""The lines below the list about the run under the cursor: what a person would ask first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from flopod.backend import LEASE_TIME, WorkerInfo
from flopod.inner import OpenWait
from flopod.summary import RunSummary, Status
from flopod_tui.run.event_text import event_words
from flopod_tui.runs.summary_text import LABEL, labelled, rule
from flopod_tui.runs.text import doing, done, took
from flopod_tui.text.format import age, cut, moment, plural, safe, since, until
from flopod_tui.text.glyphs import look
from flopod_tui.text.spans import Span, Spans, cut_spans

if TYPE_CHECKING:
    from flopod_tui.runs.glimpse import Glimpse

MOST_WAITS = 3
SHOWN_EVENTS = 3
QUIET = timedelta(seconds=15)
"""A worker that was heard of within this needs no words."""


def preview(
    run: RunSummary,
    glimpse: Glimpse | None,
    workers: Sequence[WorkerInfo],
    now: datetime,
    width: int,
) -> list[Spans]:
    """Return the lines; what was not read yet is left out."""
    closer = glimpse if glimpse and glimpse.run_id == run.run_id else None
    lines = [
        rule(_title(run), width),
        labelled("Run", *_times(run, now)),
        *(_unknown(run, workers) or _matters(run, now, width)),
        *_from_log(run, closer, now),
        *_worker(run, workers, now),
    ]
    return [cut_spans(line, width) for line in lines]


def _title(run: RunSummary) -> list[Span]:
    shown = look(run.status)
    waits = f" on {plural(len(run.open_waits), 'event')}" if run.open_waits else ""
    return [
        (safe(run.run_id, 100), "strong"),
        ("  ", ""),
        (f"{shown.glyph} {shown.word}", shown.role),
        (waits, ""),
        (f"  {safe(run.workflow, 100)}", "quiet"),
        (f"  child of {run.parent}" if run.parent else "", "quiet"),
    ]


def _times(run: RunSummary, now: datetime) -> list[Span]:
    if not run.started_at:
        return [("not started", "")]
    steps = f" · {done(run.progress)} steps · {took(run, now)}"
    again = [(f" · attempt {run.attempt}", "")] if run.attempt > 1 else []
    return [(f"started {moment(run.started_at, now)}{steps}", ""), *again]


def _matters(run: RunSummary, now: datetime, width: int) -> list[Spans]:
    """Return what it waits for, what went wrong, or what it does."""
    if run.open_waits:
        waits: list[Spans] = [_wait(wait, now) for wait in run.open_waits[:MOST_WAITS]]
        more = len(run.open_waits) - MOST_WAITS
        return [*waits, *([labelled("", (f"and {more} more", "quiet"))] if more > 0 else [])]
    if run.error:
        where = [labelled("At", (safe(run.error.path, 300), ""))] if run.error.path else []
        return [labelled("Error", (safe(str(run.error), 500).replace("\n", " "), "")), *where]
    if now_doing := doing(run, now, width - LABEL - 1):
        return [labelled("Now", *now_doing)]
    return []


def _unknown(run: RunSummary, workers: Sequence[WorkerInfo]) -> list[Spans]:
    """Return that a run waits in vain: there are workers, and none of them knows its workflow."""
    known = {info.name for worker in workers for info in worker.workflows}
    if run.status != Status.QUEUED or not workers or run.workflow in known:
        return []
    how: Span = ("; start one with its file: flopod worker -w FILE", "quiet")
    return [labelled("Now", (f"no worker knows {safe(run.workflow, 100)}", "trouble"), how)]


def _wait(wait: OpenWait, now: datetime) -> list[Span]:
    limit = f" · times out {until(wait.deadline, now)}" if wait.deadline else " · no timeout"
    given = " · delivered, not taken yet" if wait.delivered else limit
    return labelled(
        "Waits for",
        (safe(wait.event, 100), "strong"),
        (f" at {safe(wait.path, 200)}", ""),
        (f" · since {since(wait.opened_at, now)}{given}", "quiet"),
    )


def _from_log(run: RunSummary, glimpse: Glimpse | None, now: datetime) -> list[Spans]:
    """Return the last events, state and input; the number of the last event before that."""
    if glimpse is None:
        ago = f" · {since(run.updated_at, now)} ago"
        return [labelled("Last event", (f"{run.last_seq}", ""), (ago, "quiet"))]
    if glimpse.error:
        return [labelled("Log", (safe(glimpse.error, 300), "error"))]
    lines: list[Spans] = [labelled("Last", *_events(glimpse, now))]
    if glimpse.state:
        lines.append(labelled("State", (glimpse.state, "")))
    if glimpse.input:
        lines.append(labelled("Input", (glimpse.input, "")))
    return lines


def _events(glimpse: Glimpse, now: datetime) -> list[Span]:
    spans: list[Span] = []
    for event in reversed(glimpse.events[-SHOWN_EVENTS:]):
        words = f" {cut(event_words(event), 40)}" if event_words(event) else ""
        where = f" {safe(event.path, 60)}" if event.path else ""
        spans.append((f"{moment(event.at, now)} ", "quiet"))
        spans += [(f"{event.type}{where}", ""), (f"{words}   ", "quiet")]
    return spans


def _worker(run: RunSummary, workers: Sequence[WorkerInfo], now: datetime) -> list[Spans]:
    """Return who executes the run, and how long that worker has been silent."""
    if not run.worker:
        return []
    spans: list[Span] = [(safe(run.worker, 80), "")]
    for worker in workers:
        silent = now - (worker.expires_at - LEASE_TIME)
        if worker.name == run.worker:
            spans.append((f" · since {moment(worker.since, now)}", "quiet"))
            if silent > QUIET:
                spans.append((f" · last heard of {age(silent)} ago", "trouble"))
    return [labelled("Worker", *spans)]
