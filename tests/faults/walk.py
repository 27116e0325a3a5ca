"""A walk through the public API with deaths on the way, on a store and on a model of it.

The model is the memory store, on which nobody dies. Requests are made while no worker runs; then
workers run until nothing can go on, and on the store they die as often as the walk wants. So both
must stand alike after every step, and every answer that was given must be the same.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from faults.mortal import Mortal, lived
from faults.oracle import ENDS, completed, sound
from faults.seeded_loop import everywhere
from faults.trial import Trial
from faults.walk_workflows import WORKFLOWS, Outside, workflows
from flopod import Control, FlopodError, RunSummary, Worker
from flopod.backend import LEASE_TIME, Backend
from flopod.clock import SystemClock
from flopod.delivering import Delivered
from flopod.events import Event
from flopod.stored import utc_now
from flopod_backends import FileBackend, MemoryBackend, SqliteBackend
from runtime.lives import shape_of, state_of

PATIENCE = 20.0
STEPS = 30
MOST_RUNS = 6
MOST_DEATHS = 8
"""Of workers in a walk: a run that is taken up ten times in vain stops, whoever was to blame."""
Death = tuple[int, bool]
"""At which call to the store a process dies, and whether that call is done."""
Request = Callable[[Control], Awaitable[Any]]


_machine_time = utc_now


class ShiftedClock(SystemClock):
    """The machine's clock, set forward when a process has died, so that its lease is over.

    All of flopod has to go by it, or a timer would ring at another time than it shows.
    """

    def __init__(self) -> None:
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        """Return the time now, in UTC and whole milliseconds."""
        return _machine_time() + self._ahead

    def __call__(self) -> datetime:
        return self.now()

    def outlive_leases(self) -> None:
        """Let every lease given out so far be over."""
        self._ahead += LEASE_TIME + timedelta(seconds=1)


class Walk:
    """A store and its model, driven alike."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.runs: list[str] = []
        self.acknowledged = 0
        self._lives = MOST_DEATHS
        self._kind = kind
        self._folder = folder
        self._clock = ShiftedClock()
        self._patches = ExitStack()
        # Whoever renews a lease must live in the same time as the store.
        self._patches.enter_context(everywhere("utc_now", self._clock))
        self._outside, self._outside_model = Outside(), Outside()
        self._abandoned: list[Backend] = []
        self._store = self._opened()
        self._model = MemoryBackend(self._clock)

    def _opened(self) -> Backend:
        if self._kind == "file":
            return FileBackend(self._folder / "runs", self._clock)
        if self._kind == "sqlite":
            return SqliteBackend(self._folder / "runs.db", clock=self._clock)
        return MemoryBackend(self._clock)

    async def close(self) -> None:
        """Let go of everything, and last of what was abandoned."""
        self._patches.close()
        for backend in (self._store, self._model, *self._abandoned):
            await backend.close()

    def _die(self) -> None:
        """Abandon the handle on the store and its leases, and open another one."""
        self._clock.outlive_leases()
        if self._kind != "memory":
            self._abandoned.append(self._store)
            self._store = self._opened()

    # Requests

    async def start(self, workflow: str, death: Death | None = None) -> None:
        """Start a run."""
        run_id = f"r{len(self.runs)}"
        self.runs.append(run_id)
        await self._request(run_id, lambda c: c.start(workflow, run_id=run_id), death)

    async def deliver(
        self, run_id: str, path: str, payload: int, id: str | None, death: Death | None = None
    ) -> None:
        """Deliver a number to a path of a run."""
        await self._request(run_id, lambda c: c.deliver(run_id, path, "go", payload, id), death)

    async def cancel(self, run_id: str, death: Death | None = None) -> None:
        """Cancel a run."""
        await self._request(run_id, lambda c: c.cancel(run_id), death)

    async def retry(self, run_id: str, death: Death | None = None) -> None:
        """Retry a run."""
        # What a retry makes void may be called again.
        self._outside.done.discard(f"{run_id}//broken")
        await self._request(run_id, lambda c: c.retry(run_id), death)

    async def fork(self, run_id: str, whole: bool, death: Death | None = None) -> None:
        """Fork a run, whole or behind its first event: others have other numbers in the model."""
        new = f"r{len(self.runs)}"
        self.runs.append(new)

        async def forked(control: Control) -> str:
            last = (await control.get(run_id)).last_seq
            return await control.fork(run_id, last if whole else 1, new)

        await self._request(new, forked, death)

    def mend(self) -> None:
        """Let the step that fails do so no longer."""
        self._outside.mended = self._outside_model.mended = True

    async def _request(self, run_id: str, request: Request, death: Death | None) -> None:
        """Make a request of the store, and of the model if it was done."""
        before = len(await self._store.events(run_id))
        mortal = Mortal(self._store, *death) if death else Mortal(self._store)
        life = asyncio.create_task(_answer(request(self._control(mortal))))
        if await lived(mortal, life):
            expected = await _answer(request(self._control(self._model)))
            assert _like(life.result()) == _like(expected), (life.result(), expected)
            self.acknowledged += 1
        else:
            self._die()
            if len(await self._store.events(run_id)) > before:
                await _answer(request(self._control(self._model)))
        await self.compare([run_id])

    def _control(self, backend: Any) -> Control:
        return Control(backend, workflows(Outside()), clock=self._clock)

    # Work

    async def work(self, deaths: Iterable[Death] = ()) -> None:
        """Let workers run until nothing can go on; on the store they die on the way."""
        await self._work(self._model, self._outside_model)
        for death in list(deaths)[: self._lives]:
            mortal = Mortal(self._store, *death)
            life = asyncio.create_task(self._work(mortal, self._outside))
            if await lived(mortal, life):
                life.result()
                break
            self._lives -= 1
            self._die()
        await self._work(self._store, self._outside)
        assert not self._outside.again, self._outside.again
        await self.compare(self.runs)

    async def _work(self, backend: Any, outside: Outside) -> None:
        try:
            async with (
                asyncio.timeout(PATIENCE),
                Worker(backend, workflows(outside), clock=self._clock),
            ):
                await self._until_rest(backend)
        except TimeoutError:
            runs = await Control(backend).list_runs(limit=None)
            raise AssertionError(f"{backend.url} does not come to rest: {runs}") from None

    async def _until_rest(self, backend: Any) -> None:
        """Return once nothing can go on in any run. That one was given back is told to nobody."""
        while True:
            runs = await Control(backend).list_runs(limit=None)
            if all(map(_at_rest, runs)) and await backend.next_due(WORKFLOWS) is None:
                return
            await asyncio.sleep(0.002)

    # Comparing

    async def compare(self, run_ids: Iterable[str]) -> None:
        """See that the store is sound, and that these runs stand there as in the model."""
        for run_id in run_ids:
            ours, theirs = [
                await sound(backend, run_id, self._kind) for backend in (self._store, self._model)
            ]
            for what in (completed, state_of, shape_of):
                assert what(ours) == what(theirs), _told(run_id, ours, theirs)
            stand = [await backend.summary(run_id) for backend in (self._store, self._model)]
            assert _standing(stand[0]) == _standing(stand[1]), _told(run_id, ours, theirs)
            ends = [
                [e.fact for e in log[-1:] if isinstance(e.fact, ENDS)] for log in (ours, theirs)
            ]
            assert ends[0] == ends[1], _told(run_id, ours, theirs)


async def trial(seed: int) -> Trial:
    """Walk thirty steps, on a store and by a way that the seed draws."""
    dice = random.Random(seed)
    with TemporaryDirectory() as folder, patch("flopod.worker.UNLOAD_SECONDS", 0.0):
        walk = Walk(("memory", "sqlite", "file")[seed % 3], Path(folder))
        try:
            await walk.start(dice.choice(WORKFLOWS))
            for _ in range(STEPS):
                await _step(walk, dice)
            await walk.work()
        except (AssertionError, TimeoutError) as broken:
            raise AssertionError(f"seed {seed}: {broken}") from broken
        finally:
            await walk.close()
    return Trial(1, walk.acknowledged)


async def _step(walk: Walk, dice: random.Random) -> None:
    run = dice.choice(walk.runs)
    death = (dice.randint(1, 3), dice.random() < 0.5) if dice.random() < 0.3 else None
    match dice.randrange(9):
        case 0 if len(walk.runs) < MOST_RUNS:
            await walk.start(dice.choice(WORKFLOWS), death)
        case 1 if len(walk.runs) < MOST_RUNS:
            await walk.fork(run, dice.random() < 0.7, death)
        case 2:
            await walk.cancel(run, death)
        case 3:
            await walk.retry(run, death)
        case 4:
            walk.mend()
        case 5 | 6:
            path, id = dice.choice(("w0", "w1")), dice.choice((None, "a", "b"))
            await walk.deliver(run, path, dice.randint(0, 2), id, death)
        case _:
            ends = range(dice.randint(0, 3))
            await walk.work([(dice.randint(1, 12), dice.random() < 0.5) for _ in ends])


async def _answer(call: Awaitable[Any]) -> Any:
    try:
        return await call
    except (FlopodError, ValueError) as refused:
        return refused


def _like(answer: Any) -> Any:
    """Return what two stores must agree on of an answer."""
    if isinstance(answer, Delivered):
        return answer.new, answer.waiting
    return type(answer) if isinstance(answer, Exception) else answer


def _at_rest(run: RunSummary) -> bool:
    """Say whether nothing can go on in a run, as far as it tells."""
    if run.status == "waiting":
        return run.worker is None and not any(wait.delivered for wait in run.open_waits)
    return run.finished or run.status == "needs_attention"


def _told(run_id: str, *logs: Iterable[Event]) -> str:
    """Return the logs of a run in the store and in the model, as a message."""
    ours, theirs = ([f"{e.type} {e.path}".strip() for e in events] for events in logs)
    return f"{run_id} is\n{ours}, not\n{theirs}"


def _standing(run: RunSummary | None) -> Any:
    """Return where a run stands, without what the deaths of its workers have left in it."""
    if run is None:
        return None
    error = (run.error.type, run.error.message) if run.error else None
    waits = [(wait.path, wait.event, wait.delivered) for wait in run.open_waits]
    return run.status, run.workflow, error, waits, run.progress, run.attempt
