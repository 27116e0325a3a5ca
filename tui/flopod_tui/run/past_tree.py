"""The path tree as it stood at any earlier moment of a log, without folding the log again.

Whatever has had no event since that moment looks today as it did then, so it is taken from the
tree of today. Only the paths that were still to hear something, and those above them, are folded
again from their own events: a few dozen, however long the log.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import compress, islice

from flopod import events as ev
from flopod.events import Event
from flopod.state import KINDS
from flopod.summary import ENDS, Status
from flopod.tree import ACTIVE, ELSEWHERE, Node, TreeBuilder

QUIET = ELSEWHERE
DECLARING = (ev.BranchTaken, ev.EachStarted, ev.ParallelStarted)
"""Facts that change their own node only, and none above it."""
SWEEPING = (*ENDS, ev.RunRetried)
"""Facts of the run that change nodes anywhere."""
CHANGES = tuple(KINDS)
NEVER = -1


@dataclass(slots=True)
class Marks:
    """For each node, by order of creation, the indexes of the events that matter to it."""

    order: dict[str, int] = field(default_factory=lambda: {"": 0})
    paths: list[str] = field(default_factory=lambda: [""])
    born: list[int] = field(default_factory=lambda: [NEVER])
    last: list[int] = field(default_factory=lambda: [NEVER])
    """The last event that touched the node or one below it."""
    heard: list[int] = field(default_factory=lambda: [NEVER])
    """The last one of them that reached those above it too."""
    of_run: list[int] = field(default_factory=list)
    """The events of the run itself."""

    def fold(self, tree: TreeBuilder, event: Event, index: int) -> None:
        """Let the tree take the event in, and note whom it touches."""
        if isinstance(event.fact, SWEEPING):
            self._sweep(tree, event, index)
        else:
            tree.add(event)
        if isinstance(event.fact, QUIET):
            return
        if not event.path:
            self.of_run.append(index)
            return
        reaches = not isinstance(event.fact, DECLARING)
        self._note(tree.nodes[event.path], index, reaches)

    def _note(self, node: Node, index: int, reaches: bool) -> None:
        if node.path not in self.order:
            self._enter(node, index)
        above: Node | None = node
        while above is not None:
            place = self.order[above.path]
            self.last[place] = index
            if reaches:
                self.heard[place] = index
            above = above.parent

    def _enter(self, node: Node, index: int) -> None:
        new = [node]
        while (above := new[-1].parent) is not None and above.path not in self.order:
            new.append(above)
        for one in reversed(new):
            self.order[one.path] = len(self.born)
            self.paths.append(one.path)
            self.born.append(index)
            self.last.append(index)
            self.heard.append(NEVER)

    def _sweep(self, tree: TreeBuilder, event: Event, index: int) -> None:
        before, tree.changed = tree.changed, set()
        tree.add(event)
        for path in tree.changed:
            place = self.order[path]
            self.last[place] = self.heard[place] = index
        tree.changed |= before


class PastTree(TreeBuilder):
    """The tree after the first `count` events; takes no more of them.

    Its finished nodes are those of the tree of today, so it is to be dropped when that goes on.
    """

    def __init__(
        self,
        live: TreeBuilder,
        marks: Marks,
        events: Sequence[Event],
        at: Mapping[str, Sequence[int]],
        count: int,
    ) -> None:
        super().__init__()
        self._live, self._marks, self._count = live, marks, count
        self._events = events
        self._settled: dict[str, int] = {}
        """The last event, of those folded again, after which a node looked at itself."""
        self._said: dict[str, int] = {}
        """The last one of them in which it said something of itself."""
        self._index = NEVER
        known = bisect_left(marks.born, count)
        later = map(count.__le__, islice(marks.last, 1, known))
        still = list(compress(islice(marks.paths, 1, known), later))
        self._fold_again(still, at)
        for path in ("", *still)[::-1]:
            self._complete(self.nodes[path])
        self.nodes, changed = self._first(known), self.nodes
        self.nodes.update(changed)
        self.changed.clear()

    def _first(self, known: int) -> dict[str, Node]:
        if known * 2 < len(self._marks.paths):
            return dict(islice(self._live.nodes.items(), known))
        nodes = self._live.nodes.copy()
        for path in self._marks.paths[known:]:
            del nodes[path]
        return nodes

    def _set(self, node: Node, status: Status | None, at: datetime) -> None:
        self._said[node.path] = self._index
        super()._set(node, status, at)

    def _settle(self, node: Node, at: datetime) -> None:
        self._settled[node.path] = self._index
        super()._settle(node, at)

    def _fold_again(self, paths: Sequence[str], at: Mapping[str, Sequence[int]]) -> None:
        """Fold what happened to these paths themselves."""
        wanted = [(index, "") for index in self._before(self._marks.of_run)]
        for path in paths:
            own = self._before(at.get(path, ()))
            if own and isinstance(self._events[own[-1]].fact, CHANGES):
                own = own[-1:]
            born = self._marks.born[self._marks.order[path]]
            wanted += [(index, path) for index in {born, *own}]
        for self._index, path in sorted(wanted):
            event = self._events[self._index]
            if event.path == path:
                self.add(event)
            else:
                self._node(path, event.at)

    def _before(self, indexes: Sequence[int]) -> Sequence[int]:
        return indexes[: bisect_left(indexes, self._count)]

    def _complete(self, node: Node) -> None:
        """Give a node the finished ones below it, and let it follow from all of them."""
        order, born = self._marks.order, self._marks.born
        today, changed = self._live.nodes[node.path].children, node.children
        known = bisect_left(today, self._count, key=lambda one: born[order[one.path]])
        node.children = today[:known]
        for one in changed:
            one.index = self._live.nodes[one.path].index
            node.children[one.index] = one
        if node.kind == "step" and any(one.path.endswith("]") for one in node.children):
            node.kind = "repeat"
        self._sum_up(node, changed)
        if node is not self.root:
            self._settle_late(node)

    def _sum_up(self, node: Node, changed: Sequence[Node]) -> None:
        """Count what those below say, from the shorter side: from nothing, or back from today."""
        now, known = self._live.nodes[node.path], len(node.children)
        inside: dict[Status, int] = {}
        if known > len(now.children) - known:
            _add(inside, now.inside)
            _add(inside, _said(now), -1)
            for one in now.children[known:]:
                _add(inside, one.inside, -1)
        else:
            for one in now.children[:known]:
                _add(inside, one.inside)
        for one in changed:
            _add(inside, self._live.nodes[one.path].inside, -1)
            _add(inside, one.inside)
        _add(inside, _said(node))
        node.inside = inside

    def _settle_late(self, node: Node) -> None:
        """Let the node show what it did after the last event that reached it."""
        reached = self._settled.get(node.path, NEVER)
        if reached == NEVER:
            reached = self._last_heard(node)
        if reached == NEVER:
            return
        self._settle(node, self._events[reached].at)
        if node.status not in ACTIVE:
            self._settle(node, self._events[max(reached, self._last_heard(node))].at)
        self._settled[node.path] = reached

    def _last_heard(self, node: Node) -> int:
        """Return the last event below the node that reached it."""
        below = (f"{node.path}/", f"{node.path}[")
        first = self._marks.born[self._marks.order[node.path]]
        for index in range(self._count - 1, first - 1, -1):
            event = self._events[index]
            if isinstance(event.fact, SWEEPING):
                return max(map(self._heard, node.children), default=NEVER)
            if event.path.startswith(below) and not isinstance(event.fact, DECLARING + QUIET):
                return index
        return NEVER

    def _heard(self, child: Node) -> int:
        if child.path in self.nodes:
            own = self._said.get(child.path, NEVER)
            return max(own, *map(self._heard, child.children), NEVER)
        return self._marks.heard[self._marks.order[child.path]]


def _add(inside: dict[Status, int], more: Mapping[Status, int], times: int = 1) -> None:
    for status, number in more.items():
        inside[status] = inside.get(status, 0) + number * times


def _said(node: Node) -> dict[Status, int]:
    return {} if node.own is None else {node.own: 1}
