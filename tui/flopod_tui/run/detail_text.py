"""What the detail pane says of a path, an event or a variable: all that is known, safe to show."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice

import msgspec

from flopod import events as ev
from flopod.errors import ErrorInfo
from flopod.events import Event
from flopod.records import json_part
from flopod.state import Variable
from flopod.stored import Encoded
from flopod.summary import RunSummary, Status
from flopod.tree import ACTIVE, Node
from flopod_tui.run.attempts import attempts, attempts_of
from flopod_tui.run.detail_parts import LINE, block, error_lines, pair, value_block, wrapped
from flopod_tui.run.inside import Inside
from flopod_tui.run.view import RunView
from flopod_tui.text.format import (
    age,
    clock,
    duration,
    fit,
    moment,
    safe,
    schema_line,
    shape_line,
    since,
    until,
)
from flopod_tui.text.glyphs import look
from flopod_tui.text.spans import Spans
from flopod_tui.values.glance import count_of
from flopod_tui.values.masking import MASK, MASKED, Masking

SMALL = 4000
"""Bytes of a payload of which the shape is told."""
FACTS = 5000
"""Events at a path that are looked at: the first ones, and the newest."""
RECENT = 10_000
"""Events among which an earlier delivery is looked for."""


def node_detail(
    view: RunView,
    node: Node,
    run: RunSummary | None,
    now: datetime,
    width: int,
    masking: Masking = MASKED,
    inside: Inside | None = None,
    child: RunSummary | None = None,
) -> list[Spans]:
    """Return what is known of a path.

    Args:
        inside: what counted the paths inside it before, so as not to count them again.
        child: how the run stands now that was started there, if that is known.
    """
    shown = look(node.status if node.parent or run is None else run.status)
    rows: list[Spans] = []
    if node.parent:
        rows += wrapped("path", node.path, width)
    rows.append([*pair("kind", fit(node.kind, 18)), (f"{shown.glyph} {shown.word}", shown.role)])
    rows += _times(node, now)
    facts = view.events_at(node.path, FACTS)
    for event in facts[-1:]:
        rows.append(pair("last", f"{event.seq} {event.type}"))
    rows += _taken(facts) + _run(node, child, width) + (inside or Inside()).told(view, node)
    rows += error_lines(node.error, width, node.path) if node.error else []
    rows += attempts(attempts_of(facts), now, width, active=node.status in ACTIVE)
    rows += _wait(view, facts, node, run.run_id if run else "RUN", now)
    return [*rows, *_values(facts, masking, width)]


def _times(node: Node, now: datetime) -> list[Spans]:
    rows: list[Spans] = []
    if node.started_at:
        ago = f" ({since(node.started_at, now)} ago)"
        label = "opened" if node.kind == "wait" else "started"
        rows.append(pair(label, f"{moment(node.started_at, now)}{ago}"))
    if node.ended_at and node.started_at:
        rows.append(pair("took", duration(node.ended_at - node.started_at)))
    if node.until and node.status in ACTIVE and node.kind != "wait":
        label = {Status.SLEEPING: "wakes", Status.RETRYING: "again"}.get(node.status, "until")
        rows.append(pair(label, f"{moment(node.until, now)} ({until(node.until, now)})"))
    return rows


def _run(node: Node, child: RunSummary | None, width: int) -> list[Spans]:
    """Return which run was started, and how it stands."""
    if not node.child:
        return []
    rows: list[Spans] = [*wrapped("run", node.child, width)]
    if child is not None and child.run_id == node.child:
        shown = look(child.status)
        rows.append(pair("it is", f"{shown.glyph} {shown.word} · Enter opens it", shown.role))
    return rows


def _taken(facts: Sequence[Event]) -> list[Spans]:
    """Return the branch that was taken."""
    for event in reversed(facts):
        if isinstance(event.fact, ev.BranchTaken):
            default = "  (no case of its own: the default)" if event.fact.default else ""
            return [[*pair("taken", event.fact.key, "strong"), (default, "quiet")]]
    return []


def _wait(
    view: RunView, facts: Sequence[Event], node: Node, run_id: str, now: datetime
) -> list[Spans]:
    opened = next((one for one in reversed(facts) if isinstance(one.fact, ev.WaitStarted)), None)
    if opened is None or not isinstance(opened.fact, ev.WaitStarted):
        return []
    wait = opened.fact
    rows: list[Spans] = [pair("event", wait.event, "strong"), *_deadline(opened, wait, node, now)]
    if wait.schema:
        rows.append(pair("payload", schema_line(wait.schema)))
    elif shape := _last_shape(view, wait.event):
        rows.append([*pair("payload", shape), ("  as last delivered", "quiet")])
    if node.status is not Status.WAITING:
        return rows
    first, second = shell("flopod", "deliver", run_id), shell(node.path, wait.event)
    rows += block("deliver from a shell", [f"{first} \\", f"  {second} '…'"])
    return [*rows, [], [("   D", "danger"), (" opens the form for this wait", "quiet")]]


def _deadline(opened: Event, wait: ev.WaitStarted, node: Node, now: datetime) -> list[Spans]:
    if wait.deadline is None:
        return [pair("timeout", "none", "quiet")]
    # The event was recorded a moment after the deadline was reckoned: 48h would read 1d23h.
    seconds = round((wait.deadline - opened.at).total_seconds())
    length, at = age(timedelta(seconds=seconds)), moment(wait.deadline, now)
    left = f" ({age(wait.deadline - now)} left)" if wait.deadline > now else " (over)"
    open_now = node.status is Status.WAITING
    return [pair("timeout", f"{length}, until {at}{left if open_now else ''}")]


def _last_shape(view: RunView, event: str) -> str:
    """Return the shape of what was last delivered under the name of an event."""
    for one in islice(reversed(view.events), RECENT):
        if isinstance(one.fact, ev.EventDelivered) and one.fact.event == event:
            small = memoryview(one.fact.payload).nbytes < SMALL
            return shape_line(json_part(one.fact.payload)) if small else ""
    return ""


def deliver_command(run_id: str, path: str, event: str, payload: str) -> str:
    """Return the shell line that delivers an event; `payload` is quoted already."""
    return shell("flopod", "deliver", run_id, path, event) + f" {payload}"


def shell(*words: str) -> str:
    """Return words as one line for a shell."""
    return " ".join(shlex.quote(word) for word in words)


def _values(facts: Sequence[Event], masking: Masking, width: int) -> list[Spans]:
    """Return the values that the newest events at the path hold, each kind once."""
    rows: list[Spans] = []
    for name, title in (("input", "input"), ("payload", "delivered"), ("output", "output")):
        found = next((v for e in reversed(facts) if (v := getattr(e.fact, name, None))), None)
        if isinstance(found, msgspec.Raw):
            rows += value_block(title, found, masking, width)
    return rows


def event_detail(event: Event, width: int, masking: Masking = MASKED) -> list[Spans]:
    """Return everything that an event holds."""
    event = masking.masked_event(event)
    rows: list[Spans] = [
        pair("event", f"{event.seq} {event.type}", "strong"),
        pair("at", f"{event.at:%Y-%m-%d} {clock(event.at)} UTC"),
    ]
    rows += wrapped("path", event.path, width) if event.path else []
    for name, value in msgspec.structs.asdict(event.fact).items():
        rows += _field(name, value, width, masking)
    return rows


def _field(name: str, value: object, width: int, masking: Masking) -> list[Spans]:
    if value is None or value in ("", ()):
        return []
    if isinstance(value, Encoded | dict):
        return value_block(name, value, masking, width)
    if isinstance(value, ErrorInfo):
        return error_lines(value, width)
    if isinstance(value, datetime):
        return [pair(name, f"{value:%Y-%m-%d} {clock(value)} UTC")]
    if isinstance(value, tuple):
        return block(name, [str(part) for part in value])
    return wrapped(name.replace("_", " "), str(value), width)


def variable_detail(
    path: str, variable: Variable, width: int, masking: Masking = MASKED
) -> list[Spans]:
    """Return what a variable holds."""
    hidden = masking.hides_variable(path)
    value = [pair("value", MASK)] if hidden else []
    return [
        *wrapped("variable", path, width, "strong"),
        pair("kind", count_of(variable)),
        pair("set by", f"event {variable.seq}"),
        *(value or value_block("value", variable.value, masking, width)),
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
