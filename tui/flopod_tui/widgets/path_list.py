"""The path tree of a run, flattened to lines that fold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from flopod.stored import utc_now
from flopod.summary import Status
from flopod.tree import ACTIVE, Node, TreeBuilder
from flopod_tui.format import age, duration, safe, until
from flopod_tui.glyphs import look
from flopod_tui.path_lines import PathLine, path_lines
from flopod_tui.spans import Span, Spans, spread
from flopod_tui.widgets.lines import LineList

TROUBLE = (Status.ERROR, Status.RETRYING, Status.NEEDS_ATTENTION)
COUNTED = ("each", "parallel", "repeat")


class PathList(LineList):
    """Where a run has been and where it stands."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l,right", "unfold", "Unfold", key_display="h/l"),
        Binding("h,left", "fold", "Fold", show=False),
        Binding("equals_sign", "fold_all(True)", "Unfold all", show=False, key_display="="),
        Binding("minus", "fold_all(False)", "Fold all", show=False, key_display="-"),
        Binding("exclamation_mark", "trouble", "Next failure", show=False, key_display="!"),
        Binding("enter", "switch_fold", "Fold or unfold", show=False),
    ]

    @dataclass
    class Highlighted(Message):
        """The cursor stands on another path."""

        node: Node | None

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.lines: list[PathLine] = []
        self.now = utc_now()
        self.status = Status.QUEUED
        self._top = TreeBuilder().root
        self._chosen: dict[str, bool] = {}
        self._on = ""

    @property
    def current(self) -> Node | None:
        """The node under the cursor."""
        return self.lines[self.cursor].node if self.cursor < len(self.lines) else None

    def show(self, root: Node, now: datetime, status: Status | None = None) -> None:
        """Show the tree as it is now; the cursor stays on its path.

        Args:
            status: how the run stands; the log alone cannot tell that it waits or was left.
        """
        self._top, self.now = root, now
        self.status = status or root.status
        self._relay()

    def put_on(self, path: str) -> None:
        """Put the cursor on a path, unfolding what is above it."""
        node = next((node for node in self._top.walk() if node.path == path), None)
        while node and node.parent:
            node = node.parent
            self._chosen[node.path] = True
        self._on = path
        self._relay()
        self.reveal(self.cursor)

    def cursor_moved(self) -> None:
        """Report the path under the cursor."""
        if self.cursor < len(self.lines):
            self._on = self.lines[self.cursor].key
        self.post_message(self.Highlighted(self.current))

    def row(self, index: int, width: int) -> Spans:
        """Return one node, or one group of finished siblings."""
        line = self.lines[index]
        status = self.status if not line.depth else line.node.status
        left, right = _group(line) if line.group else _node(line, status, self.now)
        return spread(left, [*right, (" ", "")], width)

    def action_switch_fold(self) -> None:
        """Fold or unfold the line."""
        line = self.lines[self.cursor] if self.lines else None
        if line and line.opened is not None:
            self._choose(line, not line.opened)

    def action_unfold(self) -> None:
        """Unfold the line, or go inside."""
        line = self.lines[self.cursor] if self.lines else None
        if line and line.opened is False:
            self._choose(line, True)
        elif line and line.opened:
            self.action_move(1)

    def action_fold(self) -> None:
        """Fold the line, or go to the one it is in."""
        line = self.lines[self.cursor] if self.lines else None
        if line and line.opened:
            self._choose(line, False)
        elif line:
            outer = [i for i in range(self.cursor) if self.lines[i].depth < line.depth]
            self.move_to(outer[-1] if outer else 0)

    def action_fold_all(self, opened: bool) -> None:
        """Unfold everything, or fold everything but the run itself."""
        self._chosen = {node.path: opened for node in self._top.walk() if node.parent}
        self._relay()

    def action_trouble(self) -> None:
        """Go to the next path that failed or is tried again."""
        nodes = [node for node in self._top.walk() if _in_trouble(node)]
        seen = [node.path for node in nodes]
        here = self.current.path if self.current else ""
        if seen:
            self.put_on(seen[(seen.index(here) + 1) % len(seen) if here in seen else 0])

    def open_row(self) -> None:
        """Fold or unfold the line."""
        self.action_switch_fold()

    def _choose(self, line: PathLine, opened: bool) -> None:
        self._chosen[line.key] = opened
        self._relay()

    def _relay(self) -> None:
        self.lines = path_lines(self._top, self._chosen)
        self.count = len(self.lines)
        self.set_reactive(PathList.cursor, self._index_of(self._on))
        self.resize_to(len(self.lines))
        self.cursor_moved()

    def _index_of(self, key: str) -> int:
        """Return where a line is now; where it is folded away, the line that holds it."""
        best = 0
        for index, line in enumerate(self.lines):
            if line.key == key:
                return index
            if line.node.path and key.startswith(line.node.path):
                best = index
        return best


def _in_trouble(node: Node) -> bool:
    """Say whether the trouble is here and not further down."""
    return node.status in TROUBLE and not any(one.status in TROUBLE for one in node.children)


def _start(line: PathLine) -> str:
    fold = {True: "▾ ", False: "▸ ", None: "  "}[line.opened]
    return "  " * line.depth + fold


def _group(line: PathLine) -> tuple[list[Span], list[Span]]:
    shown = look(Status.OK)
    first, last = line.group[0].name, line.group[-1].name
    name = f"{first[:-1]}..{last[1:]}" if first.startswith("[") else f"{first} … {last}"
    left = [(_start(line), "quiet"), (f"{shown.glyph} ", shown.role), (safe(name, 200), "")]
    return left, [(f"{len(line.group)} ok", "quiet")]


def _node(line: PathLine, status: Status, now: datetime) -> tuple[list[Span], list[Span]]:
    node, shown = line.node, look(status)
    name = safe(node.name or node.note or "run", 300)
    left = [(_start(line), "quiet"), (f"{shown.glyph} ", shown.role), (name, "")]
    if node.kind in COUNTED:
        left.append((f"  {node.kind} {_counted(node)}", "quiet"))
    elif node.note and node.parent:
        left.append((f"  {safe(node.note, 200)}", "quiet"))
    if node.attempt > 1 and node.kind == "activity":
        left.append((f"  try {node.attempt}", "retrying"))
    return left, _timing(node, status, now)


def _counted(node: Node) -> str:
    if node.total is None:
        return f"{len(node.children)}"
    done = sum(child.status not in ACTIVE for child in node.children)
    return f"{node.total}" if done == node.total else f"{done}/{node.total}"


def _timing(node: Node, status: Status, now: datetime) -> list[Span]:
    shown = look(status)
    if status in (Status.SLEEPING, Status.RETRYING) and node.until:
        return [(until(node.until, now), shown.role)]
    if status in ACTIVE and node.started_at:
        return [(age(now - node.started_at), shown.role)]
    if node.started_at and node.ended_at:
        return [(duration(node.ended_at - node.started_at), "quiet")]
    return [(shown.word, "quiet")]
