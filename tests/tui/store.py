"""A store with runs in every status, told as events at fixed times."""

from __future__ import annotations

import asyncio
from copy import deepcopy
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from flopod import events as ev
from flopod.backend import Backend, WorkerInfo, WorkflowInfo
from flopod.control import Control
from flopod.errors import ErrorInfo
from flopod.events import Event, Fact
from flopod.stored import encoded
from flopod_backends import MemoryBackend
from flopod_tui.app import FlopodApp
from flopod_tui.session import Session

NOW = datetime(2026, 11, 22, 14, 3, 22, tzinfo=UTC)
APPROVAL = {
    "type": "object",
    "properties": {"by": {"type": "string"}, "comment": {"type": "string"}},
    "required": ["by"],
}
RESEARCH = WorkflowInfo(
    name="research",
    doc="Looks a region up, analyses what lives there, and asks a person before it publishes.",
    schema={
        "type": "object",
        "properties": {
            "region": {"type": "string"},
            "limit": {"type": "integer", "default": 9},
            "depth": {"enum": ["quick", "thorough"]},
            "publish": {"type": "boolean", "default": True},
            "tags": {"type": "array", "items": {"type": "string"}, "default": []},
        },
        "required": ["region", "depth"],
    },
)
IMPORT = WorkflowInfo(name="catalog-import", doc="Reads a catalogue, item by item.")
NIGHTLY = WorkflowInfo(name="nightly", doc="Pages through everything.", takes_input=False)


def fixed_now() -> datetime:
    """Return the time at which all tests take place."""
    return NOW


class Story:
    """Tells events of one run, each a little after the one before."""

    def __init__(self, run_id: str, start: timedelta) -> None:
        self.run_id = run_id
        self.at = NOW - start
        self.events: list[Event] = []

    def tell(self, fact: Fact, path: str = "", after: float = 0.4) -> Story:
        """Add what happened next, `after` seconds later."""
        self.at += timedelta(seconds=after)
        at = self.at.replace(microsecond=self.at.microsecond // 1000 * 1000)
        self.events.append(Event(fact, path, at, len(self.events) + 1))
        return self

    def begin(self, workflow: str, input: Any = None) -> Story:
        """The run is submitted and a worker takes it."""
        self.tell(ev.RunSubmitted(workflow=workflow, input=encoded(input)), after=0)
        return self.tell(ev.RunStarted(worker="kanto:4121"), after=0.1)

    def step(self, path: str, output: Any = None, took: float = 0.8) -> Story:
        """A step runs and returns."""
        self.tell(ev.ActivityStarted(), path, after=0.01)
        return self.tell(ev.ActivityCompleted(output=encoded(output)), path, after=took)

    def item(self, path: str, steps: int = 2) -> Story:
        """An item of an each, done."""
        for name in ("fetch-details", "classify", "enrich")[:steps]:
            self.step(f"{path}/{name}", {"ok": True})
        return self.tell(ev.EachItemCompleted(output=encoded(True)), path, after=0.01)

    async def record(self, backend: Backend) -> None:
        """Write it to a store."""
        await backend.append(self.run_id, self.events)


def failing(run_id: str, start: timedelta, error: str = "502 Bad Gateway") -> Story:
    """A run whose step fails after three attempts."""
    story = Story(run_id, start).begin("research", {"region": "johto", "limit": 9})
    story.step("fetch", {"areas": 3}).tell(ev.EachStarted(total=3), "expedition")
    story.item("expedition[0]").item("expedition[1]")
    path = "expedition[2]/classify"
    story.step("expedition[2]/fetch-details", {"ok": True})
    for attempt in (1, 2):
        info = ErrorInfo("HTTPError", error, path, attempts=attempt)
        story.tell(ev.ActivityStarted(attempt=attempt), path)
        due = story.at + timedelta(seconds=1)
        story.tell(ev.ActivityRetrying(attempt=attempt, error=info, next_at=due), path)
    trace = 'File "research.py", line 41, in classify\n    response.raise_for_status()'
    info = ErrorInfo("HTTPError", error, path, trace, attempts=3)
    story.tell(ev.ActivityStarted(attempt=3), path).tell(ev.ActivityFailed(error=info), path)
    return story.tell(ev.RunFailed(error=info, failed_paths=(path,)))


def waiting(run_id: str, start: timedelta) -> Story:
    """A run that has gathered everything and waits for a person."""
    story = Story(run_id, start).begin("research", {"region": "kanto", "limit": 9})
    story.step("fetch", {"areas": 3, "region": "kanto"}, took=1.2)
    story.tell(ev.VarSet(value=encoded(0)), "total")
    story.tell(ev.ListSet(value=encoded([])), "items")
    story.tell(ev.MapSet(value=encoded({})), "counts")
    story.tell(ev.EachStarted(total=3), "expedition")
    for index, name in enumerate(("bulbasaur", "charmander", "squirtle")):
        story.item(f"expedition[{index}]")
        story.tell(ev.ListSet(pushed=encoded([name])), "items", after=0.01)
        story.tell(ev.MapSet(put=encoded([name, index])), "counts", after=0.01)
    story.tell(ev.VarSet(value=encoded(42)), "total")
    story.tell(ev.BranchTaken(key="active"), "handle")
    story.step("handle[active]/rank", ["squirtle", "bulbasaur"])
    story.tell(ev.LogEmitted(level="info", message="ready for review"))
    deadline = story.at + timedelta(hours=48)
    wait = ev.WaitStarted(event="researcher-approved", deadline=deadline, schema=APPROVAL)
    return story.tell(wait, "approval")


def finished(run_id: str, start: timedelta, took: float = 38.0) -> Story:
    """A run that is done."""
    story = Story(run_id, start).begin("research", {"region": "hoenn", "limit": 9})
    story.step("fetch", {"areas": 3}, took=1.1).tell(ev.EachStarted(total=3), "expedition")
    for index in range(3):
        story.item(f"expedition[{index}]")
    return story.step("publish", took=took - 9).tell(ev.RunCompleted(output=encoded("done")))


def importing(run_id: str, start: timedelta, done: int) -> Story:
    """A run in the middle of many items."""
    story = Story(run_id, start).begin("catalog-import", {"file": "catalog.csv"})
    story.tell(ev.EachStarted(total=700), "process")
    for index in range(done):
        story.step(f"process[{index}]/enrich", index, took=0.05)
        story.tell(ev.EachItemCompleted(output=encoded(index)), f"process[{index}]", after=0.01)
    return story.tell(ev.ActivityStarted(), f"process[{done}]/enrich")


def sleeping(run_id: str, start: timedelta) -> Story:
    """A run that sleeps between pages."""
    story = Story(run_id, start).begin("nightly")
    for index in range(2):
        story.step(f"paginate[{index}]/fetch-page", {"page": index})
        story.tell(ev.RepeatIterationCompleted(), f"paginate[{index}]")
    wake = NOW + timedelta(minutes=27, seconds=50)
    return story.tell(ev.SleepStarted(wake_at=wake), "paginate[2]/cooldown")


def retrying(run_id: str, start: timedelta) -> Story:
    """A run whose step is about to be tried again."""
    story = importing(run_id, start, done=12)
    error = ErrorInfo("TimeoutError", "no answer in 30 s", "process[12]/enrich")
    due = NOW + timedelta(seconds=4)
    return story.tell(
        ev.ActivityRetrying(attempt=1, error=error, next_at=due), "process[12]/enrich"
    )


def cancelled(run_id: str, start: timedelta) -> Story:
    """A run that somebody cancelled."""
    return importing(run_id, start, done=3).tell(ev.RunCancelled())


def puzzled(run_id: str, start: timedelta) -> Story:
    """A run that only a person can take on."""
    story = importing(run_id, start, done=2)
    error = ErrorInfo("NeedsAttention", "it may have been charged already", "process[2]/charge")
    return story.tell(ev.RunNeedsAttention(error=error))


def queued(run_id: str, start: timedelta) -> Story:
    """A run that nobody has taken yet."""
    submitted = ev.RunSubmitted(workflow="nightly", input=encoded(None))
    return Story(run_id, start).tell(submitted, after=0)


def stories() -> list[Story]:
    """Return a run in every status."""
    minute = timedelta(minutes=1)
    return [
        queued("nightly-0612", 0.2 * minute),
        importing("import-batch-77", 4.2 * minute, done=512),
        retrying("import-batch-76", 9.7 * minute),
        sleeping("nightly-0611", 62 * minute),
        waiting("research-2026-0142", 134 * minute),
        failing("research-2026-0141", 151 * minute),
        finished("research-2026-0140", 160 * minute, took=41.2),
        finished("research-2026-0139", 172 * minute, took=39.0),
        failing("research-2026-0138", 182 * minute, error="504 Gateway Timeout"),
        cancelled("import-batch-75", 190 * minute),
        puzzled("charge-0044", 201 * minute),
        importing("import-batch-70", 1623 * minute, done=88),
        *(finished(f"research-2026-0{137 - n}", (1700 + 13 * n) * minute) for n in range(16)),
    ]


def worker(name: str = "kanto-4121", **more: Any) -> WorkerInfo:
    """Return a worker that is alive."""
    return WorkerInfo(
        worker_id=name,
        host="kanto",
        pid=4121,
        since=NOW - timedelta(hours=3),
        expires_at=NOW + timedelta(hours=1),
        workflows=(RESEARCH, IMPORT, NIGHTLY),
        concurrency=100,
        **more,
    )


async def seeded(backend: Backend) -> None:
    """Record a run in every status; one that says it runs is held by nobody alive."""
    for story in stories():
        await story.record(backend)
    await backend.renew(worker())
    for run_id in ("import-batch-77", "import-batch-76"):
        await backend.claim_run(worker(), run_id)


@cache
def _told_once() -> MemoryBackend:
    backend = MemoryBackend(clock=fixed_now)
    asyncio.run(seeded(backend))
    return backend


def a_store() -> MemoryBackend:
    """Return a store with a run in every status."""
    return deepcopy(_told_once())


def app_over(backend: Backend, **options: Any) -> FlopodApp:
    """Return the app over a store, its clock standing still."""
    control = Control(backend, workflows=())
    names = {field.name for field in fields(Session)} & set(options)
    session = {name: options.pop(name) for name in names}
    return FlopodApp(Session(control, **{"now": fixed_now, **session}), **options)
