"""The path tree as lines: which nodes are on view, which are folded, which stand for many.

Pure: the list widget draws what this returns. Variables are left out, they have a pane of their
own. What runs, waits or failed is never folded away by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from flopod.summary import Status
from flopod.tree import Node

MANY = 20
"""More finished siblings than this in a row are shown as one line."""
FEW = 5
"""Among more siblings than this, a finished one is folded."""
VARIABLES = ("var", "list", "map")


@dataclass(frozen=True, slots=True)
class PathLine:
    """A line of the tree: a node, or many finished siblings."""

    node: Node
    depth: int
    opened: bool | None
    """None: there is nothing to unfold."""
    group: tuple[Node, ...] = ()
    """The siblings that this line stands for."""

    @property
    def key(self) -> str:
        """What tells the line from others, whatever is folded."""
        return f"{self.node.path}…" if self.group else self.node.path


def path_lines(root: Node, chosen: Mapping[str, bool]) -> list[PathLine]:
    """Return the lines on view.

    Args:
        chosen: what the user folded (False) or unfolded (True), by key.
    """
    return list(_lines(root, 0, chosen))


def _lines(node: Node, depth: int, chosen: Mapping[str, bool]) -> Iterator[PathLine]:
    children = [child for child in node.children if child.kind not in VARIABLES]
    opened = chosen.get(node.path, _open_by_itself(node)) if children else None
    yield PathLine(node, depth, opened)
    if opened:
        for group in _stretches(children):
            yield from _group(group, depth + 1, chosen)


def _group(group: list[Node], depth: int, chosen: Mapping[str, bool]) -> Iterator[PathLine]:
    if len(group) > MANY:
        line = PathLine(group[0], depth, False, tuple(group))
        opened = chosen.get(line.key, False)
        yield PathLine(group[0], depth, opened, tuple(group))
        if not opened:
            return
        depth += 1
    for node in group:
        yield from _lines(node, depth, chosen)


def _stretches(children: list[Node]) -> Iterator[list[Node]]:
    """Yield finished siblings in a row together, all others by themselves."""
    if len(children) <= MANY:
        yield children
        return
    for finished, group in groupby(children, key=_folds_away):
        if finished:
            yield list(group)
        else:
            yield from ([node] for node in group)


def _folds_away(node: Node) -> bool:
    return node.status is Status.OK and node.path.endswith("]") and node.kind != "case"


def _open_by_itself(node: Node) -> bool:
    siblings = len(node.parent.children) if node.parent else 1
    return not (_folds_away(node) and siblings > FEW)
