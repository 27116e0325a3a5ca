"""The path tree of a run, flattened to lines that fold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from flopod.stored import utc_now
from flopod.summary import Status
from flopod.tree import Node, TreeBuilder
from flopod_tui.paths.crowds import Crowd
from flopod_tui.paths.lines import PathLines, Place, place
from flopod_tui.paths.search import hits, troubled
from flopod_tui.paths.text import COUNTED, path_row
from flopod_tui.text.spans import Spans
from flopod_tui.widgets.searching import Searching


class PathList(Searching):
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

    @dataclass
    class ChildOpened(Message):
        """The run is to be shown that was started here."""

        run_id: str

    @dataclass
    class Told(Message):
        """Something that a person should be told of what a key did: `failure 2 of 7`."""

        text: str

    def __init__(self, *, id: str | None = None, collapse: Sequence[str] = ()) -> None:
        """Show nothing yet.

        Args:
            collapse: patterns of paths that start folded.
        """
        super().__init__(id=id)
        self.paths = PathLines(collapse)
        self.now = utc_now()
        self.status = Status.QUEUED
        self._on = ("", False)
        """The path under the cursor, and whether it is the line of its many children."""
        self._reported: tuple[str, bool] | None = None

    @property
    def current(self) -> Node | None:
        """The node under the cursor; of a line that stands for many, the one they are in."""
        if self.cursor >= self.count:
            return None
        line = self.paths.lines[self.cursor]
        return line.above if isinstance(line, Crowd) else line

    def show(self, tree: TreeBuilder, now: datetime, status: Status | None = None) -> None:
        """Show the tree as it is now; the cursor stays on its path.

        Args:
            tree: what changed in it since it was shown last is taken from its `changed`.
            status: how the run stands; the log alone cannot tell that it waits or was left.
        """
        self.now, self.status = now, status or tree.root.status
        if tree is not self.paths.tree:
            self.forget_search()
        with self._standing_still():
            self.paths.show(tree)

    def put_on(self, path: str) -> None:
        """Put the cursor on a path, unfolding what hides it."""
        self._on = (path, False)
        self.paths.reveal(path)
        self._place_cursor()
        self.reveal(self.cursor)

    def cursor_moved(self) -> None:
        """Report the path under the cursor."""
        self._on = self._reported = self._key()
        if self._sought:
            self.found = self._sought.told(self.place())
        self.post_message(self.Highlighted(self.current))

    def row(self, index: int, width: int) -> Spans:
        """Return one node, or the line that stands for many."""
        line = self.paths.line(index)
        status = line.node.status if line.depth else self.status
        ended = self.paths.ended(line.node) if line.node.kind in COUNTED else 0
        return path_row(line, status, ended, self.now, width)

    # Keys

    def action_switch_fold(self) -> None:
        """Fold or unfold the line; of one that stands for another run, open that."""
        if (node := self.current) is not None and node.child:
            self.post_message(self.ChildOpened(node.child))
        opened = self._opened()
        if opened is not None:
            self._fold(not opened)

    def action_unfold(self) -> None:
        """Unfold the line, or go inside."""
        opened = self._opened()
        if opened:
            self.action_move(1)
        elif opened is False:
            self._fold(True)

    def action_fold(self) -> None:
        """Fold the line, or go to the one it is in."""
        if self._opened():
            self._fold(False)
        elif self.count:
            self.move_to(self.paths.container(self.cursor))

    def action_fold_all(self, opened: bool) -> None:
        """Unfold everything, or fold everything but the run itself."""
        with self._standing_still():
            self.paths.fold_all(opened)

    def action_trouble(self) -> None:
        """Go to the next path that failed or is tried again."""
        nodes = troubled(self.paths.tree.root)
        if not nodes:
            self.post_message(self.Told("nothing failed, and nothing is tried again"))
            return
        here = self.place()
        index = next((i for i, node in enumerate(nodes) if place(node) > here), 0)
        self.put_on(nodes[index].path)
        self.post_message(self.Told(f"failure {index + 1:,} of {len(nodes):,}"))

    def open_row(self) -> None:
        """Fold or unfold the line."""
        self.action_switch_fold()

    # Search

    def places(self, text: str) -> Iterator[Place | None]:
        """Yield the place of each node that has the text in its path, note or error."""
        return hits(self.paths.tree.root, text)

    def place(self) -> Place:
        """Return the place of the line under the cursor."""
        return place(self.paths.lines[self.cursor]) if self.cursor < self.count else ()

    def go_to(self, place: Place) -> None:
        """Put the cursor on a place, unfolding what hides it."""
        self.put_on(self.paths.at(place).path)

    # How

    def _opened(self) -> bool | None:
        return self.paths.line(self.cursor).opened if self.cursor < self.count else None

    def _fold(self, opened: bool) -> None:
        with self._standing_still():
            self.paths.fold(self.cursor, opened)

    @contextmanager
    def _standing_still(self) -> Iterator[None]:
        """Keep the cursor on its path, and the rows on the screen where they are."""
        top, cursor = self.scroll_offset.y, self.cursor
        seen = top <= cursor < top + self.page
        first = place(self.paths.lines[top]) if top < self.count else ()
        yield
        self._place_cursor()
        moved = self.cursor - cursor if seen else self.paths.after(first) - top
        if moved and top:
            self.jump(top + moved)

    def _place_cursor(self) -> None:
        path, crowd = self._on
        self.count = len(self.paths.lines)
        self.set_reactive(PathList.cursor, self.paths.index(path, crowd=crowd))
        self.resize_to(self.count)
        if self._reported != self._key():
            self.cursor_moved()

    def _key(self) -> tuple[str, bool]:
        line = self.paths.lines[self.cursor]
        return (line.above.path, True) if isinstance(line, Crowd) else (line.path, False)
