"""What the run list says beside its rows: workers, a run in a few lines, an empty store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flopod.backend import WorkerInfo
from flopod.summary import RunSummary
from flopod_tui.format import fit, moment, safe, since, until
from flopod_tui.glyphs import look
from flopod_tui.run_text import doing, done, took
from flopod_tui.spans import Span, Spans

LABEL = 11


def worker_spans(workers: Sequence[WorkerInfo] | None, *, can_start: bool = False) -> list[Span]:
    """Return who executes runs here: `worker 4121 ✓`, `2 workers ✓`, `▲ no worker`."""
    if workers is None:
        return []
    if not workers:
        offer = [(" W", "key"), (" starts one", "quiet")] if can_start else []
        return [("▲ no worker", "trouble"), *offer]
    name = f"worker {workers[0].pid}" if len(workers) == 1 else f"{len(workers)} workers"
    return [(f"{name} ", "quiet"), ("✓", "ok")]


def rule(title: Spans, width: int, *, focused: bool = False) -> list[Span]:
    """Return a line with a title in it: `── Title ─────────`."""
    role = "accent" if focused else "rule"
    used = sum(len(text) for text, _ in title)
    return [("── ", role), *title, (" " + "─" * max(0, width - used - 4), role)]


def labelled(label: str, *spans: Span) -> list[Span]:
    """Return a line of the form `Label     text`."""
    return [(f" {fit(label, LABEL)}", "quiet"), *spans]


def preview(run: RunSummary, now: datetime, width: int) -> list[Spans]:
    """Return five lines about a run."""
    shown = look(run.status)
    title: list[Span] = [
        (safe(run.run_id, 100), "strong"),
        ("  ", ""),
        (f"{shown.glyph} {shown.word}", shown.role),
        (f"  {safe(run.workflow, 100)}", "quiet"),
    ]
    times = [("not started", "")]
    if run.started_at:
        steps = f" · {done(run.progress)} steps · {took(run, now)}"
        times = [(f"started {moment(run.started_at, now)}{steps}", "")]
    times += [(f" · attempt {run.attempt}", "")] if run.attempt > 1 else []
    lines: list[Spans] = [rule(title, width), labelled("Run", *times)]
    lines += _matters(run, now, width)
    lines.append(
        labelled(
            "Last event",
            (f"{run.last_seq}", ""),
            (f" · {since(run.updated_at, now)} ago", "quiet"),
            (f" · executed by {safe(run.worker, 80)}" if run.worker else "", "quiet"),
        )
    )
    return lines


def _matters(run: RunSummary, now: datetime, width: int) -> list[Spans]:
    """Return up to two lines of what a person would ask first."""
    if run.open_waits:
        return [_wait(run, index, now) for index in range(min(2, len(run.open_waits)))]
    if run.error:
        where = [labelled("At", (safe(run.error.path, 300), ""))] if run.error.path else []
        return [labelled("Error", (safe(str(run.error), 500).replace("\n", " "), "")), *where]
    if now_doing := doing(run, now, width - LABEL - 1):
        return [labelled("Now", *now_doing)]
    return []


def _wait(run: RunSummary, index: int, now: datetime) -> list[Span]:
    wait = run.open_waits[index]
    limit = f" · times out {until(wait.deadline, now)}" if wait.deadline else " · no timeout"
    return labelled(
        "Waits for",
        (safe(wait.event, 100), "strong"),
        (f" at {safe(wait.path, 200)}", ""),
        (f" · since {since(wait.opened_at, now)}{limit}", "quiet"),
    )


def empty_store(url: str, looked_in: Sequence[tuple[str, str]]) -> list[Spans]:
    """Return what a store without runs says: where it is, and what to do next."""
    lines: list[Spans] = [[], [(f"   No runs in {url} yet.", "strong")], []]
    width = max((len(name) for name, _ in looked_in), default=0)
    for index, (name, value) in enumerate(looked_in):
        label = "Looked in" if index == 0 else ""
        lines.append([(f"   {fit(label, 12)}{fit(name, width)}  ", "quiet"), (value, "")])
    lines += [[]] if looked_in else []
    lines.append([("   S", "danger"), (" start a run     ", ""), ("r", "key"), (" look again", "")])
    return [*lines, [], [("   from a shell: flopod start <workflow> '{…}'", "quiet")]]
