"""What the detail pane says of a path, an event or a variable: all that is known, safe to show."""

from __future__ import annotations

import json
import shlex
import textwrap
from collections.abc import Iterable
from datetime import datetime

import msgspec

from flopod import events as ev
from flopod.errors import ErrorInfo
from flopod.events import Event
from flopod.state import Variable
from flopod.stored import Encoded
from flopod.summary import RunSummary, Status
from flopod.tree import ACTIVE, Node
from flopod_tui.format import (
    age,
    clock,
    duration,
    fit,
    json_lines,
    moment,
    safe,
    schema_line,
    since,
    until,
)
from flopod_tui.glyphs import look
from flopod_tui.run_view import RunView
from flopod_tui.spans import Span, Spans
from flopod_tui.value_text import count_of, value_lines

LABEL = 10
LINE = 500
"""Characters of a line of a value."""
MOST = 2000
"""Lines of a value."""


def pair(label: str, text: str, role: str = "") -> list[Span]:
    """Return a line `label     text`."""
    return [(f" {fit(label, LABEL)}", "quiet"), (safe(text, LINE), role)]


def wrapped(label: str, text: str, width: int, role: str = "") -> list[Spans]:
    """Return a labelled text over as many lines as it needs."""
    room = max(20, width - LABEL - 3)
    lines = [
        piece
        for line in safe_lines(text[:20_000])
        for piece in (textwrap.wrap(line, room, drop_whitespace=False) or [""])
    ]
    return [pair(label if index == 0 else "", line, role) for index, line in enumerate(lines)]


def safe_lines(text: str) -> list[str]:
    """Return a text's own lines, each made harmless."""
    return [safe(line) for line in text.split("\n")]


def block(title: str, lines: Iterable[str]) -> list[Spans]:
    """Return a titled block of lines."""
    shown = list(lines)
    rows: list[Spans] = [[], [(f" {title}", "strong")]]
    rows += [[(f"   {safe(line, LINE)}", "")] for line in shown[:MOST]]
    if len(shown) > MOST:
        rows.append([(f"   … {len(shown) - MOST:,} more lines", "quiet")])
    return rows


def node_detail(
    view: RunView, node: Node, run: RunSummary | None, now: datetime, width: int
) -> list[Spans]:
    """Return what is known of a path."""
    shown = look(node.status if node.parent or run is None else run.status)
    run_id = run.run_id if run else "RUN"
    rows: list[Spans] = []
    if node.parent:
        rows += wrapped("path", node.path, width)
    rows.append([*pair("kind", fit(node.kind, 18)), (f"{shown.glyph} {shown.word}", shown.role)])
    rows += _times(node, now)
    facts = view.events_at(node.path)
    for event in facts[-1:]:
        rows.append(pair("last", f"{event.seq} {event.type}"))
    rows += _error(node.error, width) if node.error else []
    return [*rows, *_open_wait(facts, node, run_id), *_children(node), *_values(facts)]


def _times(node: Node, now: datetime) -> list[Spans]:
    rows: list[Spans] = []
    if node.started_at:
        ago = f" ({since(node.started_at, now)} ago)"
        rows.append(pair("started", f"{moment(node.started_at, now)}{ago}"))
    if node.ended_at and node.started_at:
        rows.append(pair("took", duration(node.ended_at - node.started_at)))
    if node.until and node.status in ACTIVE:
        label = {Status.SLEEPING: "wakes", Status.RETRYING: "again"}.get(node.status, "deadline")
        rows.append(pair(label, f"{moment(node.until, now)} ({until(node.until, now)})"))
    if node.attempt > 1:
        rows.append(pair("attempt", str(node.attempt)))
    return rows


def _error(error: ErrorInfo, width: int) -> list[Spans]:
    rows = wrapped("error", str(error), width, "failed")
    if error.traceback:
        rows += block("traceback", error.traceback.rstrip().split("\n"))
    return rows


def _open_wait(facts: list[Event], node: Node, run_id: str) -> list[Spans]:
    wait = next((e.fact for e in reversed(facts) if isinstance(e.fact, ev.WaitStarted)), None)
    if wait is None or node.status is not Status.WAITING:
        return []
    rows: list[Spans] = [pair("event", wait.event, "strong")]
    if wait.schema:
        rows.append(pair("payload", schema_line(wait.schema)))
    first, second = shell("flopod", "deliver", run_id), shell(node.path, wait.event)
    rows += block("deliver from a shell", [f"{first} \\", f"  {second} '…'"])
    return [*rows, [], [("   D", "danger"), (" opens the form for this wait", "quiet")]]


def deliver_command(run_id: str, path: str, event: str, payload: str) -> str:
    """Return the shell line that delivers an event; `payload` is quoted already."""
    return shell("flopod", "deliver", run_id, path, event) + f" {payload}"


def shell(*words: str) -> str:
    """Return words as one line for a shell."""
    return " ".join(shlex.quote(word) for word in words)


def _children(node: Node) -> list[Spans]:
    if not node.children:
        return []
    counts: dict[str, int] = {}
    for child in node.children:
        counts[child.status] = counts.get(child.status, 0) + 1
    told = ", ".join(f"{count:,} {look(status).word}" for status, count in counts.items())
    total = f" of {node.total:,}" if node.total and node.total != len(node.children) else ""
    return [pair("inside", f"{len(node.children):,}{total}: {told}")]


def _values(facts: list[Event]) -> list[Spans]:
    """Return the values that the newest events at the path hold, each kind once."""
    rows: list[Spans] = []
    for name, title in (("input", "input"), ("payload", "delivered"), ("output", "output")):
        found = next((v for e in reversed(facts) if (v := getattr(e.fact, name, None))), None)
        if isinstance(found, msgspec.Raw):
            rows += block(title, json_lines(found))
    return rows


def event_detail(event: Event, width: int) -> list[Spans]:
    """Return everything that an event holds."""
    rows: list[Spans] = [
        pair("event", f"{event.seq} {event.type}", "strong"),
        pair("at", f"{event.at:%Y-%m-%d} {clock(event.at)} UTC"),
    ]
    rows += wrapped("path", event.path, width) if event.path else []
    for name, value in msgspec.structs.asdict(event.fact).items():
        rows += _field(name, value, width)
    return rows


def _field(name: str, value: object, width: int) -> list[Spans]:
    if value is None or value in ("", ()):
        return []
    if isinstance(value, Encoded):
        return block(name, json_lines(value))
    if isinstance(value, ErrorInfo):
        return _error(value, width)
    if isinstance(value, datetime):
        return [pair(name, f"{value:%Y-%m-%d} {clock(value)} UTC")]
    if isinstance(value, dict):
        return block(name, json.dumps(value, indent=2, ensure_ascii=False).split("\n"))
    if isinstance(value, tuple):
        return block(name, [str(part) for part in value])
    return wrapped(name.replace("_", " "), str(value), width)


def variable_detail(path: str, variable: Variable, width: int) -> list[Spans]:
    """Return what a variable holds."""
    return [
        *wrapped("variable", path, width, "strong"),
        pair("kind", count_of(variable)),
        pair("set by", f"event {variable.seq}"),
        *block("value", value_lines(variable.value)),
    ]


def node_foot(node: Node, now: datetime) -> Spans:
    """Return a path in one line, for screens without room for the detail."""
    shown = look(node.status)
    told = [f"{node.kind} {node.note}".strip()]
    if node.error:
        told.append(str(node.error).partition("\n")[0])
    if node.started_at:
        told.append(f"started {moment(node.started_at, now)}, {age(now - node.started_at)} ago")
    return [(f" {shown.glyph} ", shown.role), (safe(" · ".join(told), LINE), "")]
