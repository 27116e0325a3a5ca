"""What an author holds as `wf`: every primitive, documented, and nothing of how it is done."""

from __future__ import annotations

import random as chance
import uuid as uuids
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias, TypeVar, overload
from uuid import UUID

from flopod import activity, children, flow, loglines, timing, variables
from flopod.children import Target
from flopod.durations import parse
from flopod.execution import Execution
from flopod.flow import EachResult
from flopod.paths import check_id
from flopod.registry import Workflow
from flopod.retry import Retry
from flopod.scope import LIVE, Line, Scope, current
from flopod.variables import List, Map, Var

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")
R = TypeVar("R")

Duration: TypeAlias = str | timedelta | int | float
"""`'250ms'`, `'30s'`, `'5m'`, `'1h'`, `'2d'`, a timedelta, or seconds as a number."""


class Runtime:
    """A run, as its body sees it. Ids are unique within the scope that a call stands in."""

    def __init__(self, execution: Execution) -> None:
        self._execution = execution
        past = execution.recall.steps or execution.recall.logged
        self.root = Scope(execution, "", Line(0 if past else LIVE))

    @property
    def run_id(self) -> str:
        """The id of this run."""
        return self._execution.journal.run_id

    @property
    def path(self) -> str:
        """Where the calling code stands, as `expedition[2]`; empty for the body itself."""
        return self._scope.path

    @property
    def replaying(self) -> bool:
        """The calling code is still being answered from the log."""
        return self._scope.line.horizon != LIVE

    @property
    def _scope(self) -> Scope:
        here = current()
        return here if here is not None and here.execution is self._execution else self.root

    async def activity(
        self,
        id: str,
        fn: Callable[[], Any],
        *,
        timeout: Duration | None = None,
        retry: Retry | None = None,
        type: Any = None,
        at_most_once: bool = False,
    ) -> Any:
        """Call `fn` once and for all: its result is recorded, and later returned from there.

        Args:
            fn: takes no argument; plain (it runs in a thread), async, or giving an awaitable.
            timeout: how long one attempt may take.
            retry: how often and how patiently to try again; once if not given.
            type: what to make of the stored result: a dataclass, enum, TypedDict, pydantic model.
            at_most_once: never call it a second time, even if its end could not be recorded; the
                run then stops as `needs_attention`.

        Raises:
            ActivityError: it failed, after the last attempt (ActivityTimeoutError: by its time).
            SerializableError: its result can't be stored.
        """
        options = activity.Options(
            timeout=parse(timeout) if timeout is not None else None,
            retry=retry or activity.ONCE,
            type=type,
            at_most_once=at_most_once,
        )
        return await activity.activity(self._scope, id, fn, options)

    async def attempt(self, id: str, fn: Callable[[], Any], retry: Retry) -> Any:
        """Call `fn` like `activity`, but give None when every attempt failed."""
        return await activity.attempt(self._scope, id, fn, retry)

    async def branch(
        self,
        id: str,
        key: object,
        cases: Mapping[Any, Callable[[], Any]],
        *,
        default: Callable[[], Any] | None = None,
    ) -> Any:
        """Run the case of `key` and return its result.

        The key taken is recorded: a replay takes the same case, whatever `key` is then.

        Raises:
            UnknownBranchError: `key` has no case, and there is no default.
            NondeterminismError: the recorded key is no longer a case.
        """
        return await flow.branch(self._scope, id, key, cases, default)

    async def each(
        self,
        id: str,
        items: Iterable[T] | AsyncIterable[T],
        fn: Callable[[T, int], Any],
        *,
        concurrency: int = 1,
    ) -> EachResult:
        """Run `fn(item, index)` for every item, `concurrency` at a time.

        An item that is finished is not run again. An error is its item's: it stands in `errors`
        of the result, and the others go on.

        Raises:
            NondeterminismError: the items are not those of the first time.
        """
        return await flow.each(self._scope, id, items, fn, concurrency)

    async def repeat(self, id: str, fn: Callable[[int], Any]) -> int:
        """Run `fn(iteration)` until it returns STOP; return the number of iterations.

        An iteration that is finished is not run again.
        """
        return await flow.repeat(self._scope, id, fn)

    async def parallel(self, id: str, fns: Sequence[Callable[[], Any]]) -> list[Any]:
        """Run all of `fns` at once; return their results in order.

        Raises:
            Exception: what a branch raised, once every branch has settled; several:
                ExceptionGroup.
        """
        return await flow.parallel(self._scope, id, fns)

    async def start(
        self,
        id: str,
        workflow: Target,
        input: object = None,
        *,
        run_id: str | None = None,
    ) -> str:
        """Start another run, which any worker takes that knows its workflow; return its id.

        It goes its own way: this run does not wait for it, and does not cancel it.

        Args:
            workflow: a `@workflow`, or the name of one.
            run_id: of the other run; made from this run's and the path, if not given.

        Raises:
            UnknownWorkflowError: neither this program nor a live worker nor a run knows the name.
            InvalidPayloadError, SerializableError: the input is not what the workflow takes.
            RunExistsError: the id is that of another run.
            ScopeError: there are 100 runs above this one already.
        """
        return await children.start(self._scope, id, workflow, input, run_id)

    @overload
    async def call(
        self,
        id: str,
        workflow: Workflow[..., R] | Callable[..., Awaitable[R]],
        input: object = None,
        *,
        run_id: str | None = None,
    ) -> R: ...

    @overload
    async def call(
        self, id: str, workflow: str, input: object = None, *, run_id: str | None = None
    ) -> Any: ...

    async def call(
        self, id: str, workflow: Target, input: object = None, *, run_id: str | None = None
    ) -> Any:
        """Start another run like `start`, and return its result once it has one.

        However long that takes, this run costs a row in the store meanwhile. If it is cancelled,
        so is the run that it called. A fork of it calls a run of its own where it was waiting.

        Raises:
            ChildFailedError: that run failed or was cancelled. Retried after it, this run looks at
                it again.
            UnknownWorkflowError, InvalidPayloadError, SerializableError, RunExistsError,
                ScopeError: as `start`.
        """
        return await children.call(self._scope, id, workflow, input, run_id)

    async def sleep(self, id: str, duration: Duration) -> None:
        """Sleep; a restart neither shortens nor lengthens it."""
        await timing.sleep(self._scope, id, parse(duration))

    async def wait(
        self, id: str, event: str, *, timeout: Duration | None = None, type: Any = None
    ) -> Any:
        """Wait until `event` is delivered to this path; return its payload, None on timeout.

        Args:
            type: what the payload must be; checked when it is delivered, and the form of the app
                is made from it.
        """
        limit = parse(timeout) if timeout is not None else None
        return await timing.wait(self._scope, id, check_id(event), limit, type)

    async def var(self, id: str, initial: T) -> Var[T]:
        """Return a durable value."""
        return await variables.var(self._scope, id, initial)

    async def list(self, id: str, initial: Iterable[T] = ()) -> List[T]:
        """Return a durable list."""
        return await variables.list_(self._scope, id, initial)

    async def map(self, id: str, initial: Mapping[K, V] | None = None) -> Map[K, V]:
        """Return a durable map."""
        return await variables.map_(self._scope, id, initial)

    async def now(self, id: str) -> datetime:
        """Return the time, in UTC: that of the first time, on every replay."""
        now: datetime = await activity.once(self._scope, id, self._execution.clock.now)
        return now

    async def random(self, id: str) -> float:
        """Return a random number from 0 up to 1: the same on every replay."""
        number: float = await activity.once(self._scope, id, chance.random)
        return number

    async def uuid(self, id: str) -> UUID:
        """Return a random UUID: the same on every replay."""
        made: UUID = await activity.once(self._scope, id, uuids.uuid4)
        return made

    def log(self, message: str, level: str = "info", **fields: Any) -> None:
        """Add a line to the run's own log."""
        loglines.emit(self._scope, level, message, fields)
