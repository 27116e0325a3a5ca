"""The many children of a node, told in one line: `[0..511]  510 ok  2 failed`.

The line hides those that went well, and no others: what failed has a row of its own and is counted
as well. A crowd follows its children one by one, for there may be 100,000.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import compress
from operator import is_not

from flopod.summary import Status
from flopod.tree import SETTLED, Node

FEW = 5
"""Among more siblings than this, a finished one is folded."""
MANY = 20
"""More finished siblings than this are shown as one line."""
VARIABLES = frozenset({"var", "list", "map"})
NO_ITEMS = VARIABLES | {"case"}
ENDED = frozenset(SETTLED)


class Crowd:
    """The children of a node, and how those of them that are at their end got there."""

    __slots__ = ("_ends", "_first", "_last", "above", "counts", "opened")

    def __init__(self, above: Node, children: Sequence[Node]) -> None:
        self.above = above
        self.opened = False
        """The line hides nothing."""
        # Not by asking `_at_its_end` of each: there may be 100,000.
        self._ends = {
            child: child.status
            for child in children
            if child.path[-1:] == "]" and child.status in ENDED and child.kind not in NO_ITEMS
        }
        self.counts = Counter(self._ends.values())
        """How many are at their end, by how they got there."""
        self._first = self._last = 0
        self._measure()

    @property
    def path(self) -> str:
        """What tells the crowd from all nodes."""
        return f"{self.above.path}/"

    @property
    def grouped(self) -> bool:
        """Whether they are so many that they are one line."""
        return self.counts[Status.OK] > MANY

    @property
    def name(self) -> str:
        """From which to which: `[0..511]`."""
        children = self.above.children
        return f"{children[self._first].name[:-1]}..{children[self._last].name[1:]}"

    def hides(self, child: Node) -> bool:
        """Say whether the line stands for this child."""
        return self.grouped and not self.opened and self._ends.get(child) is Status.OK

    def shown(self, children: Sequence[Node]) -> list[Node]:
        """Return the children that the line does not stand for."""
        ends, ok = self._ends, Status.OK
        return [child for child in children if ends.get(child) is not ok]

    def note(self, child: Node) -> bool:
        """Take in how a child is now; tell whether that made them one line, or made them many."""
        before = self._ends.get(child)
        now = child.status if _at_its_end(child) else None
        if now is before:
            return False
        grouped = self.grouped
        if before:
            self.counts[before] -= 1
            del self._ends[child]
        if now:
            self.counts[now] += 1
            self._ends[child] = now
        if not self._first < child.index < self._last:
            self._measure_with(child)
        return grouped != self.grouped

    def go_over_to(self, above: Node) -> None:
        """Stand for the same children as they were at another moment, those that differ anew."""
        before, now = self.above.children, above.children
        self.above = above
        both = min(len(before), len(now))
        others = list(compress(range(both), map(is_not, before, now)))
        for child in (*map(before.__getitem__, others), *before[both:]):
            if status := self._ends.pop(child, None):
                self.counts[status] -= 1
        for child in (*map(now.__getitem__, others), *now[both:]):
            if _at_its_end(child):
                self._ends[child] = child.status
                self.counts[child.status] += 1
        self._measure()

    def _measure_with(self, child: Node) -> None:
        if child in self._ends and len(self._ends) > 1:
            self._first = min(self._first, child.index)
            self._last = max(self._last, child.index)
        else:
            self._measure()

    def _measure(self) -> None:
        """Find out from which child to which the crowd goes."""
        ends = self._ends
        children = self.above.children if ends else []
        self._first = next((child.index for child in children if child in ends), 0)
        self._last = next((child.index for child in reversed(children) if child in ends), 0)


def folds_away(node: Node) -> bool:
    """Say whether a node is an item or iteration that went well."""
    return node.status is Status.OK and node.path[-1:] == "]" and node.kind not in NO_ITEMS


def on_view(node: Node) -> bool:
    """Say whether a node has children that the tree shows."""
    children = node.children
    if children and children[0].kind not in VARIABLES:
        return True
    return any(child.kind not in VARIABLES for child in children)


def _at_its_end(node: Node) -> bool:
    return node.path[-1:] == "]" and node.status in ENDED and node.kind not in NO_ITEMS
