"""Which nodes of the path tree are folded: what the user chose, else what is worth seeing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import translate

from flopod.tree import ACTIVE, Node
from flopod_tui.paths.crowds import FEW, Crowd, folds_away

_INDEX = re.compile(r"\[[^\[\]]*\]")


class Folding:
    """What is open and what is not."""

    def __init__(self, collapse: Sequence[str] = ()) -> None:
        """Begin with nothing chosen.

        Args:
            collapse: patterns of paths that start folded, such as `notify/*`; indexes in brackets
                need not be named.
        """
        joined = "|".join(map(translate, collapse))
        self._collapsed = re.compile(joined) if collapse else None
        self._chosen: dict[str, bool] = {}
        self._all: bool | None = None

    def choose(self, line: Node | Crowd, opened: bool) -> None:
        """Open a line, or fold it."""
        self._chosen[line.path] = opened

    def choose_all(self, opened: bool) -> None:
        """Open everything, or fold it."""
        self._chosen.clear()
        self._all = opened

    def opened(self, node: Node) -> bool:
        """Say whether what is below a node is on view."""
        chosen = self._chosen.get(node.path)
        if chosen is not None:
            return chosen
        if node.parent is None:
            return True
        return self._opens_by_itself(node) if self._all is None else self._all

    def opened_crowd(self, crowd: Crowd) -> bool:
        """Say whether all of the crowd is on view."""
        return self._chosen.get(crowd.path, bool(self._all))

    def _opens_by_itself(self, node: Node) -> bool:
        if node.parent and folds_away(node) and len(node.parent.children) > FEW:
            return False
        return self._collapsed is None or node.status in ACTIVE or not self._is_collapsed(node.path)

    def _is_collapsed(self, path: str) -> bool:
        """Say whether a pattern takes the path, or all that is below it."""
        assert self._collapsed
        shapes = {path, _INDEX.sub("", path)}
        return any(self._collapsed.match(s) or self._collapsed.match(f"{s}/") for s in shapes)
