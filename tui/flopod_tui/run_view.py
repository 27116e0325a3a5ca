"""A run as its screen shows it: tree, state and events, folded from the log event by event.

`RunView.of(events)` is the run as it stood after them, so a moment of the past is a fold over the
beginning of the log.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from flopod.events import Event
from flopod.state import StateBuilder
from flopod.tree import Node, TreeBuilder


@dataclass(slots=True)
class RunView:
    """What is known of a run after its events so far."""

    events: list[Event] = field(default_factory=list)
    paths: TreeBuilder = field(default_factory=TreeBuilder)
    state: StateBuilder = field(default_factory=StateBuilder)
    _at: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, events: Iterable[Event]) -> RunView:
        """Return the run as it stood after these events."""
        view = cls()
        for event in events:
            view.after(event)
        return view

    def after(self, event: Event) -> None:
        """Take in what happened next; an event that is known already is passed over."""
        if event.seq <= self.last_seq:
            return
        self._at[event.path].append(len(self.events))
        self.events.append(event)
        self.paths.add(event)
        self.state.add(event)

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

    def events_at(self, path: str) -> list[Event]:
        """Return what happened at exactly this path."""
        return [self.events[index] for index in self._at.get(path, ())]
