"""State: var, list and map. Every change is durable before the body goes on.

A change is found again on replay by the scope that made it and its place in the order of that
scope's changes; it is then not made again, and what the variable holds is what it held then. The
functions given to `update` and `filter` are therefore not called on replay. A value that can't be
stored is refused before its change is counted, on replay as well.
"""

from __future__ import annotations

import asyncio
import copy
import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar

from msgspec.structs import replace

from flopod import events as ev
from flopod.errors import ScopeError
from flopod.execution import Execution
from flopod.scope import LIVE, Scope, current
from flopod.state import Change, Track, apply
from flopod.stored import Encoded, encoded

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")

SMALL = 4096
"""Bytes up to which a list or map is recorded whole at every change."""

OUTWEIGH = 8
"""A large one is recorded whole again once its changes come to so many times what it holds.

So one that only grows never is: its log is what was put in.
"""

IMMUTABLE = (type(None), bool, int, float, str, bytes)


class Variable:
    """What var, list and map have in common: a value, and the way it changes."""

    def __init__(self, scope: Scope, path: str) -> None:
        self._home = scope
        self._path = path
        self._track = scope.execution.recall.tracks.get(path, Track())
        self._latest: Any = None
        self._loaded = False
        self._size = 0.0
        """Bytes of the value: counted when it was last recorded whole, estimated since."""
        self._since = 0
        """Bytes of the changes recorded after that."""
        self._changing = asyncio.Lock()

    @property
    def path(self) -> str:
        """Where the variable lives."""
        return self._path

    @property
    def _execution(self) -> Execution:
        return self._home.execution

    def _scope(self) -> Scope:
        """Return the scope that reads or changes: the caller's, in this run."""
        here = current()
        return here if here is not None and here.execution is self._execution else self._home

    def _value(self) -> Any:
        """Return the value as the caller sees it: as of what its line has replayed."""
        horizon = self._scope().line.horizon
        if horizon == LIVE or not self._track.seqs:
            return self._now()
        return self._track.value_at(max(horizon, self._track.seqs[0]))

    def _now(self) -> Any:
        """Return the value after all changes there are."""
        if not self._loaded:
            if self._track.seqs:
                self._latest = copy.deepcopy(self._track.value_at(LIVE))
                self._size = len(bytes(encoded(self._latest)))
                self._since = self._track.since_full()
            self._loaded = True
        return self._latest

    async def _change(self, make: Callable[[Any], Awaitable[Change]]) -> None:
        """Make a change, unless the log says that this call has made it already."""
        scope = self._scope()
        scope.execution.check()
        if scope.leaf:
            raise ScopeError(
                f"{self._path!r} was changed inside step {scope.path!r}; "
                "return the value from the step and change the variable in the workflow's body"
            )
        scope.check_loop(f"{self._path!r} was changed")
        nth = scope.changed[self._path]
        scope.changed[self._path] += 1
        known = scope.execution.recall.changes.get((self._path, scope.path, nth))
        if known is not None:
            scope.line.saw(known)
            return
        if scope.line.horizon != LIVE:
            # What raised the first time left no record, and raises again here.
            await make(self._value())
        scope.line.went_on()
        async with self._changing:
            change = replace(await make(self._now()), nth=nth)
            await scope.execution.record(change, self._path)
            self._latest = apply(self._latest, change)

    def _by(self) -> str:
        return self._scope().path

    def _worth_in_full(self, change: Encoded, growth: float) -> bool:
        """Say whether to record the whole value: it is small, or the changes outweigh it.

        Args:
            growth: by about how many bytes the value grows.
        """
        self._since += len(bytes(change))
        self._size += growth
        return self._size <= SMALL or self._since > OUTWEIGH * self._size

    def _whole(self, value: Any) -> Encoded:
        whole = encoded(value, f"value of {self._path!r}")
        self._size, self._since = len(bytes(whole)), 0
        return whole


class Var(Variable, Generic[T]):
    """A durable value."""

    @property
    def value(self) -> T:
        """The value; a copy of your own where it can be changed in place."""
        value: T = fresh(self._value())
        return value

    async def set(self, value: T) -> None:
        """Give it a new value.

        Raises:
            SerializableError: the value can't be stored.
        """
        change = self._to(value)

        async def make(now: T) -> Change:
            return change

        await self._change(make)

    async def update(self, fn: Callable[[T], T | Awaitable[T]]) -> T:
        """Give it the value `fn(value)`; updates of one variable wait for each other."""

        async def make(now: T) -> Change:
            value = fn(fresh(now))
            return self._to(await value if inspect.isawaitable(value) else value)

        await self._change(make)
        return self.value

    def _to(self, value: object) -> Change:
        return ev.VarSet(value=encoded(value, f"value of {self._path!r}"), by=self._by())


class List(Variable, Generic[T]):
    """A durable list."""

    @property
    def items(self) -> list[T]:
        """What is in it, in order: a list of your own."""
        return [fresh(item) for item in self._value()]

    async def push(self, *values: T) -> None:
        """Add values at the end.

        Raises:
            SerializableError: one can't be stored.
        """
        pushed = encoded(list(values), f"pushed to {self._path!r}")

        async def make(now: list[T]) -> Change:
            if self._worth_in_full(pushed, len(bytes(pushed))):
                return ev.ListSet(value=self._whole([*now, *values]), by=self._by())
            return ev.ListSet(pushed=pushed, by=self._by())

        await self._change(make)

    async def filter(self, keep: Callable[[T], bool]) -> None:
        """Keep only the items for which `keep(item)` is true."""

        async def make(now: list[T]) -> Change:
            kept = tuple(index for index, item in enumerate(now) if keep(fresh(item)))
            share = len(kept) / len(now) if now else 1.0
            if self._worth_in_full(encoded(list(kept)), self._size * (share - 1)):
                return ev.ListSet(value=self._whole([now[i] for i in kept]), by=self._by())
            return ev.ListSet(kept=kept, by=self._by())

        await self._change(make)


class Map(Variable, Generic[K, V]):
    """A durable map."""

    @property
    def map(self) -> dict[K, V]:
        """What is in it: a dict of your own."""
        return {key: fresh(value) for key, value in self._value().items()}

    async def set(self, key: K, value: V) -> None:
        """Put a value under a key.

        Raises:
            SerializableError: the key or the value can't be stored.
        """
        put = encoded([key, value], f"entry of {self._path!r}")

        async def make(now: dict[K, V]) -> Change:
            if self._worth_in_full(put, 0 if key in now else len(bytes(put))):
                return ev.MapSet(value=self._whole({**now, key: value}), by=self._by())
            return ev.MapSet(put=put, by=self._by())

        await self._change(make)

    async def delete(self, key: K) -> None:
        """Take a key out; one that is not there is no error."""
        deleted = encoded(key, f"key of {self._path!r}")

        async def make(now: dict[K, V]) -> Change:
            share = 1 / len(now) if key in now else 0.0
            if self._worth_in_full(deleted, -self._size * share):
                left = {k: v for k, v in now.items() if k != key}
                return ev.MapSet(value=self._whole(left), by=self._by())
            return ev.MapSet(deleted=deleted, by=self._by())

        await self._change(make)


async def var(scope: Scope, id: str, initial: T) -> Var[T]:
    """Return the variable at `id`, made now if it is new."""
    path, step = scope.ask(id, "var")
    made: Var[T] = Var(scope, path)
    if step is None:
        await _begin(made, ev.VarSet(value=encoded(initial, f"value of {path!r}"), by=scope.path))
    scope.changed[path] += 1
    return made


async def list_(scope: Scope, id: str, initial: Iterable[T]) -> List[T]:
    """Return the list at `id`, made now if it is new."""
    path, step = scope.ask(id, "list")
    made: List[T] = List(scope, path)
    if step is None:
        await _begin(made, ev.ListSet(value=made._whole(list(initial)), by=scope.path))
    scope.changed[path] += 1
    return made


async def map_(scope: Scope, id: str, initial: Mapping[K, V] | None) -> Map[K, V]:
    """Return the map at `id`, made now if it is new."""
    path, step = scope.ask(id, "map")
    made: Map[K, V] = Map(scope, path)
    if step is None:
        await _begin(made, ev.MapSet(value=made._whole(dict(initial or {})), by=scope.path))
    scope.changed[path] += 1
    return made


async def _begin(made: Variable, first: Change) -> None:
    await made._home.begin(made.path)
    await made._execution.record(first, made.path)
    made._latest, made._loaded = apply(None, first), True


def fresh(value: Any) -> Any:
    """Return a copy that the author may change, or the value itself where nobody can."""
    return value if isinstance(value, IMMUTABLE) else copy.deepcopy(value)
