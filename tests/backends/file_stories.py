"""Reading a store in files as a new program would."""

from __future__ import annotations

from pathlib import Path

from stories import STORY, told_of

from flopod.backend import RunQuery
from flopod.errors import CorruptLogError
from flopod.summary import Status
from flopod_backends import FileBackend

ALL = len(STORY) + 3
"""How many events the fixture `told` tells."""


async def read(folder: Path) -> tuple[int, Status | None]:
    """Return how many events a new handle reads of the log, and how it lists the run."""
    store = FileBackend(folder)
    try:
        listed = {run.run_id: run for run in await store.list_runs(RunQuery())}
        assert listed["r2"].status is Status.QUEUED
        try:
            events = await store.events("r1")
        except CorruptLogError as error:
            events = list(error.events)
            assert listed["r1"].status is Status.DAMAGED
            counted = [event.seq for event in events]
            assert counted == [*range(1, len(counted) + 1)]
            return len(events), Status.DAMAGED
        run = listed.get("r1")
        assert run == (told_of("r1", events) if events else None)
        return len(events), run.status if run else None
    finally:
        await store.close()
