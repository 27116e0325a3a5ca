"""The store on Postgres: what it commits in a second, wakes up in, lists, hands out and drains.

The limit is one connection of the same driver that commits one short row at a time to the same
server. The server is the one that FLOPOD_TEST_POSTGRES names, or one from a wheel on this machine.
"""

# It looks at what other processes do, and nothing else runs here meanwhile.
# ruff: noqa: ASYNC110, ASYNC220

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import asyncpg
from rounds import medians, rounded, seconds

sys.path.append(str(Path(__file__).parents[1]))

from flopod import Control, Runtime, Worker, run_workflow, workflow
from flopod.backend import RunQuery
from flopod_backends import PostgresBackend
from postgres_server import schema, server

SEQUENTIAL = 1000
RUNS, STEPS = 100, 20
WAKES = 50
LISTED = 100_000
DRAINED = 100_000
FAIR = 400
WORKER = """
import asyncio, sys
from flopod import Worker, workflow
from flopod_backends import open_backend

@workflow(name="brief")
async def brief(wf):
    await wf.activity("a-moment", lambda: asyncio.sleep(0.01))

async def main():
    backend = open_backend(sys.argv[1])
    async with Worker(backend, [brief], concurrency=10):
        await asyncio.to_thread(sys.stdin.readline)
    await backend.close()

asyncio.run(main())
"""


@workflow
async def in_sequence(wf: Runtime, count: int) -> None:
    """Async one-line steps, one after the other."""

    async def one() -> int:
        return 1

    for number in range(count):
        await wf.activity(f"step-{number}", one)


@workflow
async def woken(wf: Runtime) -> float:
    """Wait for an event, and tell when it was heard of."""
    await wf.wait("bell", "rung")
    return await wf.activity("now", time.time)


@workflow
async def brief(wf: Runtime) -> None:
    """Do nothing much."""


def measure(scratch: Path, rounds: int) -> dict[str, Any]:
    """Return rates, milliseconds, shares, and the ratios to the limit."""
    with server() as url:
        rates = medians(asyncio.run(_round(url)) for _ in range(rounds))
        return rates | asyncio.run(_crowds(url))


async def _round(url: str) -> dict[str, float]:
    raw = await _raw(url)
    async with schema(url) as store:
        backend = PostgresBackend(store)
        # Tables and connections are there before the clock starts, as those of the limit are.
        await run_workflow(brief, backend=backend, run_id="first")
        one = run_workflow(in_sequence, SEQUENTIAL, backend=backend, run_id="one")
        sequential = SEQUENTIAL / await seconds(one)
        hundred = RUNS * STEPS / await _hundred(backend)
        wake = await _wake(backend, store)
        await backend.close()
    return {
        "raw_commits_per_s": raw,
        "sequential_steps_per_s": sequential,
        "sequential_to_raw": sequential / raw,
        "hundred_runs_steps_per_s": hundred,
        "hundred_to_sequential": hundred / sequential,
        "wake_p50_ms": wake * 1e3,
    }


async def _raw(url: str) -> float:
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE TABLE IF NOT EXISTS public.raw (seq int, data text)")
    insert = await connection.prepare("INSERT INTO public.raw VALUES ($1, $2)")
    start = time.perf_counter()
    for number in range(SEQUENTIAL):
        await insert.fetch(number, "x" * 100)
    taken = time.perf_counter() - start
    await connection.execute("DROP TABLE public.raw")
    await connection.close()
    return SEQUENTIAL / taken


async def _hundred(backend: PostgresBackend) -> float:
    """Return how long a hundred runs take at once."""
    control = Control(backend, workflows=[in_sequence])
    for number in range(RUNS):
        await control.start("in_sequence", STEPS, f"many-{number}")
    start = time.perf_counter()
    async with Worker(backend, [in_sequence]):
        await _ended(control, RUNS + 2)
    return time.perf_counter() - start


async def _wake(backend: PostgresBackend, store: str) -> float:
    """Return the median time from a delivery's commit, of another handle, to the step after it."""
    other = PostgresBackend(store)
    control, heard = Control(other, workflows=[woken]), []
    async with Worker(backend, [woken]):
        for number in range(WAKES):
            run_id = await control.start("woken", run_id=f"bell-{number}")
            while not (await control.get(run_id)).open_waits:
                await asyncio.sleep(0.005)
            await control.deliver(run_id, "bell", "rung", None)
            rung = time.time()
            while (await control.get(run_id)).ended_at is None:
                await asyncio.sleep(0.005)
            events = await control.events(run_id)
            heard.append(events[-1].data["output"] - rung)
    await other.close()
    return statistics.median(heard)


async def _crowds(url: str) -> dict[str, float]:
    async with schema(url) as store:
        backend = PostgresBackend(store)
        shares = [await _shares(backend, store, processes) for processes in (1, 2, 4)]
        queued = await seconds(_queue(backend, DRAINED, "drained"))
        listed = statistics.median([await seconds(_newest(backend)) for _ in range(9)])
        drained = await _drain(backend)
        await backend.close()
    return {
        "fairness_1": rounded(shares[0]),
        "fairness_2": rounded(shares[1]),
        "fairness_4": rounded(shares[2]),
        "queued_per_s": rounded(DRAINED / queued),
        "newest_100_of_100000_ms": rounded(listed * 1e3),
        "drained_per_s": rounded(DRAINED / drained),
    }


async def _newest(backend: PostgresBackend) -> None:
    await backend.list_runs(RunQuery(limit=100))


async def _queue(backend: PostgresBackend, count: int, name: str) -> None:
    control = Control(backend, workflows=[brief])
    for first in range(0, count, 500):
        await asyncio.gather(
            *(control.start("brief", run_id=f"{name}-{first + n}") for n in range(500))
        )


async def _drain(backend: PostgresBackend) -> float:
    """Return how long one worker takes for all that is queued."""
    start = time.perf_counter()
    async with Worker(backend, [brief], concurrency=200):
        while await backend.list_runs(RunQuery(statuses=frozenset({"queued"}), limit=1)):
            await asyncio.sleep(0.2)
    return time.perf_counter() - start


async def _shares(backend: PostgresBackend, store: str, processes: int) -> float:
    """Return the smallest share that a worker process got, as a part of an equal one."""
    workers = [
        subprocess.Popen([sys.executable, "-c", WORKER, store], stdin=subprocess.PIPE)
        for _ in range(processes)
    ]
    while len(await backend.workers()) < processes:
        await asyncio.sleep(0.05)
    control, name = Control(backend, workflows=[brief]), f"fair-{processes}"
    await asyncio.gather(*(control.start("brief", run_id=f"{name}-{n}") for n in range(FAIR)))
    runs = [f"{name}-{n}" for n in range(FAIR)]
    while any(run.ended_at is None for run in await _these(backend, runs)):
        await asyncio.sleep(0.1)
    by = Counter([(await backend.events(run))[1].data["worker"] for run in runs])
    for worker in workers:
        worker.communicate(b"\n")
    return min(by.values()) / (FAIR / processes) if len(by) == processes else 0.0


async def _these(backend: PostgresBackend, runs: list[str]) -> list[Any]:
    return await backend.list_runs(RunQuery(run_ids=frozenset(runs), limit=None))


async def _ended(control: Control, count: int) -> None:
    while len([run for run in await control.list_runs(limit=None) if run.ended_at]) < count:
        await asyncio.sleep(0.02)
