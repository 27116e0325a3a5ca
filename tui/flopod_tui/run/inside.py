"""What is inside a path, counted: of 100,000 iterations not with every event that comes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from operator import attrgetter
from time import monotonic

from flopod.tree import Node
from flopod_tui.paths.crowds import VARIABLES
from flopod_tui.run.detail_parts import pair
from flopod_tui.run.view import RunView
from flopod_tui.text.format import duration
from flopod_tui.text.glyphs import look
from flopod_tui.text.spans import Spans

SLOW = 2000
"""Children among which the slowest is looked for."""
MANY = 2000
"""More children than this are counted again only so often while events come."""
REST = 1.0
"""Seconds."""


class Inside:
    """Counts the paths directly inside one."""

    def __init__(self) -> None:
        self._node: Node | None = None
        self._seq = 0
        self._at = 0.0
        self._rows: Sequence[Spans] = ()

    def told(self, view: RunView, node: Node) -> list[Spans]:
        """Return how many there are, how they stand, and which took longest."""
        if node is not self._node or (view.last_seq != self._seq and not self._rests(view, node)):
            self._node, self._seq, self._at = node, view.last_seq, monotonic()
            self._rows = _counted(node)
        return [*self._rows]

    def _rests(self, view: RunView, node: Node) -> bool:
        # A moment of the past is looked at once, and not again a second later.
        recent = monotonic() - self._at < REST
        return recent and len(node.children) > MANY and not view.held


def _counted(node: Node) -> list[Spans]:
    inside = [child for child in node.children if child.kind not in VARIABLES]
    if not inside:
        return []
    counts = Counter(map(attrgetter("status"), inside))
    told = ", ".join(f"{count:,} {look(status).word}" for status, count in counts.items())
    total = f" of {node.total:,}" if node.total and node.total != len(inside) else ""
    return [pair("inside", f"{len(inside):,}{total}: {told}"), *_slowest(inside)]


def _slowest(inside: Sequence[Node]) -> list[Spans]:
    """Return which of many paths took longest."""
    if not 1 < len(inside) <= SLOW:
        return []
    took = [
        (child.ended_at - child.started_at, child.name)
        for child in inside
        if child.ended_at and child.started_at
    ]
    if len(took) < 2:
        return []
    length, name = max(took)
    return [pair("slowest", f"{name} {duration(length)}")]
