"""The questions about one run as rows: what failed, what is kept, what runs again."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from datetime import datetime

from flopod.backend import WorkerInfo
from flopod.events import Event
from flopod.summary import RunSummary, Status
from flopod_tui.forms.retry_plan import RetryPlan, hopeless, listed
from flopod_tui.text.format import clock, cut, cut_left, fit, moment, plural, safe, since
from flopod_tui.text.glyphs import look
from flopod_tui.text.spans import Span, Spans

LABEL = 13
ERROR_LINES = 3


def pair(label: str, text: str, role: str = "") -> list[Span]:
    """Return `label:   text`."""
    return [(fit(f"{label}:" if label else "", LABEL), "quiet"), (safe(text), role)]


def run_line(run: RunSummary, width: int) -> list[Span]:
    """Return which run it is about."""
    shown = look(run.status if run.status != Status.DAMAGED else Status.ERROR)
    name = cut(safe(run.run_id, 200), width - 18)
    workflow = cut(safe(run.workflow, 40), max(6, width - len(name) - 6))
    return [(f"{shown.glyph} ", shown.role), (name, "strong"), (f"   {workflow}", "quiet")]


def failure(run: RunSummary, now: datetime, width: int) -> list[Spans]:
    """Return where and why a run stopped; first of all, if a retry does not help by itself."""
    rows: list[Spans] = [run_line(run, width)]
    if why := hopeless(run.error):
        rows += [[("! ", "trouble"), (line, "")] for line in textwrap.wrap(why, max(1, width - 2))]
    at = f"{look(run.status).word} {since(run.ended_at, now)} ago"
    rows.append([(f"{at} at" if run.error and run.error.path else at, "quiet")])
    if run.error:
        tries = plural(run.error.attempts, "attempt")
        where = safe(run.error.path) or "the body of the workflow"
        rows.append([(f"  {cut_left(where, width - 16)}", ""), (f"   {tries}", "quiet")])
        text = safe(str(run.error).replace("\n", " "), 600)
        lines = textwrap.wrap(text, max(1, width - 4))[:ERROR_LINES]
        rows += [[(f"  {line}", "failed")] for line in lines]
    return rows


def plan_rows(
    plan: RetryPlan | None, run: RunSummary, trouble: str, width: int, *, fresh: bool
) -> list[Spans]:
    """Return what runs again and what is kept.

    Args:
        fresh: a new run is started in place of a retry.
    """
    if fresh:
        kept = f"nothing; {run.run_id} stays as it is"
        return [pair("Runs again", "everything, from the beginning"), pair("Kept", kept)]
    if plan is None:
        told = trouble or "reading the log…"
        return [pair("Runs again", told, "error" if trouble else "quiet"), pair("Kept", "…")]
    room = width - LABEL
    again = listed(plan.again, room - 28) or "the body of the workflow"
    kept = listed(plan.kept_places, room) or "nothing is finished yet"
    rows: list[Spans] = [
        pair("Runs again", f"{again}, then everything after it"),
        pair("Kept", kept),
    ]
    return [*rows, *_rest(plan, room), *_misfit(plan, room), *_code(plan)]


def _rest(plan: RetryPlan, room: int) -> list[Spans]:
    rows: list[Spans] = []
    if plan.failed:
        rows.append(pair("Kept failed", listed(plan.failed, room)))
    if plan.goes_on:
        rows.append(pair("Goes on", listed(plan.goes_on, room)))
    return rows


def _misfit(plan: RetryPlan, room: int) -> list[Spans]:
    if not (plan.recorded or plan.asked):
        return []
    return [
        pair("Recorded", listed(plan.recorded, room) or "nothing"),
        pair("Asked", listed(plan.asked, room) or "nothing"),
    ]


def _code(plan: RetryPlan) -> list[Spans]:
    if not plan.code_changes:
        return []
    last = plan.code_changes[-1]
    told = f"code changed since this run started (hash {last.was[:4]} → {last.now[:4]}"
    return [[("! ", "trouble"), (f"{safe(told)}, event {last.seq})", "")]]


def worker_row(workers: Sequence[WorkerInfo] | None) -> list[Spans]:
    """Return a warning where nobody would execute it."""
    if workers is None or workers:
        return []
    return [[("▲ ", "trouble"), ("no worker is alive: the run waits for one", "")]]


def cancel_rows(run: RunSummary, plan: RetryPlan | None, now: datetime, width: int) -> list[Spans]:
    """Return what a cancel stops, and what stays."""
    at = safe(run.current_path, 60) or "its beginning"
    stop = "at once" if run.worker is None else f"at its worker, {safe(run.worker, 40)}"
    room = width - LABEL
    flight = "reading the log…" if plan is None else listed(plan.again, room) or "no step"
    rows: list[Spans] = [
        run_line(run, width),
        [(f"started {since(run.started_at, now)} ago, now at {at}", "quiet")],
        [],
        pair("Stops", stop),
        pair("In flight", flight),
    ]
    if plan and plan.goes_on:
        rows.append(pair("Waits", listed(plan.goes_on, room)))
    if run.worker is not None:
        rows.append(pair("", "a step in flight may still end, and is recorded if it does"))
    done = plural(run.progress.done, "finished step")
    return [*rows, pair("Keeps", f"the log and {done}"), pair("Afterwards", "R takes it up again")]


def fork_rows(
    run: RunSummary,
    event: Event | None,
    seq: int,
    plan: RetryPlan | None,
    now: datetime,
    width: int,
) -> list[Spans]:
    """Return what a fork takes along, and where it goes on."""
    at = f"event {seq} of {run.last_seq}"
    rows: list[Spans] = [run_line(run, width), [(f"as it was at {at}", "quiet")]]
    if event is not None:
        when = moment(event.at, now) if event.at.date() != now.date() else clock(event.at)
        place = cut_left(safe(event.path), max(8, width - len(when) - len(event.type) - 6))
        rows.append([(f"  {when}  {event.type}  ", ""), (place, "quiet")])
    room = width - LABEL
    rows.append([])
    if plan is None:
        return [*rows, pair("Kept", "reading the log…")]
    rows.append(pair("Kept", listed(plan.kept_places, room) or "nothing is finished there"))
    again = listed(plan.again, room - 22)
    rows.append(pair("Runs again", f"{again}, then what follows" if again else "what follows"))
    rows += [*_rest(plan, room), pair("Source", "stays as it is")]
    if plan.ended:
        goes_on = "nothing is left to do" if plan.ended == "RunCompleted" else "R takes it up"
        told = f"the run had ended there ({plan.ended}), so has the new one: {goes_on}"
        rows.append([("! ", "trouble"), (cut(told, width - 2), "")])
    return rows
