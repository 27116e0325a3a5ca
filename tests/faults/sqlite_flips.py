"""A SQLite store of which some bytes are others: told, or read as it was, and never a crash.

One trial changes a few bytes of a whole store, or cuts it, or blanks a page, and then does all
that a store can do. What SQLite and flopod can't know is a changed letter inside a value: they
keep no checksum of it. Everything else is told by the call itself or by SQLite's own check of
the file, which `flopod doctor` makes.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import tempfile
from collections.abc import Coroutine, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from stories import NOON, step, submitted, worker

from faults.sqlite_stores import filled
from faults.trial import Trial
from flopod.backend import RunQuery
from flopod.errors import FlopodError
from flopod.events import Event
from flopod_backends import SqliteBackend

T = TypeVar("T")
_PATIENCE = 20.0
_PAGE = 4096


async def trial(seed: int) -> Trial:
    """Change some bytes of a store and use it; count the events that are wrong in silence."""
    dice = random.Random(seed)
    whole, logs = await asyncio.to_thread(_store)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "runs.db"
        path.write_bytes(changed(whole, dice))
        sound = _is_sound(path)
        store = SqliteBackend(path)
        try:
            async with asyncio.timeout(_PATIENCE):
                wrong = sum([await _wrong(store, run_id, log) for run_id, log in logs.items()])
                await _use(store)
        finally:
            await store.close()
    return Trial(1, sum(map(len, logs.values())), wrong if sound else 0)


def changed(whole: bytes, dice: random.Random) -> bytes:
    """Return the bytes with some damage."""
    data = bytearray(whole)
    match dice.choice(("flip", "flip", "flip", "few", "block", "page", "cut")):
        case "flip":
            data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        case "few":
            for _ in range(dice.randint(2, 20)):
                data[dice.randrange(len(data))] = dice.randrange(256)
        case "block":
            at, size = dice.randrange(len(data)), dice.choice((16, 512))
            data[at : at + size] = dice.randbytes(len(data[at : at + size]))
        case "page":
            at = dice.randrange(len(data) // _PAGE) * _PAGE
            data[at : at + _PAGE] = bytes(_PAGE)
        case "cut":
            del data[dice.randrange(len(data)) :]
    return bytes(data)


async def _wrong(store: SqliteBackend, run_id: str, log: Sequence[Event]) -> int:
    """Return how many events are not told as they were: missing, doubled, of another kind."""
    events = await told(store.events(run_id))
    if events is None:
        return 0
    pairs = zip([_shape(event) for event in events], map(_shape, log), strict=False)
    return abs(len(log) - len(events)) + sum(one != other for one, other in pairs)


def _shape(event: Event) -> tuple[int, str]:
    return event.seq, event.type


async def _use(store: SqliteBackend) -> None:
    """Do what a store can do; it may refuse, and that is all."""
    me = worker(lambda: NOON, "order")
    for run_id in ("r0", "r1", "r2", "new"):
        await told(store.summary(run_id))
        await told(store.append(run_id, [submitted(), step("more")]))
    await told(store.list_runs(RunQuery()))
    await told(store.counts())
    await told(store.workers())
    await told(store.next_due(["order"]))
    for lease in await told(store.claim(me, workflows=["order"], limit=9)) or ():
        await told(store.append(lease.run_id, [step("held")], lease=lease))
        await told(store.release(lease))
    await told(store.delete("r1"))


async def told(call: Coroutine[Any, Any, T]) -> T | None:
    """Return what a call gives; None where it refuses in one line."""
    try:
        return await call
    except FlopodError as error:
        assert "\n" not in str(error), error
        return None


def _is_sound(path: Path) -> bool:
    try:
        connection = sqlite3.connect(path)
        try:
            return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        finally:
            connection.close()
    except (sqlite3.Error, UnicodeDecodeError):
        return False


@cache
def _store() -> tuple[bytes, dict[str, list[Event]]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "runs.db"
        logs = filled(path, runs=4, steps=30)
        return path.read_bytes(), logs
