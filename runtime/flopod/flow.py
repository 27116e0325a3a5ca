"""Control flow: branch, each, repeat, parallel. What was decided or finished is not done again."""

from __future__ import annotations

import inspect
from collections.abc import (
    AsyncIterable,
    Callable,
    Iterable,
    Mapping,
    Sequence,
)
from dataclasses import dataclass
from typing import Any, Final, final

from flopod import events as ev
from flopod import paths
from flopod.announcing import announce_branches, announce_items, listed
from flopod.errors import (
    DuplicateIdError,
    NondeterminismError,
    UnknownBranchError,
    brief,
)
from flopod.execution import FATAL
from flopod.failures import describe, rebuild
from flopod.fan import fan_out
from flopod.scope import Line, Scope, entered
from flopod.stored import decoded, encoded

RAISED = (Exception, SystemExit, KeyboardInterrupt)
"""What an item or a branch fails by. In a task of its own, the last two would end the worker."""


@final
class Stop:
    """What an iteration returns to end its repeat."""

    def __repr__(self) -> str:
        return "STOP"


STOP: Final = Stop()


@dataclass(frozen=True, slots=True)
class ItemError:
    """An item of an each that failed."""

    index: int
    error: Exception


@dataclass(frozen=True, slots=True)
class EachResult:
    """What an each came to."""

    results: list[Any]
    """One place per item, in order; None where it failed."""
    errors: list[ItemError]


async def branch(
    scope: Scope,
    id: str,
    key: object,
    cases: Mapping[Any, Callable[[], Any]],
    default: Callable[[], Any] | None,
) -> Any:
    """Run the case of `key`; on replay the case taken then, whatever `key` is now."""
    path, step = scope.ask(id, "branch")
    by_name = _by_name(path, cases)
    known: Any = step.outcome if step is not None else None
    taken = known or _decide(path, key, by_name, default)
    chosen = default if taken.default else by_name.get(taken.key)
    if chosen is None:
        recorded, asked = f"the branch {taken.key!r}", f"one of {', '.join(by_name) or 'none'}"
        raise scope.execution.stopped(NondeterminismError(path, recorded, asked))
    if known is None:
        await scope.begin(path)
        await scope.execution.record(taken, path)
    with entered(scope.inside(f"{path}[{taken.key}]")):
        return await _result(chosen())


def _by_name(path: str, cases: Mapping[Any, Callable[[], Any]]) -> dict[str, Callable[[], Any]]:
    """Return the cases by their name in paths; refuse two of one name, as 1 and '1'."""
    named: dict[str, object] = {}
    for case in cases:
        name = paths.key_text(case)
        if name in named:
            first, second = f"case {brief(named[name])}", f"case {brief(case)}"
            raise DuplicateIdError(f"{path}[{name}]", first, second)
        named[name] = case
    return dict(zip(named, cases.values(), strict=True))


def _decide(
    path: str,
    key: object,
    cases: Mapping[str, Callable[[], Any]],
    default: Callable[[], Any] | None,
) -> ev.BranchTaken:
    name = paths.key_text(key)
    if name not in cases and default is None:
        raise UnknownBranchError(path, key, cases)
    return ev.BranchTaken(key=name, default=name not in cases)


async def each(
    scope: Scope,
    id: str,
    items: Iterable[Any] | AsyncIterable[Any],
    fn: Callable[[Any, int], Any],
    concurrency: int,
) -> EachResult:
    """Run `fn(item, index)` for every item that is not done yet; an error is its item's."""
    _check_concurrency(id, concurrency)
    path, step = scope.ask(id, "each")
    found = await listed(items)
    if step is None:
        await scope.begin(path)
    announce_items(scope.execution, path, step, found)
    result = EachResult([None] * len(found), [])

    async def one(index: int, line: Line) -> None:
        await _item(scope, path, index, line, lambda: fn(found[index], index), result)

    await fan_out(scope, one, len(found), concurrency)
    result.errors.sort(key=lambda failed: failed.index)
    return result


def _check_concurrency(id: object, concurrency: object) -> None:
    if not isinstance(concurrency, int) or isinstance(concurrency, bool) or concurrency < 1:
        shown = f"each {brief(id)}: concurrency is {brief(concurrency)}"
        raise ValueError(f"{shown}; it must be 1 or more, a whole number")


async def repeat(scope: Scope, id: str, fn: Callable[[int], Any]) -> int:
    """Run `fn(iteration)` until it returns STOP; return how many iterations there were."""
    path, step = scope.ask(id, "repeat")
    recall = scope.execution.recall
    if step is None and recall.code_changed:
        await scope.begin(path)
    iteration = 0
    while True:
        place = paths.item(path, iteration)
        known = recall.steps.get(place)
        if known is not None:
            known.visited = True
            scope.line.saw(known.seq)
            stop = getattr(known.outcome, "stop", False)
        else:
            scope.execution.check()
            inside = scope.inside(place)
            inside.with_it = path if step is None else ""
            with entered(inside):
                stop = await _result(fn(iteration)) is STOP
            if step is None:
                # Not before the call: one that raised at once has left no record of itself.
                await scope.begin(path)
            scope.line.went_on()
            await scope.execution.record(ev.RepeatIterationCompleted(stop=stop), place)
        iteration += 1
        if stop:
            return iteration


async def parallel(scope: Scope, id: str, fns: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run all of `fns` at once; return their results in order, once every one has settled."""
    path, step = scope.ask(id, "parallel")
    if step is None:
        await scope.begin(path)
    announce_branches(scope.execution, path, step, len(fns))
    results: list[Any] = [None] * len(fns)
    errors: dict[int, Exception] = {}

    async def one(index: int, line: Line) -> None:
        place = paths.item(path, index)
        try:
            results[index] = await _settled(scope, place, line, fns[index])
        except FATAL:
            raise
        except Exception as error:
            errors[index] = error

    await fan_out(scope, one, len(fns), max(1, len(fns)))
    _raise_all(path, [errors[index] for index in sorted(errors)])
    return results


def _raise_all(path: str, errors: list[Exception]) -> None:
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise ExceptionGroup(f"{len(errors)} branches of parallel {path!r} failed", errors)


async def _item(
    scope: Scope,
    path: str,
    index: int,
    line: Line,
    call: Callable[[], Any],
    result: EachResult,
) -> None:
    """Settle one item: from the log, or by running it."""
    place = paths.item(path, index)
    known = _known(scope, place, line)
    if known is None:
        known = await _run_item(scope, place, line, call)
    match known:
        case ev.EachItemCompleted(output=output):
            result.results[index] = decoded(output)
        case ev.EachItemFailed(error=error):
            result.errors.append(ItemError(index, rebuild(error)))


async def _run_item(
    scope: Scope, place: str, line: Line, call: Callable[[], Any]
) -> ev.EachItemCompleted | ev.EachItemFailed:
    fact: ev.EachItemCompleted | ev.EachItemFailed
    try:
        with entered(scope.inside(place, line)):
            value = await _result(call())
        fact = ev.EachItemCompleted(output=encoded(value, f"result of {place!r}"))
    except FATAL:
        raise
    except RAISED as error:
        fact = ev.EachItemFailed(error=describe(error, place))
    line.went_on()
    await scope.execution.record(fact, place)
    return fact


async def _settled(scope: Scope, place: str, line: Line, call: Callable[[], Any]) -> Any:
    """Return what one branch of a parallel came to: from the log, or by running it."""
    known = _known(scope, place, line)
    if isinstance(known, ev.ParallelBranchFailed):
        raise rebuild(known.error)
    if isinstance(known, ev.ParallelBranchCompleted):
        return decoded(known.output)
    try:
        with entered(scope.inside(place, line)):
            value = await _result(call())
        output = encoded(value, f"result of {place!r}")
    except FATAL:
        raise
    except RAISED as error:
        info = describe(error, place)
        line.went_on()
        await scope.execution.record(ev.ParallelBranchFailed(error=info), place)
        raise rebuild(info) from error
    line.went_on()
    await scope.execution.record(ev.ParallelBranchCompleted(output=output), place)
    return decoded(output)


def _known(scope: Scope, place: str, line: Line) -> ev.Fact | None:
    step = scope.execution.recall.steps.get(place)
    if step is None:
        scope.execution.check()
        return None
    step.visited = True
    line.saw(step.seq)
    return step.outcome


async def _result(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value
