"""Runs, waits, events and trees as lines of text, for the commands that print."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import zip_longest

from flopod.events import Event
from flopod.inner import OpenWait
from flopod.records import iso
from flopod.state import Variable
from flopod.summary import RunSummary, Status
from flopod.tree import ACTIVE, Node
from flopod_tui.output.printing import Cell
from flopod_tui.paths.lines import PathLine, path_lines
from flopod_tui.paths.text import crowd_counts
from flopod_tui.run.event_text import event_words
from flopod_tui.runs.text import doing, done, took
from flopod_tui.text.format import clock, duration, moment, safe, schema_line, until
from flopod_tui.text.glyphs import look
from flopod_tui.values.glance import brief_value, count_of

WIDE = 200
"""Cells that a text may take where nothing stands behind it."""
STYLES = {
    "running": "cyan",
    "retrying": "yellow",
    "sleeping": "blue",
    "waiting": "magenta",
    "ok": "green",
    "failed": "red",
    "trouble": "yellow",
    "damaged": "bold red",
    "quiet": "dim",
}


def run_row(run: RunSummary, now: datetime) -> list[Cell]:
    """Return a run as a row of the list."""
    shown = look(run.status)
    return [
        run.run_id,
        run.workflow or "—",
        (shown.word, STYLES.get(shown.role, "")),
        done(run.progress),
        moment(run.started_at, now) if run.started_at else "—",
        took(run, now),
        _doing(run, now),
    ]


def wait_row(run: RunSummary, wait: OpenWait, now: datetime) -> list[Cell]:
    """Return an open wait as a row of the list."""
    deadline = until(wait.deadline, now) if wait.deadline else "none"
    payload = schema_line(wait.schema) if wait.schema else "any"
    return [run.run_id, wait.path, wait.event, deadline, payload]


def event_line(event: Event) -> str:
    """Return an event as a line: its number, time, type, path, and what it says."""
    words = (f"{event.type:<24}", safe(event.path), event_words(event))
    return (
        f"{event.seq:>6}  {clock(event.at)}  {'  '.join(word for word in words if word)}".rstrip()
    )


def show_lines(
    run: RunSummary, tree: Node, state: Mapping[str, Variable], now: datetime
) -> Iterator[str]:
    """Yield all that is shown of a run."""
    yield from _head(run, now)
    yield from _changed_code(tree)
    yield from ["", "Paths"]
    yield from (f"  {_path_line(line, now)}" for line in path_lines(tree)[1:])
    if state:
        yield from ["", "State"]
        for path, variable in state.items():
            yield f"  {safe(path)}  {count_of(variable)}  {safe(brief_value(variable.value), WIDE)}"
    if run.open_waits:
        yield from ["", "Open waits"]
        for wait in run.open_waits:
            cells = (cell for cell in wait_row(run, wait, now)[1:] if isinstance(cell, str))
            yield f"  {'  '.join(safe(cell) for cell in cells)}"


def _head(run: RunSummary, now: datetime) -> Iterator[str]:
    shown = look(run.status)
    yield f"{run.run_id}  {shown.glyph} {shown.word}  {safe(run.workflow)}".rstrip()
    if run.parent:
        yield f"  parent     {run.parent}"
    if run.submitted_at:
        yield f"  submitted  {iso(run.submitted_at)}"
    if run.started_at:
        yield f"  started    {iso(run.started_at)}  ({took(run, now)})"
    if run.ended_at:
        yield f"  ended      {iso(run.ended_at)}"
    attempt = f", attempt {run.attempt}" if run.attempt > 1 else ""
    yield f"  steps      {done(run.progress)}{attempt}"
    if run.error:
        where = f"{safe(run.error.path)}: " if run.error.path else ""
        yield f"  error      {where}{safe(str(run.error), 2000)}"
    elif now_doing := _doing(run, now):
        yield f"  now        {now_doing}"
    yield f"  events     {run.last_seq}"
    if run.worker:
        yield f"  worker     {safe(run.worker)}"


def _changed_code(tree: Node) -> Iterator[str]:
    """Yield that the workflow's source is another now, and where it no longer fits the log."""
    if tree.code_changed_at:
        yield f"  code       another since event {tree.code_changed_at}"
    recorded, asked = (["", *map(safe, paths)] for paths in tree.unfit)
    if tree.unfit != ((), ()):
        recorded[0], asked[0] = "Recorded", "Asked"
        width = max(map(len, recorded))
        yield ""
        for left, right in zip_longest(recorded, asked, fillvalue=""):
            mark = " " if left == right or left == "Recorded" else "▸"
            yield f"{mark} {left:<{width}}  {right}".rstrip()


def _doing(run: RunSummary, now: datetime) -> str:
    return "".join(text for text, _ in doing(run, now, WIDE))


def _path_line(line: PathLine, now: datetime) -> str:
    node, indent = line.node, "  " * (line.depth - 1)
    if line.crowd:
        ended = "".join(text for text, _ in crowd_counts(line.crowd))
        return f"{indent}{look(Status.OK).glyph} {safe(line.crowd.name)}  {ended}"
    shown = look(node.status)
    told = [f"{shown.glyph} {safe(node.name)}", node.kind, safe(node.note), safe(node.child)]
    if node.total is not None:
        told.append(f"of {node.total:,}")
    if node.attempt > 1:
        told.append(f"attempt {node.attempt}")
    if node.started_at and node.ended_at:
        told.append(duration(node.ended_at - node.started_at))
    if node.until and node.status in ACTIVE:
        told.append(until(node.until, now))
    if node.error:
        told.append(safe(str(node.error).partition("\n")[0], WIDE))
    return indent + "  ".join(word for word in told if word)
