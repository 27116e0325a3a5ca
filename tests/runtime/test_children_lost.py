"""Children over several workers, and in the hands of programs that die: none lost, none twice."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flopod import ChildFailedError, Control, Runtime, Worker, kin, workflow
from flopod import events as ev
from flopod.backend import Backend, Lease
from flopod.errors import ErrorInfo
from flopod.events import Event
from flopod.process import this_process
from flopod.stored import encoded
from flopod_backends import MemoryBackend, PostgresBackend, open_backend
from runtime.families import (
    FAMILY,
    approval,
    asks,
    calls_and_waits,
    child,
    children,
    news,
    settled,
    square,
    squares,
    unlucky,
)
from runtime.lives import RUN, finished, told, until

SOURCES = [
    str(Path(sys.modules[name].__file__ or "").parents[1]) for name in ("flopod", "flopod_backends")
]


class Noting(MemoryBackend):
    """Notes every append, in the order in which they were made."""

    def __init__(self) -> None:
        super().__init__()
        self.made: list[tuple[str, list[Event]]] = []

    async def append(self, run_id: str, events: Sequence[Event], **terms: Any) -> list[Event]:
        recorded = await super().append(run_id, events, **terms)
        self.made.append((run_id, recorded))
        return recorded


@workflow
async def family(wf: Runtime) -> Any:
    """Does what can be done with children, one thing after the other and at once."""
    later = await wf.start("later", square, 2)
    both = await wf.parallel(
        "both", [lambda: wf.call("a", square, 3), lambda: wf.call("b", squares, 2)]
    )
    try:
        await wf.call("bad", unlucky)
    except ChildFailedError as error:
        return [bool(later), both, error.cause.message]


@workflow
async def gives_up(wf: Runtime) -> None:
    """Waits for two children, of which one waits for a third."""
    await wf.parallel("both", [lambda: wf.call("a", asks), lambda: wf.call("b", "approval")])


EVERYBODY = [*FAMILY, family, gives_up]


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a worker tell of an end at once that nobody has told."""
    monkeypatch.setattr("flopod.summary.TELLING_TIME", timedelta())


async def left_after(made: Sequence[tuple[str, list[Event]]]) -> MemoryBackend:
    """Return a store that was left with these appends; a dead worker holds what was at work."""
    backend = MemoryBackend()
    for run_id, events in made:
        await backend.append(run_id, events)
    dead = this_process()
    runs = {run.run_id: run for run in await Control(backend).list_runs(limit=None)}
    for run in runs.values():
        waits = run.status == "waiting" and runs.keys() >= {*run.inner.calls.values()}
        if not (run.finished or run.status == "queued" or waits):
            await backend.claim_run(dead, run.run_id)
    await backend.retire(dead.worker_id)
    return backend


async def all_settled(backend: Backend) -> None:
    """Return once every run is at its end, and all know."""
    for run in await Control(backend).list_runs(limit=None):
        await settled(backend, run.run_id)


async def noted(story: str) -> Noting:
    """Return a store after an undisturbed run."""
    backend = Noting()
    await Control(backend, EVERYBODY).start(story, run_id=RUN)
    async with Worker(backend, EVERYBODY):
        if story == "gives_up":
            await calls_and_waits(backend, await calls_and_waits_for(backend, "asks"))
            await Control(backend).cancel(RUN)
        await finished(backend)
        await all_settled(backend)
    return backend


async def calls_and_waits_for(backend: Backend, name: str) -> str:
    """Return the child of that workflow, once every child there will be waits."""
    await until(backend, lambda run: len(run.inner.calls) == 2)
    called = (await Control(backend).get(RUN)).inner.calls.values()
    for run_id in called:
        await until(backend, lambda run: run.status == "waiting", run_id)
    return next(run.run_id for run in await children(backend) if run.workflow == name)


async def as_it_was(backend: Backend) -> tuple[Any, ...]:
    """Return what the runs came to, and what is recorded once however often they are cut."""
    runs = await Control(backend).list_runs(limit=None)
    logs = {run.run_id: await backend.events(run.run_id) for run in runs}
    once = Counter(
        (run_id.rpartition(".")[0], event.type, event.path)
        for run_id, log in logs.items()
        for event in log
        if isinstance(event.fact, ONCE)
    )
    return {run.run_id.rpartition(".")[0]: run.status for run in runs}, once


ONCE = (
    *(ev.RunSubmitted, ev.RunCompleted, ev.RunFailed, ev.RunCancelled, ev.ActivityCompleted),
    *(kin.ChildStarted, kin.ChildCompleted, kin.ChildFailed, kin.EndTold, kin.ChildEnded),
)


async def test_a_family_cut_after_any_append_ends_the_same(at_once: None) -> None:
    whole = await noted("family")
    for survived in range(1, len(whole.made)):
        backend = await left_after(whole.made[:survived])
        async with Worker(backend, EVERYBODY):
            await finished(backend)
            await all_settled(backend)
        runs, once = await as_it_was(backend)
        expected_runs, expected = await as_it_was(whole)
        assert runs == expected_runs, survived
        assert without_news(once) == without_news(expected), survived
        assert max(once.values()) == 1, survived
        assert not late_news(await backend.events(RUN)), survived


def late_news(log: list[Event]) -> set[str]:
    """Return the paths at which a run was told of an end that it knew."""
    over: set[str] = set()
    late: set[str] = set()
    for event in log:
        if isinstance(event.fact, kin.ChildCompleted | kin.ChildFailed):
            over.add(event.path)
        elif isinstance(event.fact, kin.ChildEnded) and event.path in over:
            late.add(event.path)
    return late


def without_news(once: Counter[tuple[str, str, str]]) -> Counter[tuple[str, str, str]]:
    """Leave out the news of ends, which a parent need not have that has looked by itself."""
    return Counter({what: count for what, count in once.items() if what[1] != "ChildEnded"})


async def test_a_cancelled_family_cut_after_any_append_is_cancelled_whole(at_once: None) -> None:
    whole = await noted("gives_up")
    asked = next(i for i, (_, log) in enumerate(whole.made) if log[-1].type.startswith("RunCancel"))
    for survived in range(asked + 1, len(whole.made) + 1):
        backend = await left_after(whole.made[:survived])
        async with Worker(backend, EVERYBODY):
            await finished(backend)
            await all_settled(backend)
        assert await as_it_was(backend) == await as_it_was(whole), survived


async def test_a_family_cancelled_after_any_append_leaves_nobody_behind(at_once: None) -> None:
    whole = await noted("gives_up")
    asked = next(i for i, (_, log) in enumerate(whole.made) if log[-1].type.startswith("RunCancel"))
    for survived in range(1, asked + 1):
        backend = await left_after(whole.made[:survived])
        await Control(backend).cancel(RUN)
        async with Worker(backend, EVERYBODY):
            await all_settled(backend)
        runs = await Control(backend).list_runs(limit=None)
        assert {run.status for run in runs} == {"cancelled"}, survived


async def test_a_run_that_has_looked_by_itself_is_told_nothing(at_once: None) -> None:
    whole = await noted("family")
    told_at = next(i for i, (_, log) in enumerate(whole.made) if log[-1].type == "ChildEnded")
    backend = await left_after(whole.made[:told_at])
    dead = this_process()
    await backend.claim_run(dead, RUN)
    await backend.retire(dead.worker_id)
    ended = next(run.run_id for run in await children(backend) if run.inner.owes)
    telling = await backend.claim_run(this_process(), ended)
    async with Worker(backend, [family]):
        await until(backend, lambda run: ended not in run.inner.calls.values())
    await backend.release(telling, again=True)
    async with Worker(backend, EVERYBODY):
        await finished(backend)
        await settled(backend, ended)
    assert not late_news(await backend.events(RUN))


@pytest.mark.parametrize("known", [[family], [approval]], ids=["the parent", "another"])
async def test_an_end_that_nobody_told_of_is_told_by_any_worker(
    at_once: None, known: list[Any]
) -> None:
    whole = await noted("family")
    told_at = next(i for i, (_, log) in enumerate(whole.made) if log[-1].type == "ChildEnded")
    backend = await left_after(whole.made[:told_at])
    ended = next(run.run_id for run in await children(backend) if run.inner.owes)
    async with Worker(backend, known):
        await settled(backend, ended)
    assert len(news(await backend.events(RUN))) == 1


async def test_an_end_that_is_taken_back_while_it_is_told_of_waits_for_who_has_its_code(
    at_once: None,
) -> None:
    given_back = asyncio.Event()

    class Retried(MemoryBackend):
        """Has the run retried that it gives away to be told of."""

        async def claim(self, *given: Any, **terms: Any) -> list[Lease]:
            leases = await super().claim(*given, **terms)
            for lease in leases:
                if lease.owing:
                    await Control(self).retry(lease.run_id)
            return leases

        async def release(self, lease: Lease, *, again: bool = False) -> None:
            await super().release(lease, again=again)
            given_back.set()

    backend = Retried()
    parent = kin.Parent("nobody", "a", called=True)
    submitted = ev.RunSubmitted(workflow="unlucky", input=encoded("why"), parent=parent)
    failed = ev.RunFailed(error=ErrorInfo(type="E", message="no"))
    await backend.append(RUN, [Event(fact) for fact in (submitted, failed)])
    async with asyncio.timeout(5), Worker(backend, [approval]):
        await given_back.wait()
    assert (await told(backend))[-1] == "RunRetried"
    async with Worker(backend, [unlucky]):
        await until(backend, lambda run: run.finished)


async def test_a_fan_out_is_shared_by_two_workers() -> None:
    backend = MemoryBackend()
    await Control(backend, FAMILY).start("squares", 200, run_id=RUN)
    async with AsyncExitStack() as workers:
        for _ in range(2):
            await workers.enter_async_context(Worker(backend, FAMILY, concurrency=20))
        run = await finished(backend)
    assert run.status == "ok"
    log = await backend.events(RUN)
    assert sum(isinstance(event.fact, kin.ChildCompleted) for event in log) == 200
    assert len(news(log)) == len(set(news(log))) <= 200
    below = await children(backend)
    assert len(below) == 200
    logs = [await told(backend, run.run_id) for run in below]
    assert all(log.count("RunStarted") == log.count("EndTold") == 1 for log in logs)


async def test_a_fan_out_on_postgres_is_shared_by_two_workers(postgres: str) -> None:
    handles = [PostgresBackend(postgres) for _ in range(2)]
    await Control(handles[0], FAMILY).start("squares", 20, run_id=RUN)
    async with AsyncExitStack() as workers:
        for handle in handles:
            await workers.enter_async_context(Worker(handle, FAMILY, concurrency=5))
        assert (await finished(handles[0])).status == "ok"
    assert len(await children(handles[0])) == 20
    for handle in handles:
        await handle.close()


PROGRAM = """
    import asyncio, os, signal, sys
    from flopod import Worker, aftermath, kin
    from flopod_backends import open_backend
    from runtime.families import FAMILY

    async def main(url, place):
        backend = open_backend(url)
        append = backend.append

        async def dying(run_id, events, **terms):
            kind = type(events[-1].fact).__name__
            if place == f"before {kind}":
                os.kill(os.getpid(), signal.SIGKILL)
            recorded = await append(run_id, events, **terms)
            if place == f"after {kind}":
                os.kill(os.getpid(), signal.SIGKILL)
            return recorded

        backend.append = dying
        async with Worker(backend, FAMILY, concurrency=10):
            print("ready", flush=True)
            await asyncio.Event().wait()

    asyncio.run(main(*sys.argv[1:]))
"""


class Processes:
    """Workers in processes of their own, killed in the end."""

    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite:{folder}/runs.db"
        self._program = folder / "program.py"
        self._program.write_text(textwrap.dedent(PROGRAM))
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self, dies: str = "never") -> subprocess.Popen[bytes]:
        tests = str(Path(__file__).parents[1])
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*SOURCES, tests])}
        command = [sys.executable, str(self._program), self.url, dies]
        self._running.append(subprocess.Popen(command, env=environment, stdout=subprocess.PIPE))
        return self._running[-1]

    def end(self) -> None:
        for process in self._running:
            process.kill()
            process.communicate()


@pytest.fixture
def processes(tmp_path: Path) -> Any:
    made = Processes(tmp_path)
    yield made
    made.end()


async def test_a_fan_out_is_shared_by_two_processes(processes: Processes) -> None:
    backend = open_backend(processes.url)
    await Control(backend, FAMILY).start("squares", 60, run_id=RUN)
    for process in [processes.start(), processes.start()]:
        assert process.stdout is not None
        await asyncio.to_thread(process.stdout.readline)
    assert (await finished(backend)).status == "ok"
    below = await children(backend)
    assert len(below) == 60
    logs = [await backend.events(run.run_id) for run in below]
    starts = [e.fact.worker for log in logs for e in log if isinstance(e.fact, ev.RunStarted)]
    assert len(starts) == 60
    await backend.close()


@pytest.mark.parametrize("dies", ["before ChildEnded", "after ChildEnded"])
async def test_a_worker_killed_while_it_tells_of_an_end_is_stood_in_for(
    processes: Processes, dies: str
) -> None:
    backend = open_backend(processes.url)
    await Control(backend, FAMILY).start("squares", 1, run_id=RUN)
    doomed = processes.start(dies)
    assert await asyncio.to_thread(doomed.wait, 20) == -signal.SIGKILL
    called = await child(backend)
    assert (await Control(backend).get(called)).inner.owes
    async with Worker(backend, FAMILY):
        assert (await finished(backend)).status == "ok"
        await settled(backend, called)
    assert news(await backend.events(RUN)) in ([], ["all[0]/square"]), "it may look by itself"
    assert (await told(backend)).count("ChildCompleted all[0]/square") == 1
    assert (await told(backend, called)).count("ActivityCompleted multiply") == 1
    await backend.close()
