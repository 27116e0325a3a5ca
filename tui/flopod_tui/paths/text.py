"""A line of the path tree as spans: glyph, name, how it goes, how long it took."""

from __future__ import annotations

from datetime import datetime

from flopod.summary import Status
from flopod.tree import ACTIVE, SETTLED, Node
from flopod_tui.paths.crowds import Crowd
from flopod_tui.paths.lines import PathLine
from flopod_tui.text.format import age, duration, safe, until
from flopod_tui.text.glyphs import look
from flopod_tui.text.spans import Span, Spans, spread

COUNTED = ("each", "parallel", "repeat")
DEEPEST = 3
"""At most this part of a line is its indent, so that there is always room for the name."""
FOLDS = {True: "▾ ", False: "▸ ", None: "  "}


def path_row(line: PathLine, status: Status, ended: int, now: datetime, width: int) -> Spans:
    """Return a line in exactly `width` cells.

    Args:
        status: how the node is shown.
        ended: how many of its items are at their end.
    """
    indent = min(2 * line.depth, width // DEEPEST)
    start = (" " * indent + FOLDS[line.opened], "quiet")
    if line.crowd:
        left, right = _crowd(line.crowd)
    else:
        left, right = _node(line.node, status, ended, now)
    return spread([start, *left], [*right, (" ", "")], width)


def _crowd(crowd: Crowd) -> tuple[list[Span], list[Span]]:
    shown = look(Status.OK)
    left = [(f"{shown.glyph} ", shown.role), (safe(crowd.name, 200), "")]
    return left, crowd_counts(crowd)


def crowd_counts(crowd: Crowd) -> list[Span]:
    """Return how its children ended: `510 ok  2 failed`."""
    counts = [(f"{crowd.counts[Status.OK]:,} ok", "quiet")]
    for status in reversed(SETTLED):
        if status is not Status.OK and (count := crowd.counts[status]):
            shown = look(status)
            counts.append((f"  {count:,} {shown.word}", shown.role))
    return counts


def _node(node: Node, status: Status, ended: int, now: datetime) -> tuple[list[Span], list[Span]]:
    shown = look(status)
    name = safe(node.name or node.note or "run", 300)
    left = [(f"{shown.glyph} ", shown.role), (name, "")]
    if node.kind in COUNTED:
        left.append((f"  {node.kind} {_counted(node, ended)}", "quiet"))
    elif node.note and node.parent:
        left.append((f"  {safe(node.note, 200)}", "quiet"))
    if node.child:
        left.append((f"  {safe(node.child, 200)}", "quiet"))
    if node.attempt > 1 and node.kind == "activity":
        left.append((f"  try {node.attempt}", "retrying"))
    return left, _timing(node, status, now)


def _counted(node: Node, ended: int) -> str:
    if node.total is None:
        return f"{len(node.children):,}"
    return f"{node.total:,}" if ended == node.total else f"{ended:,}/{node.total:,}"


def _timing(node: Node, status: Status, now: datetime) -> list[Span]:
    shown = look(status)
    if status in (Status.SLEEPING, Status.RETRYING) and node.until:
        return [(until(node.until, now), shown.role)]
    if status in ACTIVE and node.started_at:
        return [(age(now - node.started_at), shown.role)]
    if node.started_at and node.ended_at:
        return [(duration(node.ended_at - node.started_at), "quiet")]
    return [(shown.word, "quiet")]
