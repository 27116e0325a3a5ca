"""What a replay needs to know of the past: a fold of the log, by path.

Read once when a run is opened; every later question is a look into memory.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from flopod import events as ev
from flopod import paths, shapes
from flopod.errors import InvalidPayloadError, NeedsAttentionError
from flopod.events import Event, Fact
from flopod.records import json_part
from flopod.state import Track

KINDS: dict[type[Fact], str] = {
    ev.ActivityStarted: "activity",
    ev.ActivityRetrying: "activity",
    ev.ActivityCompleted: "activity",
    ev.ActivityFailed: "activity",
    ev.BranchTaken: "branch",
    ev.EachStarted: "each",
    ev.EachItemCompleted: "item",
    ev.EachItemFailed: "item",
    ev.RepeatIterationCompleted: "iteration",
    ev.ParallelStarted: "parallel",
    ev.ParallelBranchCompleted: "branch item",
    ev.ParallelBranchFailed: "branch item",
    ev.SleepStarted: "sleep",
    ev.SleepCompleted: "sleep",
    ev.WaitStarted: "wait",
    ev.WaitCompleted: "wait",
    ev.WaitTimedOut: "wait",
    ev.VarSet: "var",
    ev.ListSet: "list",
    ev.MapSet: "map",
}

STARTS = (ev.ActivityStarted, ev.ActivityRetrying, ev.SleepStarted, ev.WaitStarted)
"""Facts that leave a step open."""

FAILURES = (ev.ActivityFailed, ev.EachItemFailed, ev.ParallelBranchFailed)
"""What a retry makes void."""

IDLE = (ev.RunStarted, ev.ActivityStarted, ev.EachStarted, ev.ParallelStarted, ev.LogEmitted)
"""Facts that are no progress: a run that dies over and over records nothing else."""


@dataclass(slots=True, eq=False)
class Step:
    """What is recorded at one path."""

    kind: str
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
    """Ids of the deliveries that a wait has taken."""
    submitted: ev.RunSubmitted | None = None
    code: str = ""
    """Fingerprint of the source that executed the run last."""
    ended: Fact | None = None
    """RunCompleted, RunFailed, RunCancelled or RunNeedsAttention, if nothing followed."""
    cancel_requested: bool = False
    fruitless: int = 0
    """How often in a row the run was taken up without getting anywhere."""

    def add(self, event: Event) -> None:
        """Take one event in."""
        fact, path = event.fact, event.path
        kind = KINDS.get(type(fact))
        if kind is not None:
            self._add_step(kind, event)
        elif isinstance(fact, ev.LogEmitted):
            self.logged[path] += 1
        elif isinstance(fact, ev.EventDelivered):
            self.deliveries[path, fact.event].append(event)
            self.by_id[fact.delivery_id] = event
        else:
            self._add_to_run(fact)
        if not isinstance(fact, IDLE):
            self.fruitless = 0

    def _add_step(self, kind: str, event: Event) -> None:
        fact, path = event.fact, event.path
        if (step := self.steps.get(path)) is None:
            step = self.steps[path] = Step(kind)
        if isinstance(fact, ev.VarSet | ev.ListSet | ev.MapSet):
            self.tracks.setdefault(path, Track()).add(event.seq, fact)
            self.changes[path, fact.by, fact.nth] = event.seq
            if step.outcome is not None:
                return  # who asks for the variable must not see what comes later
        step.seq = event.seq
        if isinstance(fact, STARTS):
            step.opened = fact
        else:
            step.outcome = fact
        if isinstance(fact, ev.WaitCompleted):
            self.taken.add(fact.delivery_id)
        elif isinstance(fact, ev.RepeatIterationCompleted):
            loop = path[: path.rfind("[")]
            self.steps.setdefault(loop, Step("repeat")).seq = event.seq

    def _add_to_run(self, fact: Fact) -> None:
        match fact:
            case ev.RunSubmitted():
                self.submitted = fact
            case ev.RunStarted(code=code):
                self.fruitless += 1
                self.code = code
            case ev.RunCancelRequested():
                self.cancel_requested = True
            case ev.RunCompleted() | ev.RunFailed() | ev.RunCancelled() | ev.RunNeedsAttention():
                self.ended = fact
            case ev.RunRetried(voided=voided):
                self._again(voided)
            case ev.RunForked():
                self.cancel_requested = False

    def _again(self, voided: tuple[str, ...]) -> None:
        self.ended, self.cancel_requested = None, False
        for path in voided:
            if self._failed_at(path) or self._cut_off(path):
                del self.steps[path]

    def delivery_for(self, path: str, wait: ev.WaitStarted) -> Event | None:
        """Return the oldest delivery that nobody took, that came in time and is of the type.

        One that came before its wait was not checked at the door: what the wait does not take
        must not end the run, now and with every retry.
        """
        for delivery in self.deliveries.get((path, wait.event), ()):
            fact: Any = delivery.fact
            in_time = wait.deadline is None or delivery.at <= wait.deadline
            if in_time and fact.delivery_id not in self.taken and _fits(fact.payload, wait.schema):
                return delivery
        return None

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


def _fits(payload: ev.Encoded, schema: dict[str, Any] | None) -> bool:
    try:
        if schema is not None:
            shapes.check(json_part(payload), schema, "payload")
    except InvalidPayloadError:
        return False
    return True


def replayed(events: Iterable[Event]) -> Recall:
    """Return what a replay would know after `events`."""
    recall = Recall()
    for event in events:
        recall.add(event)
    return recall
