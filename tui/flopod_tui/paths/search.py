"""What is looked for in a path tree: a text, or the next failure. In the order of the tree."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from flopod.summary import Status
from flopod.tree import Node
from flopod_tui.paths.lines import Place, place

TROUBLE = (Status.ERROR, Status.RETRYING, Status.NEEDS_ATTENTION)


def troubled(root: Node) -> list[Node]:
    """Return the nodes that failed or are tried again: where it happened, not what is around."""
    found = [node for node in _walk(root, _has_trouble) if _is_in_trouble(node)]
    return found or ([root] if root.status in TROUBLE else [])


def hits(root: Node, text: str) -> Iterator[Place | None]:
    """Yield the place of each node with the text in its path, note or error; else None."""
    wanted = text.casefold()
    for node in _walk(root, lambda _: True):
        yield place(node) if _has(node, wanted) else None


def _walk(root: Node, enters: Callable[[Node], bool]) -> Iterator[Node]:
    """Yield the nodes below `root`, without the variables; those above come first."""
    ways = [iter(root.children)]
    while ways:
        for node in ways[-1]:
            if node.kind in ("var", "list", "map") or not enters(node):
                continue
            yield node
            if node.children:
                ways.append(iter(node.children))
                break
        else:
            ways.pop()


def _has_trouble(node: Node) -> bool:
    return node.status in TROUBLE or any(node.inside.get(status) for status in TROUBLE)


def _is_in_trouble(node: Node) -> bool:
    return node.status in TROUBLE and not any(one.status in TROUBLE for one in node.children)


def _has(node: Node, wanted: str) -> bool:
    """Say whether a node is meant: its name, or a path that ends in it."""
    path = node.path.casefold()
    around = len(node.parent.path) if node.parent else 0
    found = path.rfind(wanted)
    if found >= 0 and found + len(wanted) > around:
        return True
    if node.note and wanted in node.note.casefold():
        return True
    return node.error is not None and wanted in str(node.error).casefold()
