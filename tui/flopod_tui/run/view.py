"""A run as its screen shows it: tree, state and events, folded from the log event by event.

`RunView.of(events)` is the run as it stood after them. `view.at(count)` is the same for a moment
of the past, found without folding again. It shares the finished parts of this one, so while
somebody looks at it this one is `held`: events are kept, and folded when they are wanted.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import overload

from flopod.events import Event
from flopod.state import KINDS, StateBuilder
from flopod.tree import Node, TreeBuilder
from flopod_tui.run.past_state import state_after
from flopod_tui.run.past_tree import Marks, PastTree

FIRST = 10
"""Events at a path that tell how it began."""


class Earlier(Sequence[Event]):
    """The first events of a log: not a copy, which would be made with each key."""

    def __init__(self, log: Sequence[Event], count: int) -> None:
        self._log, self._count = log, count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int) -> Event: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Event]: ...
    def __getitem__(self, at: int | slice) -> Event | Sequence[Event]:
        places = range(self._count)[at]
        return self._log[places] if isinstance(places, int) else [self._log[i] for i in places]

    def __iter__(self) -> Iterator[Event]:
        return islice(self._log, self._count)


@dataclass(slots=True)
class RunView:
    """What is known of a run after its events so far."""

    events: Sequence[Event] = field(default_factory=list)
    paths: TreeBuilder = field(default_factory=TreeBuilder)
    state: StateBuilder = field(default_factory=StateBuilder)
    held: bool = False
    """Events are kept, and folded only when asked."""
    folded: int = 0
    """How many events tree and state have taken in."""
    _at: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    _marks: Marks = field(default_factory=Marks)

    @classmethod
    def of(cls, events: Iterable[Event]) -> RunView:
        """Return the run as it stood after these events."""
        view = cls()
        view.take(events)
        return view

    def take(self, events: Iterable[Event]) -> None:
        """Take in what happened next; events that are known already are passed over."""
        log, last = self.events, self.last_seq
        assert isinstance(log, list), "a moment of the past takes no events"
        new = [event for event in events if event.seq > last]
        for index, event in enumerate(new, len(log)):
            self._at[event.path].append(index)
        log += new
        if not self.held:
            self.fold()

    def fold(self, most: int | None = None) -> bool:
        """Fold what was kept, so many events at most; tell whether that was all."""
        end = len(self.events) if most is None else min(len(self.events), self.folded + most)
        for index, event in enumerate(self.events[self.folded : end], self.folded):
            self._marks.fold(self.paths, event, index)
            if type(event.fact) in KINDS:
                self.state.add(event)
        self.folded = end
        return end == len(self.events)

    def at(self, count: int) -> RunView:
        """Return the run as it stood after the first `count` events, to be looked at only.

        They must be folded; and it is good until more of them are.
        """
        tree = PastTree(self.paths, self._marks, self.events, self._at, count)
        state = self.state_at(count)
        events = Earlier(self.events, count)
        return RunView(events, tree, state, True, count, self._at, self._marks)

    def state_at(self, count: int) -> StateBuilder:
        """Return the variables after the first `count` events, which must be folded."""
        return state_after(self.state, self.events, self._at, count)

    @property
    def last_seq(self) -> int:
        """The number of the newest event."""
        return self.events[-1].seq if self.events else 0

    @property
    def root(self) -> Node:
        """The top of the path tree."""
        return self.paths.root

    def node(self, path: str) -> Node | None:
        """Return the node at a path."""
        return self.paths.nodes.get(path)

    def events_at(self, path: str, most: int | None = None) -> list[Event]:
        """Return what happened at exactly this path.

        Args:
            most: of more events, return the first and the newest, so many together.
        """
        indexes = self._at.get(path, [])
        end = bisect_left(indexes, len(self.events))
        if most is None or end <= most:
            return [self.events[index] for index in indexes[:end]]
        chosen = indexes[:FIRST] + indexes[end - most + FIRST : end]
        return [self.events[index] for index in chosen]
