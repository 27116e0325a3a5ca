"""Workflows that start others, and what their tests look at."""

from __future__ import annotations

from flopod import Control, RunSummary, Runtime, kin, workflow
from flopod.backend import Backend
from flopod.events import Event
from runtime.lives import RUN, until


@workflow
async def square(wf: Runtime, n: int) -> int:
    return int(await wf.activity("multiply", lambda: n * n))


@workflow
async def unlucky(wf: Runtime, why: str = "no luck") -> None:
    def fail() -> None:
        raise ValueError(why)

    await wf.activity("try", fail)


@workflow
async def approval(wf: Runtime) -> str:
    return str(await wf.wait("approval", "approve"))


@workflow
async def asks(wf: Runtime) -> str:
    """Waits for a child that waits."""
    return f"asked: {await wf.call('ask', approval)}"


@workflow
async def squares(wf: Runtime, count: int) -> int:
    """Calls as many children at once."""
    done = await wf.each(
        "all", range(count), lambda n, _: wf.call("square", square, n), concurrency=count
    )
    return sum(done.results)


FAMILY = [square, unlucky, approval, asks, squares]


async def children(backend: Backend, parent: str = RUN) -> list[RunSummary]:
    """Return the children of a run, the first one first."""
    runs = await Control(backend).list_runs(limit=None)
    return sorted((run for run in runs if run.parent == parent), key=lambda run: run.run_id)


async def child(backend: Backend, parent: str = RUN) -> str:
    """Return the id of the only child of a run."""
    [run] = await children(backend, parent)
    return run.run_id


async def calls_and_waits(backend: Backend, run_id: str = RUN) -> str:
    """Return the id of the child that a run has called, once that waits for an event."""
    await until(backend, lambda run: bool(run.inner.calls), run_id)
    called = next(iter((await Control(backend).get(run_id)).inner.calls.values()))
    await until(backend, lambda run: bool(run.open_waits), called)
    return called


async def settled(backend: Backend, run_id: str) -> RunSummary:
    """Return a run's summary once it has ended, and those whom that concerns know."""
    return await until(backend, lambda run: run.finished and not run.inner.owes, run_id)


def news(events: list[Event]) -> list[str]:
    """Return the paths at which a run was told that a child has ended, in order."""
    return [event.path for event in events if isinstance(event.fact, kin.ChildEnded)]
