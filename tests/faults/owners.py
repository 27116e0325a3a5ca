"""Several processes that want the same run: one has it, and nothing is done by two.

Resumed by many at once, started a hundred times at once, held by a process that was stopped past
its lease and wakes up again.
"""

from __future__ import annotations

import asyncio
import fcntl
import random
import signal
import sqlite3
import tempfile
from collections import Counter
from pathlib import Path

from faults.jobs_own import RUN, STARTS, STEPS
from faults.oracle import sound
from faults.trial import Trial
from faults.victims import Nursery, Victim, nursery, said, url_of
from flopod import Control
from flopod.events import Event
from flopod.stored import decoded
from flopod_backends import open_backend

LEASE = 0.4
"""Seconds; thirty in earnest."""


async def trial(seed: int) -> Trial:
    """Try one of the three, on a store that the seed chooses."""
    kind = ("sqlite", "file")[seed % 2]
    async with nursery() as mother:
        match seed // 2 % 3:
            case 0:
                return await resumed_by_many(mother, seed, kind)
            case 1:
                return await started_by_many(mother, kind, same=bool(seed // 6 % 2))
        return await stopped_past_its_lease(mother, kind)


async def resumed_by_many(mother: Nursery, seed: int, kind: str) -> Trial:
    """Let two to eight processes resume the same run at once: one does, each step is done once."""
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        url, account = url_of(kind, Path(folder)), Path(folder) / "account"
        count = dice.randint(2, 8)
        many = [await mother.victim("resume", url, account) for _ in range(count)]
        assert [await one.ended() for one in many] == [0] * count
        told = Counter(map(tuple, said(account)))
        events = await _events(url)
    calls = [told["called", str(n)] for n in range(STEPS)]
    results = told["result", str(1 + sum(range(STEPS)))]
    assert results >= 1 and results + told["busy",] == count, f"{kind}, seed {seed}: {told}"
    assert [e.type for e in events].count("RunSubmitted") == 1, f"{kind}, seed {seed}"
    return Trial(1, STEPS, 0, sum(calls) - STEPS)


async def started_by_many(mother: Nursery, kind: str, same: bool) -> Trial:
    """Let four processes start one id twenty-five times each: it is one run, of one of them."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        url, account = url_of(kind, Path(folder)), Path(folder) / "account"
        inputs = [1 if same else n for n in range(4)]
        many = [await mother.victim("start", url, account, input=n) for n in inputs]
        assert [await one.ended() for one in many] == [0] * len(many)
        answers = said(account)
        events = await _events(url)
    started = [words for words in answers if words[0] == "started"]
    assert len(answers) == len(many) * STARTS and len(started) == 1, f"{kind}: {started}"
    [submitted] = events
    assert decoded(submitted.fact.input) == int(started[0][2]), kind
    return Trial(1, 1)


async def stopped_past_its_lease(mother: Nursery, kind: str) -> Trial:
    """Stop a process past its lease, let another finish its run, and wake it: it writes no more."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        url, account = url_of(kind, Path(folder)), Path(folder) / "account"
        sleeper = await mother.victim("hold", url, account, lease=LEASE)
        await _begun(account)
        await _stop_between_commits(sleeper, kind, Path(folder))
        stopped_at = await _events(url)
        await asyncio.sleep(LEASE * 1.2)
        other = await mother.victim("resume", url, account)
        assert await other.ended() == 0
        before = await _events(url)
        sleeper.send(signal.SIGCONT)
        assert await sleeper.ended() == 0
        assert await _events(url) == before, f"{kind}: the sleeper wrote after its lease"
        told = Counter(map(tuple, said(account)))
    refused = sum(count for words, count in told.items() if words[0] == "refused")
    # The sleeper is told that the run was lost to it, or how it ended meanwhile.
    assert told["result", str(1 + sum(range(STEPS)))] == 2 - refused, (kind, told)
    assert refused <= 1, (kind, told)
    again = sum(told["called", str(n)] for n in range(STEPS)) - STEPS
    # The step it was stopped in is nobody's fault; any other would be.
    assert again <= 1, (kind, told)
    return Trial(1, len(before) - len(stopped_at))


async def _stop_between_commits(sleeper: Victim, kind: str, folder: Path) -> None:
    """Stop a process while it has no lock: with one, it keeps all others out until it wakes."""
    while True:
        sleeper.send(signal.SIGSTOP)
        if not _is_locked(kind, folder):
            return
        sleeper.send(signal.SIGCONT)
        await asyncio.sleep(0.003)


def _is_locked(kind: str, folder: Path) -> bool:
    if kind == "file":
        return any(_is_flocked(path) for path in folder.rglob("*") if path.is_file())
    [database] = folder.glob("*.db")
    connection = sqlite3.connect(database, timeout=0, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return True
    else:
        return False
    finally:
        connection.close()


def _is_flocked(path: Path) -> bool:
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


async def _begun(account: Path) -> None:
    """Return once a child has said something: it has nobody else to tell."""
    while True:
        if said(account):
            return
        await asyncio.sleep(0.005)


async def _events(url: str) -> list[Event]:
    backend = open_backend(url)
    try:
        await Control(backend).get(RUN)
        return await sound(backend, RUN, url)
    finally:
        await backend.close()
