"""Where we are in the body: the call stack of ids, kept per task in a context variable.

A scope gives out paths, refuses a second use of an id, and knows how far its *line* has got in
the recorded past. A line is a strand of the body that runs in order; concurrent branches have
lines of their own. While a line replays, it sees each variable as of the last event it has
answered from the log: exactly what it saw the first time.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from contextvars import ContextVar
from dataclasses import dataclass, field

from flopod import paths
from flopod.errors import DuplicateIdError, NondeterminismError, ScopeError
from flopod.execution import Execution
from flopod.recall import Step

LIVE = sys.maxsize
"""The horizon of a line that has left the recorded past behind."""


@dataclass(slots=True)
class Line:
    """A strand of the body, and how far it has got in the log."""

    horizon: int = 0

    def saw(self, seq: int) -> None:
        """It was answered from the event with this number."""
        self.horizon = max(self.horizon, seq)

    def went_on(self) -> None:
        """It asked for something that is not recorded: from here on it is live."""
        self.horizon = LIVE


@dataclass(slots=True, eq=False)
class Scope:
    """A place in the body where ids are given out."""

    execution: Execution
    path: str
    line: Line
    leaf: bool = False
    """The inside of a step: no primitive may be called here."""
    used: set[str] = field(default_factory=set)
    changed: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    """How often code in this scope has changed each variable."""
    logged: int = 0
    """How many log lines code in this scope has emitted."""

    def ask(self, id: str, kind: str) -> tuple[str, Step | None]:
        """Return the path of a primitive called here, and what is recorded of it, if anything.

        Raises:
            Suspended: the run is to stop.
            InvalidIdError, DuplicateIdError: the id can't be used here.
            NondeterminismError: something of another kind is recorded there.
            ScopeError: called inside a step.
        """
        self.execution.check()
        path = self._own(id, kind)
        step = self.execution.recall.steps.get(path)
        if step is not None and step.kind != kind:
            raise self.execution.stopped(NondeterminismError(path, _a(step.kind), _a(kind)))
        if step is not None:
            step.visited = True
        if kind == "repeat":
            return path, step  # it has no record of its own: what is inside says where it stands
        if step is None or step.outcome is None:
            self.line.went_on()
        else:
            self.line.saw(step.seq)
        return path, step

    def inside(self, path: str, line: Line | None = None) -> Scope:
        """Return a scope for ids below `path`, on the same line unless another is given."""
        return Scope(self.execution, path, line or self.line)

    def _own(self, id: str, kind: str) -> str:
        if self.leaf:
            raise ScopeError(
                f"{kind} {id!r} was called inside step {self.path!r}; "
                "a step is plain code: call primitives from the body of the workflow"
            )
        path = paths.child(self.path, paths.check_id(id))
        if id in self.used:
            raise DuplicateIdError(path)
        self.used.add(id)
        return path


_current: ContextVar[Scope | None] = ContextVar("flopod_scope", default=None)


def current() -> Scope | None:
    """Return the scope that the calling task stands in, if any."""
    return _current.get()


class entered:
    """Lets the calling task stand in a scope for the length of a `with`."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def __enter__(self) -> Scope:
        self._token = _current.set(self._scope)
        return self._scope

    def __exit__(self, *_: object) -> None:
        _current.reset(self._token)


def _a(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"
