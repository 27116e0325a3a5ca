"""What a replay needs to know of the past: a fold of the log, by path.

Read once when a run is opened; every later question is a look into memory.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from flopod import events as ev
from flopod import kin, paths
from flopod.errors import NeedsAttentionError
from flopod.events import Event, Fact
from flopod.kinds import AROUND, CHANGES, FAILURES, IDLE, KINDS, PAUSES, STARTS
from flopod.state import Track


@dataclass(slots=True, eq=False)
class Step:
    """What is recorded at one path."""

    kind: str
    first: int = 0
    """The number of its first event."""
    seq: int = 0
    """The number of its last event; of a variable, that of its first value."""
    opened: Fact | None = None
    """The last fact that left it open: a start, a failed attempt."""
    outcome: Fact | None = None
    """What it came to; None while it is open."""
    visited: bool = False
    """The body has asked for it in this life."""


@dataclass(slots=True, eq=False)
class Recall:
    """The past of one run."""

    steps: dict[str, Step] = field(default_factory=dict)
    tracks: dict[str, Track] = field(default_factory=dict)
    """The changes of each variable."""
    changes: dict[tuple[str, str, int], int] = field(default_factory=dict)
    """Numbers of the changes of a variable, by its path, the scope and which of its calls."""
    logged: Counter[str] = field(default_factory=Counter)
    """How many log lines each scope has emitted."""
    deliveries: dict[tuple[str, str], list[Event]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """By path and event name, oldest first."""
    by_id: dict[str, Event] = field(default_factory=dict)
    """Deliveries by their id."""
    taken: set[str] = field(default_factory=set)
    """Ids of the deliveries that a wait has taken, or can't take."""
    said: set[tuple[str, str]] = field(default_factory=set)
    """Log lines at the path of a wait, which are the engine's own: said once is enough."""
    news: set[str] = field(default_factory=set)
    """Paths of the open calls whose child is said to have ended."""
    submitted: ev.RunSubmitted | None = None
    submitted_at: datetime | None = None
    code: str = ""
    """Fingerprint of the source that executed the run last."""
    code_changed: bool = False
    """It is another source that executes it now."""
    ended: Fact | None = None
    """RunCompleted, RunFailed, RunCancelled or RunNeedsAttention, if nothing followed."""
    cancel_requested: int = 0
    """The number of the event that asks to cancel the run; 0: nobody does."""
    undone: list[range] = field(default_factory=list)
    """What was recorded in the wake of a failure that a retry made void, or of a cancelling."""
    fruitless: int = 0
    """How often in a row the run was taken up without getting anywhere."""
    blameless: int = 0
    """In how many of these lives, but for the last, it had begun nothing and only waited: others
    may have brought its process down."""
    begun: bool = False
    """A step was begun since the run was taken up."""
    pausing: set[str] = field(default_factory=set)
    """Paths of the sleeps and waits that are open."""

    def add(self, event: Event) -> None:
        """Take one event in."""
        fact, path = event.fact, event.path
        kind = KINDS.get(type(fact))
        if kind is not None:
            self._add_step(kind, event)
        elif isinstance(fact, ev.LogEmitted):
            self.logged[path] += 1
            if (step := self.steps.get(path)) is not None and step.kind == "wait":
                self.said.add((path, fact.message))
        elif isinstance(fact, ev.EventDelivered):
            self.deliveries[path, fact.event].append(event)
            self.by_id[fact.delivery_id] = event
        elif isinstance(fact, kin.ChildEnded):
            self.news.add(path)
        else:
            self._add_to_run(fact, event)
        if type(fact) not in IDLE:
            self.fruitless = self.blameless = 0

    def _add_step(self, kind: str, event: Event) -> None:
        fact, path = event.fact, event.path
        if (step := self.steps.get(path)) is None:
            step = self._new_step(path, kind, event.seq)
        elif step.kind == "repeat":
            step.kind = kind  # it was taken for one by what is inside
        if isinstance(fact, CHANGES):
            self.tracks.setdefault(path, Track()).add(event.seq, fact)
            self.changes[path, fact.by, fact.nth] = event.seq
            if step.outcome is not None:
                return  # who asks for the variable must not see what comes later
        step.seq = event.seq
        if type(fact) in STARTS:
            step.opened = fact
            if kind in PAUSES:
                self.pausing.add(path)
                self.news.discard(path)
            else:
                self.begun = True
        else:
            step.outcome = fact
            if kind in PAUSES:
                self.pausing.discard(path)
        if isinstance(fact, ev.WaitCompleted):
            self.taken.add(fact.delivery_id)
        elif isinstance(fact, ev.RepeatIterationCompleted):
            self.steps[path[: path.rfind("[")]].seq = event.seq

    @property
    def only_waits(self) -> bool:
        """It was taken up and has begun nothing since: there is only something to wait for."""
        return bool(self.fruitless and self.pausing and not self.begun)

    @property
    def crashes(self) -> int:
        """How often in a row its process died while it was at work, as far as can be seen."""
        return self.fruitless - self.blameless - self.only_waits

    def _new_step(self, path: str, kind: str, seq: int) -> Step:
        """Note a step, and what is around it: a repeat leaves no record of its start."""
        step = self.steps[path] = Step(kind, first=seq)
        around = AROUND.get(kind, "repeat")
        while (cut := path.rfind("[")) > 0:
            path = path[:cut]
            if (known := self.steps.get(path)) is None:
                self.steps[path] = Step(around, first=seq, seq=seq)
            else:
                if known.kind == "repeat":
                    known.kind = around
                break
            around = "repeat"
        return step

    def _add_to_run(self, fact: Fact, event: Event) -> None:
        seq = event.seq
        match fact:
            case ev.RunSubmitted():
                self.submitted, self.submitted_at = fact, event.at
            case ev.RunStarted(code=code):
                self.blameless += self.only_waits
                self.fruitless += 1
                self.begun = False
                self.code = code
            case ev.RunCancelRequested():
                self.cancel_requested = self.cancel_requested or seq
            case ev.RunCompleted() | ev.RunFailed() | ev.RunCancelled() | ev.RunNeedsAttention():
                self.ended = fact
            case ev.RunRetried(voided=voided):
                self._again(voided, seq)
            case ev.RunForked():
                self._undo(self.cancel_requested, seq)
                self.cancel_requested = 0
                self._leave_children(seq)

    def _again(self, voided: tuple[str, ...], seq: int) -> None:
        self._undo(self.cancel_requested, seq)
        self.ended, self.cancel_requested = None, 0
        for path in voided:
            if self._failed_at(path) or self._cut_off(path):
                self._undo(self.steps.pop(path).seq, seq)

    def _leave_children(self, seq: int) -> None:
        """Leave the children that the run it was forked from waits for: it calls its own."""
        if self.submitted is not None:
            self.submitted = replace(self.submitted, parent=None)
        for path, step in [*self.steps.items()]:
            if step.kind == "call" and step.outcome is None:
                self._undo(self.steps.pop(path).first, seq)
                self.pausing.discard(path)

    def _undo(self, since: int, seq: int) -> None:
        """Note that the body may go another way now than it went after event `since`."""
        if since:
            self.undone.append(range(since + 1, seq))

    def deliveries_for(self, path: str, wait: ev.WaitStarted) -> list[Event]:
        """Return the deliveries that came in time and that no wait took, the oldest first."""
        return [
            delivery
            for delivery in self.deliveries.get((path, wait.event), ())
            if wait.deadline is None or delivery.at <= wait.deadline
            if _id_of(delivery) not in self.taken
        ]

    def voided_by_retry(self) -> tuple[str, ...]:
        """Return the paths whose failure records ended the run, and so are void in a retry.

        A failure that the body caught and lived with is not among them.
        """
        if isinstance(self.ended, ev.RunNeedsAttention):
            stopped = self.ended.error
            undecided = stopped.type == NeedsAttentionError.__name__
            return (stopped.path,) if undecided and self._cut_off(stopped.path) else ()
        failed = self.ended.failed_paths if isinstance(self.ended, ev.RunFailed) else ()
        around = dict.fromkeys(place for path in failed for place in (path, *paths.ancestors(path)))
        return tuple(place for place in around if self._failed_at(place))

    def _failed_at(self, path: str) -> bool:
        return path in self.steps and isinstance(self.steps[path].outcome, FAILURES)

    def _cut_off(self, path: str) -> bool:
        """Say whether a step was begun at `path` and its end is not recorded."""
        step = self.steps.get(path)
        return step is not None and isinstance(step.opened, ev.ActivityStarted) and not step.outcome

    def unvisited(self) -> list[str]:
        """Return the outermost recorded paths that the body did not ask for."""
        missing = (path for path, step in self.steps.items() if not step.visited)
        return [path for path in missing if not self._inside_known(path)]

    def _inside_known(self, path: str) -> bool:
        """Say whether a scope around `path` was answered whole, or is itself unvisited."""
        for start in (index for index, char in enumerate(path) if char == "["):
            container = self.steps.get(path[:start])
            inside = path[: path.index("]", start) + 1]
            if container is not None and not container.visited:
                return True
            if inside != path and inside in self.steps:
                return True
        return False


def _id_of(delivery: Event) -> str:
    fact: Any = delivery.fact
    return str(fact.delivery_id)


def replayed(events: Iterable[Event]) -> Recall:
    """Return what a replay would know after `events`."""
    recall = Recall()
    for event in events:
        recall.add(event)
    return recall
