"""Storms of deliveries, from four processes and with deaths: each is taken once at most.

What was accepted is what was taken and what is kept; the same id is one delivery, whoever sends it
and however often.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

from faults.jobs_deliver import RUN, storm
from faults.oracle import deliveries, sound
from faults.trial import Trial
from faults.victims import KILLED, Nursery, Victim, nursery, said, url_of
from flopod import Control
from flopod import events as ev
from flopod.events import Event
from flopod.stored import decoded
from flopod_backends import open_backend

SENDERS = 4


async def trial(seed: int) -> Trial:
    """Let a storm go over a store that the seed chooses."""
    async with nursery() as mother:
        return await stormed(mother, seed, ("sqlite", "file")[seed % 2], 120)


async def stormed(mother: Nursery, seed: int, kind: str, count: int) -> Trial:
    """Send so many deliveries, each from two processes, while senders and workers are killed."""
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        url, account = url_of(kind, Path(folder)), Path(folder) / "account"
        turns = count // 2
        backend = open_backend(url)
        try:
            await Control(backend, [storm(turns)]).start("job", run_id=RUN)
            await _storm(mother, dice, url, account, count, turns)
            events = await sound(backend, RUN, f"{kind}, seed {seed}")
        finally:
            await backend.close()
        return _judged(events, said(account), turns, f"{kind}, seed {seed}")


async def _storm(
    mother: Nursery, dice: random.Random, url: str, account: Path, count: int, turns: int
) -> None:
    """Send everything while a worker dies twice; some senders die, and others finish their work."""
    numbers = list(range(count))
    shares = [numbers[n::2] for n in (0, 1, 0, 1)]
    given = {"turns": turns}

    async def send(share: list[int], dies: bool) -> None:
        dice.shuffle(share)
        order = {"seed": dice.randrange(1000), "numbers": share, **given}
        sender = await mother.victim("deliver", url, account, **order)
        if dies:
            await asyncio.sleep(dice.uniform(0.02, 0.2))
            await sender.kill()
            sender = await mother.victim("deliver", url, account, **order)
        assert await sender.ended() == 0

    async def work() -> None:
        for _ in range(2):
            worker: Victim = await mother.victim("serve", url, account, **given)
            await asyncio.sleep(dice.uniform(0.05, 0.2))
            assert await worker.kill() in (KILLED, 0)

    async with asyncio.TaskGroup() as tasks:
        for n, share in enumerate(shares):
            tasks.create_task(send(share, dies=n < 2))
        tasks.create_task(work())
    last = await mother.victim("serve", url, account, **given)
    assert await last.ended() == 0


def _judged(
    events: Sequence[Event], account: Sequence[Sequence[str]], turns: int, why: str
) -> Trial:
    """Compare what was accepted with what was recorded, taken and kept."""
    accepted = {f"d{number}" for answer, number, _ in account if answer == "accepted"}
    recorded = deliveries(events)
    taken = [e.fact.delivery_id for e in events if isinstance(e.fact, ev.WaitCompleted)]
    lost = accepted - set(recorded)
    repeated = len(recorded) - len(set(recorded)) + len(taken) - len(set(taken))
    assert set(taken) <= set(recorded), f"{why}: taken, but never accepted"
    assert len(taken) == turns, f"{why}: {len(taken)} of {turns} waits were answered"
    last = events[-1].fact
    assert isinstance(last, ev.RunCompleted), f"{why}: {last}"
    assert [f"d{n}" for n in decoded(last.output)] == sorted(taken, key=_number), why
    return Trial(1, len(accepted), len(lost), repeated)


def _number(id: str) -> int:
    return int(id[1:])
