"""A SQLite store on a disk that gets full in the middle of a run, until there is room again.

`python sqlite_full.py FOLDER SEED` does it with a limit for files, which needs no privilege; the
tests do it with a small file system too.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

from stories import step

from faults.oracle import completed, sound
from faults.trial import Trial
from flopod import Runtime, Workflow, run_workflow
from flopod.errors import BackendError
from flopod_backends import SqliteBackend

STEPS = 40
_RUN = "r1"


async def trial(seed: int) -> Trial:
    """Let a run meet a limit for files somewhere, in a process of its own, and go on without."""
    with tempfile.TemporaryDirectory() as folder:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, __file__, folder, str(seed)),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        async with asyncio.timeout(60):
            out, errors = await process.communicate()
    assert process.returncode == 0, f"seed {seed}: {errors.decode()}"
    return Trial(**json.loads(out))


class Account:
    """What the steps of a run did, and what the body was told is done."""

    def __init__(self, sizes: list[int]) -> None:
        self.sizes = sizes
        self.calls: Counter[str] = Counter()
        self.again: set[str] = set()
        self.done: set[str] = set()

    def job(self) -> Workflow[..., int]:
        """Return the workflow, whose steps have results of these sizes."""

        async def job(wf: Runtime) -> int:
            async def call(id: str, size: int) -> str:
                self.calls[id] += 1
                if id in self.done:
                    self.again.add(id)
                return "x" * size

            total = 0
            for number, size in enumerate(self.sizes):
                id = f"s{number}"
                total += len(await wf.activity(id, partial(call, id, size)))
                self.done.add(id)
            return total

        return Workflow(job, "job")


async def squeezed(path: Path, seed: int, release: Callable[[], None]) -> Trial:
    """Execute a run until the disk is full, see what is there, make room, and go on."""
    dice = random.Random(seed)
    account = Account([dice.choice((100, 2_000, 30_000)) for _ in range(STEPS)])
    store = SqliteBackend(path)
    try:
        refusal = await _refused(store, account)
        for size in (200_000, 10):
            # Refused or not, nothing is half done.
            await _try(store, size)
        found = completed(await sound(store, _RUN, f"seed {seed}: {refusal}"))
        lost = account.done - found
        release()
        before = set(account.done)
        total = await run_workflow(account.job(), backend=store, run_id=_RUN)
        assert total == sum(account.sizes), f"seed {seed}"
        assert max(account.calls.values()) <= 2, f"seed {seed}: {account.calls}"
        await sound(store, _RUN, f"seed {seed}")
        [event] = await store.append("filler", [step()])
        assert event.seq == len(await store.events("filler")), f"seed {seed}"
    finally:
        await store.close()
    return Trial(1, len(before), len(lost), len(account.again))


async def _refused(store: SqliteBackend, account: Account) -> str:
    try:
        await run_workflow(account.job(), backend=store, run_id=_RUN)
    except BackendError as error:
        assert "\n" not in str(error)
        assert "go on" in str(error), error
        return str(error)
    raise AssertionError("the disk was large enough")


async def _try(store: SqliteBackend, size: int) -> None:
    try:
        await store.append("filler", [step(output="x" * size)])
    except BackendError as error:
        assert "go on" in str(error), error


def _limit(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


async def _main(folder: str, seed: str) -> None:
    path, dice = Path(folder) / "runs.db", random.Random(int(seed))
    store = SqliteBackend(path)
    await store.append("other", [step()])
    await store.close()
    _limit(dice.randint(path.stat().st_size, 700_000))
    found = await squeezed(path, int(seed), lambda: _limit(resource.RLIM_INFINITY))
    print(json.dumps(asdict(found)))


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
