"""The path tree of a run: what it has done, where it stands, as nested nodes.

Folded from the log one event at a time. Containers (an each, an item, a branch …) have few events
of their own: their status follows from what is below them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flopod import events as ev
from flopod import kin
from flopod.errors import ErrorInfo
from flopod.events import Event
from flopod.records import iso
from flopod.summary import STOPPED, Status

ACTIVE = (Status.RUNNING, Status.RETRYING, Status.WAITING, Status.SLEEPING)
"""What a container shows of its insides, the first that applies."""

SETTLED = (Status.NEEDS_ATTENTION, Status.INTERRUPTED, Status.CANCELLED, Status.ERROR, Status.OK)
"""The same once nothing inside is at work."""

_BY_RANK = (*ACTIVE, *SETTLED)

DECLARED = ("branch", "each", "parallel")
"""Containers that can be empty and done."""

OF_THE_RUN = frozenset({ev.EventDelivered, ev.LogEmitted, kin.ChildEnded})
"""Facts that say nothing of the node at their path."""

INSIDE = {"each": "item", "parallel": "branch", "branch": "case", "repeat": "iteration"}


@dataclass(slots=True, eq=False)
class Node:
    """A place in a run."""

    path: str
    kind: str
    """`run`, a primitive (`activity`, `each` …), or `item`, `iteration`, `case`, `branch`."""
    parent: Node | None = None
    index: int = 0
    """Its place among the children of its parent."""
    status: Status = Status.RUNNING
    children: list[Node] = field(default_factory=list)
    started_at: datetime | None = None
    ended_at: datetime | None = None
    attempt: int = 1
    error: ErrorInfo | None = None
    child: str = ""
    """The run that was started here."""
    note: str = ""
    """What is worth a word: the branch taken, the event waited for, how an each went."""
    total: int | None = None
    """How many items or branches were announced."""
    until: datetime | None = None
    """The end of a sleep, the deadline of a wait, the time of the next attempt."""
    own: Status | None = None
    """What the node's own events say; None where only those below say something."""
    inside: dict[Status, int] = field(default_factory=dict)
    """How many nodes, this one and those below, say what of themselves."""
    code_changed_at: int = 0
    """Of the run: the number of the event that took it up with another source; 0: none did."""
    unfit: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    """Of a run that its code no longer fits: the paths recorded where it stopped, those asked."""

    @property
    def name(self) -> str:
        """The last part of the path: the id, or `[index]` below it."""
        own = self.path[len(self.parent.path) :] if self.parent else self.path
        return own.lstrip("/")

    def walk(self) -> Iterator[Node]:
        """Yield this node and all below it, parents first."""
        ahead = [self]
        while ahead:
            node = ahead.pop()
            yield node
            ahead.extend(reversed(node.children))


class TreeBuilder:
    """Takes events in order; `root` is the tree that they amount to."""

    def __init__(self) -> None:
        self.root = Node("", "run", status=Status.QUEUED)
        self._known = {"": self.root}
        self.nodes: Mapping[str, Node] = self._known
        self.changed: set[str] = set()
        """Paths whose node changed since somebody last cleared this."""
        self.taken = 0
        """How many events it has taken in."""
        self._shelved: list[tuple[Node, Status | None]] = []
        """What was under way when the run ended: a retry goes on with it."""

    def add(self, event: Event) -> None:
        """Take one event in."""
        self.taken += 1
        if event.path == "" or type(event.fact) in OF_THE_RUN:
            self._add_to_run(event)
        else:
            self._add_to_node(self._node(event.path, event.at), event)

    def _add_to_run(self, event: Event) -> None:
        root, at = self.root, event.at
        match event.fact:
            case ev.RunSubmitted(workflow=workflow):
                root.note = workflow
            case ev.RunStarted(was=was) if root.status not in STOPPED:
                root.status, root.started_at = Status.RUNNING, root.started_at or at
                root.code_changed_at = event.seq if was else root.code_changed_at
            case ev.RunCompleted():
                self._end(Status.OK, at)
            case ev.RunFailed(error=error):
                self._end(Status.ERROR, at, error)
            case ev.RunCancelled():
                self._end(Status.CANCELLED, at)
            case ev.RunNeedsAttention(error=error, recorded=recorded, asked=asked):
                root.unfit = recorded, asked
                self._end(Status.NEEDS_ATTENTION, at, error)
            case ev.RunRetried(voided=voided):
                self._again(voided, at)
            case ev.RunForked() if root.status not in STOPPED:
                root.status = Status.QUEUED
        self.changed.add("")

    def _add_to_node(self, node: Node, event: Event) -> None:
        at = event.at
        match event.fact:  # the most frequent first: to ask what a fact is takes its time
            case ev.ActivityStarted(attempt=attempt):
                node.kind, node.attempt = "activity", attempt
                self._set(node, Status.RUNNING, at)
            case ev.ActivityCompleted(attempt=attempt):
                node.kind, node.attempt, node.error = "activity", attempt, None
                self._set(node, Status.OK, at)
            case (
                ev.EachItemCompleted()
                | ev.RepeatIterationCompleted()
                | ev.ParallelBranchCompleted()
            ):
                self._set(node, Status.OK, at)
            case ev.VarSet() | ev.ListSet() | ev.MapSet():
                node.kind = {ev.VarSet: "var", ev.ListSet: "list"}.get(type(event.fact), "map")
                self._set(node, Status.OK, at)
            case ev.ActivityRetrying(error=error, next_at=next_at):
                node.error, node.until = error, next_at
                self._set(node, Status.RETRYING, at)
            case ev.ActivityFailed(error=error):
                node.kind, node.attempt, node.error = "activity", error.attempts, error
                self._set(node, Status.ERROR, at)
            case ev.BranchTaken(key=key):
                node.kind, node.note = "branch", f"→ {key}"
                self._settle(node, at)
            case ev.EachStarted(total=total):
                node.kind, node.total = "each", total
                self._settle(node, at)
            case ev.ParallelStarted(total=total):
                node.kind, node.total = "parallel", total
                self._settle(node, at)
            case ev.EachItemFailed(error=error) | ev.ParallelBranchFailed(error=error):
                node.error = error
                self._set(node, Status.ERROR, at)
            case ev.SleepStarted(wake_at=wake_at):
                node.kind, node.until = "sleep", wake_at
                self._set(node, Status.SLEEPING, at)
            case ev.WaitStarted(event=name, deadline=deadline):
                node.kind, node.note, node.until = "wait", f"⇐ {name}", deadline
                self._set(node, Status.WAITING, at)
            case ev.SleepCompleted() | ev.WaitCompleted():
                self._set(node, Status.OK, at)
            case kin.ChildStarted(child=child, workflow=workflow):
                node.kind, node.child, node.note = "start", child, f"→ {workflow}"
                self._set(node, Status.OK, at)
            case kin.ChildCalled(child=child, workflow=workflow):
                node.kind, node.child, node.note = "call", child, f"→ {workflow}"
                self._set(node, Status.WAITING, at)
            case kin.ChildCompleted():
                node.error = None
                self._set(node, Status.OK, at)
            case kin.ChildFailed(error=error) | kin.StartRefused(error=error):
                node.kind = "start" if node.kind == "step" else node.kind
                node.error = error
                self._set(node, Status.ERROR, at)
            case ev.WaitTimedOut():
                node.note += " (timed out)"
                self._set(node, Status.OK, at)
        self.changed.add(node.path)

    def _node(self, path: str, at: datetime) -> Node:
        """Return the node at `path`, made with all above it where it is new."""
        new: list[str] = []
        while (known := self.nodes.get(path)) is None:
            new.append(path)
            path = _above(path)
        for path in reversed(new):
            known = self._new(path, known, at)
        return known

    def _new(self, path: str, above: Node, at: datetime) -> Node:
        kind = "step"
        if path.endswith("]"):
            if above.kind == "step":
                above.kind = "repeat"  # the only container without a start of its own
            kind = INSIDE.get(above.kind, "item")
        node = Node(path, kind, above, len(above.children), started_at=at)
        above.children.append(node)
        self._known[path] = node
        self.changed.add(path)
        self.changed.add(above.path)
        return node

    def _set(self, node: Node, status: Status | None, at: datetime) -> None:
        """Let the node say `status` of itself, and let those above follow."""
        before, node.own = node.own, status
        if before not in ACTIVE and status in ACTIVE and node.attempt <= 1:
            node.started_at = at
        above: Node | None = node
        while above is not None:
            if before is not None:
                above.inside[before] -= 1
            if status is not None:
                above.inside[status] = above.inside.get(status, 0) + 1
            self._settle(above, at)
            above = above.parent

    def _settle(self, node: Node, at: datetime) -> None:
        """Let the node show what it and those below say."""
        if node is not self.root:
            node.status = _shown(node)
            node.ended_at = None if node.status in ACTIVE else at
        self.changed.add(node.path)

    def _end(self, status: Status, at: datetime, error: ErrorInfo | None = None) -> None:
        """The run is at its end: nothing below is at work any more."""
        self.root.status, self.root.ended_at, self.root.error = status, at, error
        left = LEFT.get(status, Status.INTERRUPTED)
        self._shelved = [(node, node.own) for node in self.root.walk() if node.own in ACTIVE]
        for node, _ in self._shelved:
            self._set(node, left, at)

    def _again(self, voided: Iterable[str], at: datetime) -> None:
        """The run goes on: what it was at is open again."""
        self.root.status, self.root.ended_at, self.root.error = Status.QUEUED, None, None
        self.root.unfit = (), ()
        for node, own in self._shelved:
            self._set(node, own, at)
        for path in voided:
            if path in self.nodes:
                self._set(self.nodes[path], None, at)
        self._shelved = []


LEFT = {Status.CANCELLED: Status.CANCELLED, Status.NEEDS_ATTENTION: Status.NEEDS_ATTENTION}
"""How a step is shown that was under way when its run ended so."""


def fold_tree(events: Iterable[Event]) -> Node:
    """Return the tree of a run after `events`."""
    builder = TreeBuilder()
    for event in events:
        builder.add(event)
    return builder.root


def plain_tree(node: Node) -> dict[str, Any]:
    """Return the tree as JSON-ready data: nested `{path, kind, status, children, …}`."""
    return {
        "path": node.path,
        "kind": node.kind,
        "status": node.status.value,
        "started_at": iso(node.started_at) if node.started_at else None,
        "ended_at": iso(node.ended_at) if node.ended_at else None,
        "attempt": node.attempt,
        "total": node.total,
        "note": node.note,
        **({"child": node.child} if node.child else {}),
        "error": {"type": node.error.type, "message": node.error.message} if node.error else None,
        "children": [plain_tree(child) for child in node.children],
    }


def _above(path: str) -> str:
    """Return the path of the scope around `path`: `a[2]/b` -> `a[2]` -> `a` -> the run itself."""
    cut = path.rfind("[") if path.endswith("]") else path.rfind("/")
    return path[: max(cut, 0)]


def _shown(node: Node) -> Status:
    own, inside = node.own, node.inside
    if own is not None and (not node.children or own not in ACTIVE):
        return own
    for status in _BY_RANK:
        if inside.get(status):
            return status
    return Status.OK if node.kind in DECLARED else Status.QUEUED
