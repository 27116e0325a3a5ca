"""Trials of R29 and of replay: random workflows, cut anywhere, then the same or other code."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

from faults.plans import KINDS, Outside, Part, Plan, play, random_plan, recorded, walk
from faults.trial import Trial
from flopod import Control, NeedsAttentionError, NondeterminismError, Workflow, run_workflow
from flopod import events as ev
from flopod.events import Event
from flopod_backends import MemoryBackend

RUN = "the-run"
REFUSALS = (NeedsAttentionError, NondeterminismError)
Change = Callable[[Random, Plan], Plan]


async def same_code(seed: int) -> Trial:
    """Cut a run twice anywhere: it ends the same, nothing done is done again, nothing stops it."""
    random = Random(seed)
    plan = random_plan(random)
    result, log = await _whole(plan)
    trial = Trial(acknowledged=len(recorded(log)))
    for _ in range(2):
        left, outside = log[: random.randrange(1, len(log))], Outside()
        backend = await _left(_forked(left) if random.random() < 0.3 else left)
        again = await _run(plan, outside, backend)
        assert again == result, f"seed {seed}: {again} instead of {result} after {len(left)} events"
        log = await backend.events(RUN)
        trial += Trial(0, 0, 0, _repeated(outside, left))
    return trial


async def cancelled(seed: int) -> Trial:
    """Cancel a run at any moment, retry it: no alarm, nothing done twice, the same result."""
    random = Random(seed)
    plan = random_plan(random)
    result, log = await _whole(plan)
    backend = await _begun()
    stop = asyncio.create_task(_cancel_at(backend, random.randrange(1, len(log))))
    await _run(plan, Outside(), backend)
    stop.cancel()
    if (await Control(backend).get(RUN)).status != "cancelled":
        return Trial()
    await Control(backend).retry(RUN)
    left, outside = await backend.events(RUN), Outside()
    again = await _run(plan, outside, backend)
    log = await backend.events(RUN)
    assert again == result, f"seed {seed}: {again} instead of {result}"
    return Trial(1, len(recorded(log)), 0, _repeated(outside, left))


async def _cancel_at(backend: MemoryBackend, seq: int) -> None:
    """Cancel the run once its log has come so far."""
    async for changed in backend.changes():
        if changed.get(RUN, 0) >= seq:
            await Control(backend).cancel(RUN)
            return


def _forked(left: list[Event]) -> list[Event]:
    return [*left, Event(ev.RunForked(source="another", source_seq=len(left)))]


async def repaired(seed: int) -> Trial:
    """Let steps fail for good, repair what they need, retry, cut: no alarm, nothing done twice."""
    random = Random(seed)
    plan = random_plan(random)
    works = [part.work for part in walk(plan) if part.kind == "undoing"]
    broken = frozenset(work for work in works if random.random() < 0.7)
    backend = await _begun()
    await _run(plan, Outside(broken=broken), backend)
    summary = await Control(backend).get(RUN)
    if summary.status != "error":
        return Trial()
    await Control(backend).retry(RUN)
    left, outside = await backend.events(RUN), Outside()
    await _run(plan, outside, backend)
    log = await backend.events(RUN)
    repeated = _repeated(outside, left)
    left, outside = log[: random.randrange(len(left), len(log))], Outside()
    backend = await _left(left)
    await _run(plan, outside, backend)
    status = (await Control(backend).get(RUN)).status
    assert status in ("ok", "error"), f"seed {seed}: {status}"
    return Trial(1, len(recorded(log)), 0, repeated + _repeated(outside, left))


async def trial(seed: int) -> Trial:
    """Try all of them with one seed."""
    _, under_other_code = await changed(seed)
    same = await same_code(seed) + await cancelled(seed) + await repaired(seed)
    return same + under_other_code


async def changed(seed: int) -> tuple[str, Trial]:
    """Cut a run and go on with other code: it stops, or repeats nothing; the old code goes on.

    Say also how the run with the other code ended.
    """
    random = Random(seed)
    old = random_plan(random)
    result, log = await _whole(old)
    new = random.choice(CHANGES)(random, old)
    left, outside = log[: random.randrange(2, len(log))], Outside()
    backend = await _left(left)
    await _run(new, outside, backend)
    status = (await Control(backend).get(RUN)).status
    repeated = _repeated(outside, left)
    if status == "needs_attention":
        stopped, outside = await backend.events(RUN), Outside()
        await Control(backend).retry(RUN)
        again = await _run(old, outside, backend)
        assert again == result or _went_on(stopped), f"seed {seed}: {again} instead of {result}"
        repeated += _repeated(outside, stopped)
    return status, Trial(1, len(recorded(log)), 0, repeated)


def _went_on(log: list[Event]) -> bool:
    """Say whether the other code recorded anything before it was stopped."""
    starts = [event.seq for event in log if isinstance(event.fact, ev.RunStarted)]
    return log[-1].seq > starts[-1] + 1


def _rename(random: Random, plan: Plan) -> Plan:
    return _at(random, plan, lambda parts, i: _put(parts, i, replace(parts[i], id="renamed")))


def _delete(random: Random, plan: Plan) -> Plan:
    return _at(random, plan, lambda parts, i: (*parts[:i], *parts[i + 1 :]))


def _insert(random: Random, plan: Plan) -> Plan:
    new = Part(random.choice(KINDS), "new", f"new {random.randrange(10**9)}")
    return _at(random, plan, lambda parts, i: (*parts[:i], new, *parts[i:]))


def _append(random: Random, plan: Plan) -> Plan:
    return (*plan, Part("step", "new", f"new {random.randrange(10**9)}"))


def _reorder(random: Random, plan: Plan) -> Plan:
    return _at(random, plan, lambda parts, i: tuple(random.sample(parts, len(parts))))


def _change_kind(random: Random, plan: Plan) -> Plan:
    kind = random.choice(KINDS)
    return _at(random, plan, lambda parts, i: _put(parts, i, replace(parts[i], kind=kind)))


def _change_size(random: Random, plan: Plan) -> Plan:
    size = random.randint(1, 4)
    return _at(random, plan, lambda parts, i: _put(parts, i, replace(parts[i], size=size)))


def _wrap(random: Random, plan: Plan) -> Plan:
    def wrap(parts: Plan, i: int) -> Plan:
        return _put(parts, i, Part("branch", "around", "", 1, 1, (parts[i],)))

    return _at(random, plan, wrap)


def _unwrap(random: Random, plan: Plan) -> Plan:
    def unwrap(parts: Plan, i: int) -> Plan:
        taken = {part.id for part in parts}
        out = tuple(part for part in parts[i].inside if part.id not in taken)
        left = tuple(part for part in parts[i].inside if part.id in taken)
        return (*parts[:i], replace(parts[i], inside=left), *out, *parts[i + 1 :])

    return _at(random, plan, unwrap)


CHANGES: tuple[Change, ...] = (
    _rename,
    _rename,
    _delete,
    _insert,
    _append,
    _reorder,
    _change_kind,
    _change_size,
    _wrap,
    _unwrap,
)


def _at(random: Random, plan: Plan, change: Callable[[Plan, int], Plan]) -> Plan:
    """Change one of the places of a plan, at any depth."""
    place = random.randrange(len(plan))
    if plan[place].inside and random.random() < 0.5:
        inside = _at(random, plan[place].inside, change)
        return _put(plan, place, replace(plan[place], inside=inside))
    return change(plan, place)


def _put(plan: Plan, place: int, part: Part) -> Plan:
    return (*plan[:place], part, *plan[place + 1 :])


async def _whole(plan: Plan) -> tuple[Any, list[Event]]:
    """Return the result and the log of an undisturbed run."""
    backend = await _begun()
    result = await _run(plan, Outside(), backend)
    return result, await backend.events(RUN)


async def _begun() -> MemoryBackend:
    return await _left([Event(ev.RunSubmitted(workflow="plan"))])


async def _left(events: list[Event]) -> MemoryBackend:
    backend = MemoryBackend()
    await backend.append(RUN, events)
    return backend


async def _run(plan: Plan, outside: Outside, backend: MemoryBackend) -> Any:
    """Run a plan to its end; return its result, an error as text."""

    async def body(wf: Any) -> Any:
        return await play(plan, wf, outside)

    try:
        async with asyncio.timeout(20):
            return await run_workflow(Workflow(body, "plan"), backend=backend, run_id=RUN)
    except TimeoutError:
        raise
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def _repeated(outside: Outside, left: list[Event]) -> int:
    return len(set(outside.done) & recorded(left))
