"""Helpers: a run, its lives, and waiting for what happens to it. Nothing here sleeps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any

from flopod import Control, RunFinishedError, RunSummary, Workflow, run_workflow
from flopod import events as ev
from flopod.backend import Backend
from flopod.events import Event
from flopod.state import fold_state
from flopod.tree import fold_tree
from flopod_backends import MemoryBackend
from runtime.corpus import Story, World

RUN = "the-run"
PATIENCE = 10.0


def workflow_of(story: Story, world: World) -> Workflow[..., Any]:
    """Return the story as a workflow in a world."""

    async def body(wf: Any) -> Any:
        return await story.body(wf, world)

    return Workflow(body, story.name)


async def live(backend: Backend, story: Story, world: World) -> Any:
    """Take the run up and go on to its end; return its result, an error as text."""
    async with answering(backend, story.answers), asyncio.timeout(PATIENCE):
        await deliver_early(backend, story)
        try:
            return await run_workflow(workflow_of(story, world), backend=backend, run_id=RUN)
        except Exception as error:
            return f"{type(error).__name__}: {error}"


async def begun(story: Story) -> MemoryBackend:
    """Return a store with the run submitted, and what is delivered early."""
    backend = MemoryBackend()
    control = Control(backend, [workflow_of(story, World())])
    await control.start(story.name, run_id=RUN)
    return backend


async def deliver_early(backend: Backend, story: Story) -> None:
    """Deliver what comes before its wait, unless that was done or the run is at its end."""
    for (path, event), payload in story.early.items():
        with suppress(RunFinishedError):
            await Control(backend).deliver(RUN, path, event, payload, f"early for {path}")


async def cut(events: list[Event]) -> MemoryBackend:
    """Return a store that was left with these events of the run."""
    backend = MemoryBackend()
    await backend.append(RUN, events)
    return backend


@asynccontextmanager
async def answering(backend: Backend, answers: Mapping[str, Any]) -> AsyncIterator[None]:
    """Deliver the answers to waits as they open."""
    if not answers:
        yield
        return
    task = asyncio.create_task(_answer(Control(backend), answers))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _answer(control: Control, answers: Mapping[str, Any]) -> None:
    async with aclosing(control.watch_runs()) as changes:
        async for batch in changes:
            for run in batch or await control.list_runs():
                for wait in run.open_waits:
                    if wait.path in answers and not wait.delivered:
                        id = f"answer to {wait.path}"
                        await control.deliver(
                            run.run_id, wait.path, wait.event, answers[wait.path], id
                        )


async def until(
    backend: Backend, is_so: Callable[[RunSummary], bool], run_id: str = RUN
) -> RunSummary:
    """Return the run's summary as soon as something is so."""
    run = None
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE), aclosing(Control(backend).watch_runs()) as changes:
            async for _ in changes:
                run = await backend.summary(run_id)
                if run is not None and is_so(run):
                    return run
    raise AssertionError(f"still not so: {run}; its log: {await told(backend, run_id)}")


async def let_go(backend: Backend, run_id: str = RUN) -> None:
    """Return once nobody holds the run. Leases tell nobody, so this looks again and again."""
    async with asyncio.timeout(5):
        while True:
            run = await backend.summary(run_id)
            if run is not None and run.worker is None:
                return
            await asyncio.sleep(0.005)


async def finished(backend: Backend, run_id: str = RUN) -> RunSummary:
    """Return the run's summary once it is at its end."""
    return await until(backend, lambda run: run.finished, run_id)


async def told(backend: Backend, run_id: str = RUN, *types: str) -> list[str]:
    """Return the events of a run as `Type path`, all or only those of some types."""
    events = await backend.events(run_id)
    return [f"{e.type} {e.path}".strip() for e in events if not types or e.type in types]


def types_of(events: Collection[Event]) -> list[str]:
    """Return the types of events, in order."""
    return [event.type for event in events]


def settled(events: Collection[Event]) -> set[str]:
    """Return the paths of the steps that are recorded as over."""
    over = (ev.ActivityCompleted, ev.ActivityFailed)
    return {event.path for event in events if isinstance(event.fact, over)}


def state_of(events: Collection[Event], unordered: bool = False) -> dict[str, Any]:
    """Return what the variables hold after `events`, by path."""
    values = {path: variable.value for path, variable in fold_state(events).items()}
    if unordered:
        return {p: sorted(v) if isinstance(v, list) else v for p, v in values.items()}
    return values


def shape_of(events: Collection[Event]) -> set[tuple[str, str, str]]:
    """Return the tree of a run as path, kind and status of every node."""
    return {(node.path, node.kind, node.status) for node in fold_tree(events).walk()}


def log_lines(events: Collection[Event]) -> list[tuple[str, str]]:
    """Return the log lines of a run, with their paths."""
    return [(e.path, e.fact.message) for e in events if isinstance(e.fact, ev.LogEmitted)]
