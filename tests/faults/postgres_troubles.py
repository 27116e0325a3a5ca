"""What an administrator and other sessions do to a store while it is written (R42, R46).

A session is ended or a statement cancelled, rows are locked crosswise until the server finds a
deadlock, who listens is cut off. All that was acknowledged is there once, and a watcher on another
handle is told of all of it.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import asyncpg
from stories import submitted

from faults.postgres_cuts import appended, compared
from faults.trial import Trial
from flopod_backends import PostgresBackend
from flopod_backends.postgres_url import address
from postgres_server import schema, server

APPENDS = 10
RUNS = ("r0", "r1", "r2")
Admin: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Trouble: TypeAlias = Callable[[PostgresBackend, PostgresBackend, Admin], Awaitable[object]]


async def trial(seed: int) -> Trial:
    """Make trouble ten times, on a server of its own."""
    with server() as url:
        return sum([await troubled(url, 10 * seed + n) for n in range(10)], Trial(0))


async def troubled(url: str, seed: int) -> Trial:
    """Append to some runs at once, through trouble; look whether all is there, once, and told."""
    dice = random.Random(seed)
    async with schema(url) as at:
        store, other, admin = PostgresBackend(at), PostgresBackend(at), await asyncpg.connect(url)
        await admin.execute(f'SET search_path TO "{address(at).schema}"')
        for name in RUNS:
            await store.append(name, [submitted()])
        begun = asyncio.Event()
        watching = asyncio.create_task(_all_told(other, begun))
        try:
            await begun.wait()
            trouble = asyncio.create_task(_trouble(dice, store, other, admin))
            told = await asyncio.gather(*(appended(store, name, APPENDS) for name in RUNS))
            await trouble
            async with asyncio.timeout(30):
                await watching
            return await compared(store, dict(zip(RUNS, told, strict=True)))
        finally:
            watching.cancel()
            for handle in (store, other):
                await handle.close()
            await admin.close()


async def _trouble(
    dice: random.Random, store: PostgresBackend, other: PostgresBackend, admin: Admin
) -> None:
    for _ in range(3):
        await asyncio.sleep(dice.uniform(0, 0.03))
        await dice.choice(TROUBLES)(store, other, admin)


async def _terminated(store: PostgresBackend, other: PostgresBackend, admin: Admin) -> None:
    await _signal(admin, "pg_terminate_backend", store._writes.process)


async def _cancelled(store: PostgresBackend, other: PostgresBackend, admin: Admin) -> None:
    await _signal(admin, "pg_cancel_backend", store._writes.process)


async def _unheard(store: PostgresBackend, other: PostgresBackend, admin: Admin) -> None:
    """Notices reach nobody: who listens is cut off."""
    await _signal(admin, "pg_terminate_backend", other._listens.process)


async def _crosswise(store: PostgresBackend, other: PostgresBackend, admin: Admin) -> None:
    """Lock the rows in the other order than an append does, until the server ends one of them."""
    try:
        async with admin.transaction():
            for name in reversed(RUNS):
                await admin.execute("SELECT 1 FROM runs WHERE run_id = $1 FOR UPDATE", name)
                await asyncio.sleep(0.01)
    except asyncpg.DeadlockDetectedError:
        pass


TROUBLES: tuple[Trouble, ...] = (_terminated, _cancelled, _unheard, _crosswise)


async def _signal(admin: Admin, how: str, process: tuple[int, str] | None) -> None:
    if process:
        await admin.execute(f"SELECT {how}($1)", process[0])


async def _all_told(other: PostgresBackend, watching: asyncio.Event) -> None:
    """Return once the end of every run was told."""
    ends: dict[str, int] = {}
    async for batch in other.changes():
        watching.set()
        ends |= batch
        if all(ends.get(name) == APPENDS + 1 for name in RUNS):
            return
