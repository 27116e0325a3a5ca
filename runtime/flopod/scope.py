"""Where we are in the body: the call stack of ids, kept per task in a context variable.

A scope gives out paths, refuses a second use of an id, and knows how far its *line* has got in
the recorded past. A line is a strand of the body that runs in order; concurrent branches have
lines of their own. While a line replays, it sees each variable as of the last event it has
answered from the log: exactly what it saw the first time.
"""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from flopod import paths
from flopod.errors import DuplicateIdError, NondeterminismError, RunFinishedError, ScopeError
from flopod.execution import Execution
from flopod.order import Order, passed_over
from flopod.recall import Step

LIVE = sys.maxsize
"""The horizon of a line that has left the recorded past behind."""

TURNS = 20
"""How often other tasks may go on before something recorded counts as passed over."""


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
    outer: Scope | None = None
    leaf: bool = False
    """The inside of a step: no primitive may be called here."""
    owner: asyncio.Task[Any] | None = field(default_factory=asyncio.current_task)
    shared: bool = False
    """Several tasks ask here: one may be ahead of what another has yet to ask for."""
    asked: dict[str, str] = field(default_factory=dict)
    """The ids that were used here, in order, and for what kind of thing."""
    changed: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    """How often code in this scope has changed each variable."""
    logged: int = 0
    """How many log lines code in this scope has emitted."""
    with_it: str = ""
    """The repeat that this is an iteration of, if nothing of it is recorded: it begins with us."""
    passed: list[str] = field(default_factory=list)
    """Recorded steps of scopes inside that ended without having asked for them."""
    _order: Order | None = None
    _left: list[tuple[str, Step]] | None = None
    """What is recorded here and was not asked for yet, the next one last."""

    def ask(self, id: str, kind: str) -> tuple[str, Step | None]:
        """Return the path of a primitive called here, and what is recorded of it, if anything.

        Raises:
            Suspended: the run is to stop.
            InvalidIdError, DuplicateIdError: the id can't be used here.
            NondeterminismError: something of another kind is recorded there.
            ScopeError: called inside a step, or from another loop.
            RunFinishedError: the run is at its end.
        """
        if asyncio.current_task() is not self.owner:
            self._share(id, kind)
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
            if self.execution.recall.ended is not None:
                run_id = self.execution.journal.run_id
                raise RunFinishedError(run_id, "at its end", f"begin {kind} {path!r}")
            self.line.went_on()
        else:
            self.line.saw(step.seq)
        return path, step

    async def begin(self, path: str) -> None:
        """Let something begin that was asked for here and is not recorded.

        Raises:
            NondeterminismError: recorded steps would be passed over. They may have another name
                now, and would run again.
        """
        if not self.execution.recall.steps:
            return
        if self.outer is not None and self.with_it:
            await self.outer.begin(self.with_it)
        for _ in range(TURNS):
            if self._passed_over(path) is None:
                return
            await asyncio.sleep(0)
        self.execution.check()
        while (found := self._passed_over(path)) is not None:
            scope, passed = found
            if self.order.one_by_one(scope.path):
                recorded = [path for path, _ in self.order.within(scope.path)]
                asked = [paths.child(self.path, id) for id in self.asked]
                raise self.execution.stopped(passed_over(path, passed, recorded, asked))
            scope.shared = True

    def check_loop(self, what: str) -> None:
        """Let nothing be done from the loop of another thread.

        Raises:
            ScopeError: it is.
        """
        if asyncio.get_running_loop() is not self.execution.loop:
            raise ScopeError(
                f"{what} from another event loop; call primitives from the loop that runs the "
                "workflow, and run plain code in a step"
            )

    def inside(self, path: str, line: Line | None = None) -> Scope:
        """Return a scope for ids below `path`, on the same line unless another is given."""
        return Scope(self.execution, path, line or self.line, self)

    def leave(self) -> None:
        """Note that the code of this scope has ended, and what it has not asked for."""
        if self.outer is not None and self.execution.recall.steps:
            self.outer.passed += [*self.passed, *self._unasked()]

    @property
    def order(self) -> Order:
        """The order of the recorded past: made once for all scopes."""
        if self.outer is not None:
            return self.outer.order
        if self._order is None:
            self._order = Order(self.execution.recall)
        return self._order

    def _passed_over(self, path: str) -> tuple[Scope, list[str]] | None:
        """Return what was left out on the way to something new, and in which scope."""
        if unasked := self._unasked():
            return self, unasked
        if moved := list(self._moved(path, self.passed)):
            return self, moved
        scope = self.outer
        while scope is not None:
            if moved := list(scope._moved(path, [*scope._unasked(), *scope.passed])):
                return scope, moved
            scope = scope.outer
        return None

    def _moved(self, path: str, missing: list[str]) -> Iterator[str]:
        """Yield what is missing under the same id, outside of the call that `path` is inside of."""
        if not missing or self.shared:
            return
        id, within = path.rpartition("/")[2], paths.child_towards(self.path, path)
        for other in missing:
            if other.rpartition("/")[2] == id and paths.child_towards(self.path, other) != within:
                yield other

    def _unasked(self) -> list[str]:
        """Return what is recorded here and was not asked for, in order."""
        # Who goes on by hand with a run need not ask again for all that is recorded.
        if self.shared or (self.outer is None and self.execution.by_hand):
            return []
        if self._left is None:
            self._left = self.order.expected(self.path)
        while self._left and self._left[-1][1].visited:
            self._left.pop()
        return [path for path, step in reversed(self._left) if not step.visited]

    def _own(self, id: str, kind: str) -> str:
        if self.leaf:
            raise ScopeError(
                f"{kind} {id!r} was called inside step {self.path!r}; "
                "a step is plain code: call primitives from the body of the workflow"
            )
        path = paths.child(self.path, paths.check_id(id))
        if id in self.asked:
            raise DuplicateIdError(path)
        self.asked[id] = kind
        return path

    def _share(self, id: str, kind: str) -> None:
        """Note that another task asks here than the one that came here first."""
        if not self.leaf:
            self.check_loop(f"{kind} {id!r} was called")
        self.shared = True


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

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        _current.reset(self._token)
        if kind is None or issubclass(kind, Exception):
            self._scope.leave()


def _a(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"
