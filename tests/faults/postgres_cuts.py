"""Commits whose line is cut or stands still: each is made once, and told once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from stories import step, submitted, told_of

from faults.cut_lines import Fault, Line, line_to
from faults.trial import Trial
from flopod_backends import PostgresBackend, postgres_link
from postgres_server import schema, server

APPENDS = 12
RUNS = 3


async def trial(seed: int) -> Trial:
    """Strike ten times, on a server of its own."""
    with server() as url:
        return sum([await impatient(url, 10 * seed + n) for n in range(10)], Trial(0))


async def cut(url: str, seed: int) -> Trial:
    """Append to some runs at once while the line is struck; look whether all is there, once."""
    dice = random.Random(seed)
    with TemporaryDirectory() as folder:
        async with schema(url) as store, line_to(store, Path(folder)) as (line, through):
            return await _append(PostgresBackend(through), line, dice)


async def _append(store: PostgresBackend, line: Line, dice: random.Random) -> Trial:
    names = [f"r{n}" for n in range(RUNS)]
    for name in names:
        await store.append(name, [submitted()])
    line.strike(dice.randrange(1, APPENDS), dice.choice([*Fault]))
    told = await asyncio.gather(*(appended(store, name, APPENDS) for name in names))
    found = await compared(store, dict(zip(names, told, strict=True)))
    await store.close()
    return found


async def appended(store: PostgresBackend, name: str, count: int) -> list[str]:
    """Append so many steps to a run; return the paths of those that were told to be recorded."""
    told = []
    for number in range(count):
        [event] = await store.append(name, [step(f"s{number}")], expect=number + 1)
        assert event.seq == number + 2
        told.append(event.path)
    return told


async def compared(store: PostgresBackend, told: Mapping[str, Sequence[str]]) -> Trial:
    """Count what was told to be recorded of these runs, what is not there, and what is twice."""
    lost = repeated = 0
    for name, steps in told.items():
        found = await store.events(name)
        paths = [event.path for event in found[1:]]
        lost += len(set(steps) - set(paths))
        repeated += len(paths) - len(set(paths))
        assert [event.seq for event in found] == [*range(1, len(found) + 1)], name
        assert await store.summary(name) == told_of(name, found), name
    return Trial(1, sum(map(len, told.values())), lost, repeated)


async def impatient(url: str, seed: int) -> Trial:
    """The same with answers that are not waited for long."""
    before, postgres_link.ANSWER_SECONDS = postgres_link.ANSWER_SECONDS, 0.3
    try:
        return await cut(url, seed)
    finally:
        postgres_link.ANSWER_SECONDS = before
