"""A worker that is cut off from the server for about as long as its lease (R45)."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec.structs import replace
from stories import started, step, submitted, worker

from faults.cut_lines import Line, line_to
from faults.trial import Trial
from flopod.backend import Lease
from flopod.errors import LeaseLostError
from flopod.stored import utc_now
from flopod_backends import PostgresBackend
from postgres_server import schema, server

LEASE = 0.4
"""Seconds that the cut-off worker has."""


async def trial(seed: int) -> Trial:
    """Cut a worker off ten times, on a server of its own."""
    with server() as url:
        return sum([await cut_off(url, 10 * seed + n) for n in range(10)], Trial(0))


async def cut_off(url: str, seed: int) -> Trial:
    """Append with a lease through a line that is away; another worker takes the run when it can."""
    away = random.Random(seed).uniform(0, 2 * LEASE)
    with TemporaryDirectory() as folder:
        async with schema(url) as store, line_to(store, Path(folder)) as (line, through):
            far, near = PostgresBackend(through), PostgresBackend(store)
            try:
                late, taken = await _meet(far, near, line, away)
                return await _found(near, late, taken, seed)
            finally:
                for handle in (far, near):
                    await handle.close()


async def _meet(
    far: PostgresBackend, near: PostgresBackend, line: Line, away: float
) -> tuple[bool, bool]:
    """Return whether the late append was told to be recorded, and whether the run was taken."""
    await far.append("r1", [submitted()])
    expires = utc_now() + timedelta(seconds=LEASE)
    lease = await far.claim_run(replace(worker(utc_now), host="far", expires_at=expires), "r1")
    await far.append("r1", [started()], lease=lease)
    line.down = True
    line.cut()
    late = asyncio.create_task(_appended(far, "late", lease))
    await asyncio.sleep(away)
    line.down = False
    leases = await near.claim(worker(utc_now), workflows=["order"], limit=1)
    taken = [await _appended(near, "taken", lease) for lease in leases]
    assert taken in ([], [True])
    return await late, bool(taken)


async def _appended(store: PostgresBackend, path: str, lease: Lease) -> bool:
    try:
        await store.append("r1", [step(path)], lease=lease)
    except LeaseLostError:
        return False
    return True


async def _found(store: PostgresBackend, late: bool, taken: bool, seed: int) -> Trial:
    paths = [event.path for event in await store.events("r1")][2:]
    told = [path for path, was_told in (("late", late), ("taken", taken)) if was_told]
    # Who has the run appends last: what the other one still recorded came before.
    assert paths == told, f"seed {seed}: told {told}, found {paths}"
    assert late or taken, f"seed {seed}: refused though nobody took the run"
    return Trial(1, len(told))
