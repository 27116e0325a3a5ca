"""The path tree as lines: which nodes are on view, which are folded, which stand for many.

Pure: the list widget draws what this holds. The lines are kept flat, in the order of the tree;
folding cuts a slice out of them, unfolding puts one in, and of a tree that grows only the nodes
that changed are looked at. A line finds its place by bisection: a node's place is the way to it
from the top, as indexes. Variables are left out, they have a pane of their own. What runs, waits or
failed is never folded away by itself.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter
from sys import maxsize
from typing import TypeAlias

from flopod.tree import ACTIVE, Node, TreeBuilder
from flopod_tui.paths.crowds import FEW, VARIABLES, Crowd, on_view
from flopod_tui.paths.folding import Folding

ANEW = 40_000
"""When the paths that changed are longer than this together, all lines are laid out again.

That costs less then: some thousand paths, or a few that are a thousand levels deep."""

Line: TypeAlias = Node | Crowd
Place: TypeAlias = tuple[int, ...]


def place(line: Line) -> Place:
    """Return where a line stands in the order of the whole tree; what is inside starts alike."""
    node: Node | None = line.above if isinstance(line, Crowd) else line
    way: list[int] = [-1] if isinstance(line, Crowd) else []
    while node is not None and node.parent is not None:
        way.append(node.index)
        node = node.parent
    return tuple(reversed(way))


@dataclass(frozen=True, slots=True)
class PathLine:
    """A line as it is drawn: a node, or the many children of one."""

    node: Node
    """The node, or the one whose children these are."""
    depth: int
    opened: bool | None
    """None: there is nothing to unfold."""
    crowd: Crowd | None = None


class PathLines:
    """The lines on view of one tree."""

    def __init__(self, collapse: Sequence[str] = ()) -> None:
        self.folding = Folding(collapse)
        self.lines: list[Line] = []
        self.tree = TreeBuilder()
        self._inside: dict[str, Crowd | None] = {}
        """Of each path whose children are on view: the crowd that they are, if there are many."""
        self._crowds: dict[str, Crowd] = {}
        """All that were ever on view: they go on counting."""
        self._taken = 0
        """Until then. A moment of the past shares its nodes with the tree that took so many."""
        self._lay_all()

    def show(self, tree: TreeBuilder) -> None:
        """Hold the lines of the tree as it is now, given what it says has changed."""
        changed = tree.changed
        if tree is not self.tree or sum(map(len, changed)) > ANEW:
            if tree.taken != self._taken:
                self._crowds.clear()
            self.tree = tree
            self._lay_all()
        else:
            for path in changed:
                self._update(tree.nodes[path])
        self._taken = tree.taken
        changed.clear()

    def line(self, index: int) -> PathLine:
        """Return a line as it is drawn."""
        line = self.lines[index]
        if isinstance(line, Crowd):
            return PathLine(line.above, self.depth(line.above) + 1, line.opened, line)
        opened = line.path in self._inside if on_view(line) else None
        return PathLine(line, self.depth(line), opened)

    def depth(self, node: Node) -> int:
        """Return how far a node is indented."""
        depth = 0
        while node.parent is not None:
            crowd = self._inside.get(node.parent.path)
            depth += 2 if crowd and crowd.grouped and crowd.opened else 1
            node = node.parent
        return depth

    def after(self, at: Place) -> int:
        """Return the first line that stands at a place, or after it."""
        return bisect_left(self.lines, at, key=place)

    def at(self, at: Place) -> Node:
        """Return the node at a place."""
        node = self.tree.root
        for index in at:
            node = node.children[index]
        return node

    def ended(self, node: Node) -> int:
        """Return how many items of a node are at their end."""
        if len(node.children) <= FEW:
            return sum(child.status not in ACTIVE for child in node.children)
        return self._crowd(node, node.children).counts.total()

    def index(self, path: str, *, crowd: bool = False) -> int:
        """Return where a path stands now; where it is folded away, the line that holds it.

        Args:
            crowd: the line that stands for its many children.
        """
        node = self._nearest(path)
        for above, below in self._way(node):
            inside = self._inside.get(above.path)
            if inside and inside.hides(below):
                return self._find(inside)
            if above.path not in self._inside:
                return self._find(above)
        found = self._inside.get(node.path) if crowd else None
        return self._find(found if found and found.grouped else node)

    def container(self, index: int) -> int:
        """Return the line that a line is inside of; its own at the top."""
        line = self.lines[index]
        if isinstance(line, Crowd):
            return self._find(line.above)
        if line.parent is None:
            return index
        crowd = self._inside.get(line.parent.path)
        return self._find(crowd if crowd and crowd.grouped and crowd.opened else line.parent)

    def fold(self, index: int, opened: bool) -> None:
        """Fold a line, or unfold it."""
        line = self.lines[index]
        self.folding.choose(line, opened)
        self._lay(line.above if isinstance(line, Crowd) else line)

    def fold_all(self, opened: bool) -> None:
        """Unfold everything, or fold everything but the run itself."""
        self.folding.choose_all(opened)
        self._lay(self.tree.root)

    def reveal(self, path: str) -> int:
        """Unfold whatever hides a path; return where it stands then."""
        node = self._nearest(path)
        for above, below in self._way(node):
            if above.path not in self._inside:
                self.folding.choose(above, True)
                self._lay(above)
            inside = self._inside.get(above.path)
            if inside and inside.hides(below):
                self.folding.choose(inside, True)
                self._lay(above)
        return self._find(node)

    # How

    def _lay_all(self) -> None:
        self._inside.clear()
        self.lines = [self.tree.root]
        if self.folding.opened(self.tree.root):
            self.lines += self._below(self.tree.root)
        nodes = self.tree.nodes
        known = self._crowds.items()
        self._crowds = {path: crowd for path, crowd in known if nodes.get(path) is crowd.above}

    def _lay(self, node: Node) -> None:
        """Lay out again what is below a node on view."""
        start = self._find(node) + 1
        end = self._end(node)
        self._forget(self.lines[start:end])
        self._inside.pop(node.path, None)
        opened = self.folding.opened(node) and (on_view(node) or node.parent is None)
        self.lines[start:end] = self._below(node) if opened else []

    def _below(self, top: Node) -> list[Line]:
        """Return the lines below an open node."""
        lines: list[Line] = []
        opened = self.folding.opened
        open_ones = [self._ahead(top, lines)]
        while open_ones:
            for node in open_ones[-1]:
                lines.append(node)
                if node.children and opened(node) and on_view(node):
                    open_ones.append(self._ahead(node, lines))
                    break
            else:
                open_ones.pop()
        return lines

    def _ahead(self, node: Node, lines: list[Line]) -> Iterator[Node]:
        """Return the children that are to be put; where none has any inside, they are put here."""
        children = self._enter(node, lines)
        if any(map(attrgetter("children"), children)):
            return iter(children)
        lines += children
        return iter(())

    def _enter(self, node: Node, lines: list[Line]) -> Sequence[Node]:
        """Return the children that are on view; what stands for the others is put before them."""
        children = [child for child in node.children if child.kind not in VARIABLES]
        crowd = self._crowd(node, children) if len(node.children) > FEW else None
        self._inside[node.path] = crowd
        if crowd is None or not crowd.grouped:
            return children
        lines.append(crowd)
        crowd.opened = self.folding.opened_crowd(crowd)
        return children if crowd.opened else crowd.shown(children)

    def _crowd(self, node: Node, children: Sequence[Node]) -> Crowd:
        if (crowd := self._crowds.get(node.path)) is None:
            crowd = self._crowds[node.path] = Crowd(node, children)
        elif crowd.above is not node:
            crowd.go_over_to(node)
        return crowd

    def _update(self, node: Node) -> None:
        """Let the lines follow a node that has changed."""
        above = node.parent
        if above is None:
            return
        crowd = self._crowds.get(above.path)
        regrouped = crowd.note(node) if crowd else len(above.children) > FEW
        if above.path not in self._inside:
            return
        if regrouped:
            return self._lay(above)
        at = self._find(node)
        there = at < len(self.lines) and self.lines[at] is node
        hidden = node.kind in VARIABLES or (crowd is not None and crowd.hides(node))
        if not there and not hidden:
            self.lines.insert(at, node)
        if there and hidden:
            self._remove(node, at)
        elif not hidden:
            opened = bool(node.children) and self.folding.opened(node) and on_view(node)
            if opened != (node.path in self._inside):
                self._lay(node)

    def _remove(self, node: Node, at: int) -> None:
        end = self._end(node)
        self._forget(self.lines[at:end])
        del self.lines[at:end]

    def _forget(self, lines: Sequence[Line]) -> None:
        """Know nothing any more of what is inside of lines that go."""
        inside = self._inside
        for line in lines:
            if not isinstance(line, Crowd) and line.children:
                inside.pop(line.path, None)

    def _find(self, line: Line) -> int:
        return self.after(place(line))

    def _end(self, node: Node) -> int:
        """Return the index after the last line inside a node."""
        return self.after((*place(node), maxsize))

    def _nearest(self, path: str) -> Node:
        """Return the node at a path, or the one around it that is there."""
        while path not in self.tree.nodes:
            path = path[: max(path.rfind("/"), path.rfind("["), 0)]
        return self.tree.nodes[path]

    def _way(self, node: Node) -> Iterator[tuple[Node, Node]]:
        """Yield each step down from the top to a node."""
        way = [node]
        while way[-1].parent is not None:
            # The tree of a moment in the past shares nodes with the one of today.
            way.append(self.tree.nodes[way[-1].parent.path])
        way.reverse()
        yield from pairwise(way)


def path_lines(root: Node) -> list[PathLine]:
    """Return the lines of a tree as they are where nobody folds."""
    tree = TreeBuilder()
    tree.root = root
    lines = PathLines()
    lines.show(tree)
    return [lines.line(index) for index in range(len(lines.lines))]
