"""Many processes on one SQLite store, some killed on the way: nothing lost, nobody told of a lock.

One trial is a store that several processes append to, or work on by leases, for a second or so,
while others hold its locks. What each was told is done must be in the logs, once.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from faults.oracle import all_sound
from faults.trial import Trial
from flopod import events as ev
from flopod.events import Event
from flopod_backends import SqliteBackend
from flopod_backends.log_rows import Found, believed
from flopod_backends.sqlite_logs import ROW

_HANDS = Path(__file__).with_name("sqlite_hands.py")
_EPOCH = re.compile(r"epoch (\d+)$")


async def trial(seed: int) -> Trial:
    """Let two to eight processes use a store for a second, and kill up to ten of them."""
    dice = random.Random(seed)
    job, hands, deaths = dice.choice(("append", "work")), dice.randint(2, 8), dice.randint(0, 10)
    with tempfile.TemporaryDirectory() as folder:
        return await crowd(Path(folder), job, hands, 1.0, deaths, seed)


async def crowd(
    folder: Path,
    job: str,
    hands: int,
    seconds: float,
    deaths: int = 0,
    seed: int = 0,
    already: int = 0,
) -> Trial:
    """Let so many processes use a store at once; count what was lost or done twice.

    Args:
        already: how many events there are before they begin.
    """
    why = f"seed {seed}: {hands} processes {job}, {deaths} killed"
    path, account = folder / "runs.db", folder / "account"
    numbers = map(str, (path, account, hands, seconds, deaths, seed, job))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(_HANDS),
        *numbers,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stderr=subprocess.PIPE,
    )
    async with asyncio.timeout(seconds + 60):
        _, errors = await process.communicate()
    assert not errors, f"{why}: {errors.decode()}"
    await asyncio.to_thread(_check_rows, path, why)
    store = SqliteBackend(path)
    try:
        logs = await all_sound(store, why)
    finally:
        await store.close()
    return judged(logs, _said(account), range(already, already + deaths + 1), why)


def judged(
    logs: Mapping[str, Sequence[Event]], said: Sequence[Sequence[str]], spare: range, why: str
) -> Trial:
    """Compare what the processes were told with what the logs hold.

    Args:
        spare: how many events there may be that nobody was told of: what was there before, and
            one for each death.
    """
    for words in said:
        assert words[0] != "error", f"{why}: {words}"
    told = [(words[1], int(words[2]), " ".join(words[3:5])) for words in said if len(words) == 6]
    there = {
        (run_id, event.seq, " ".join(_message(event).split()[:2]))
        for run_id, events in logs.items()
        for event in events
    }
    begun = {(run_id, 1) for run_id in logs if run_id.startswith("new-")}
    lost = [one for one in told if one not in there and one[:2] not in begun]
    twice = [one for one, count in Counter(one[:2] for one in told).items() if count > 1]
    untold = sum(map(len, logs.values())) - len(told)
    assert untold in spare, f"{why}: {untold} events that nobody was told of"
    for run_id, events in logs.items():
        epochs = [int(found[1]) for event in events if (found := _EPOCH.search(_message(event)))]
        assert epochs == sorted(epochs), f"{why}: {run_id} was written under an old lease"
    return Trial(1, len(told), len(lost), len(twice))


def _check_rows(path: Path, why: str) -> None:
    """See that each row is the one that came with the last event of its log."""
    connection = sqlite3.connect(path)
    sql = f"SELECT {ROW}, (SELECT max(seq) FROM events WHERE run_id = runs.run_id) FROM runs"
    try:
        for *parts, end in connection.execute(sql):
            row = believed(Found(*parts))
            assert row is not None and row.last_seq == end, f"{why}: {parts}"
    finally:
        connection.close()


def longest_wait(account: Path) -> float:
    """Return how long the slowest append took, in seconds."""
    return max(float(words[5]) for words in _said(account) if words[0] == "appended")


def _message(event: Event) -> str:
    return event.fact.message if isinstance(event.fact, ev.LogEmitted) else ""


def _said(account: Path) -> list[list[str]]:
    return [line.split() for line in account.read_text().splitlines()]
