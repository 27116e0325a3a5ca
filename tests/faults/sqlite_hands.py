"""Processes that use one SQLite store at once: `python sqlite_hands.py PATH ACCOUNT HANDS SECONDS
DEATHS SEED JOB`.

It loads everything once and forks a child for each hand; so many of them are killed and replaced
on the way. A child writes each thing that it was told is done to the account, a file that outlives
it: one `write` each, so a kill tears none.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeAlias

from stories import logged, submitted

from flopod.backend import WorkflowInfo
from flopod.process import this_process
from flopod_backends import SqliteBackend

SHARED = "shared"

Say: TypeAlias = Callable[..., None]
Job: TypeAlias = Callable[[SqliteBackend, str, float, Say], Coroutine[Any, Any, None]]


async def append(store: SqliteBackend, hand: str, until: float, say: Say) -> None:
    """Append to the run of everybody and to one of its own."""
    number = 0
    while time.monotonic() < until:
        for run_id in (SHARED, f"own-{hand}"):
            number += 1
            began = time.monotonic()
            [event] = await store.append(run_id, [logged(f"{hand} {number}")])
            waited = time.monotonic() - began
            say("appended", run_id, event.seq, hand, number, f"{waited:.3f}")


async def work(store: SqliteBackend, hand: str, until: float, say: Say) -> None:
    """Take runs as a worker does, append to them, give them back, and begin some more."""
    me = this_process(concurrency=4, workflows=[WorkflowInfo(name="order")])
    number = 0
    while time.monotonic() < until:
        number += 1
        [event] = await store.append(f"new-{hand}-{number}", [submitted()], expect=0)
        say("appended", f"new-{hand}-{number}", event.seq, hand, number, 0)
        for lease in await store.claim(me, workflows=["order"], limit=3):
            said = logged(f"{hand} {number} epoch {lease.epoch}")
            [event] = await store.append(lease.run_id, [said], lease=lease)
            say("held", lease.run_id, event.seq, hand, number, lease.epoch)
            await store.release(lease, again=True)
        await store.renew(me)
    await store.retire(me.worker_id)


JOBS: dict[str, Job] = {"append": append, "work": work}


async def _live(path: Path, account: Path, hand: str, until: float, job: str) -> None:
    fd = os.open(account, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def say(*words: object) -> None:
        os.write(fd, (" ".join(map(str, words)) + "\n").encode())

    store = SqliteBackend(path)
    try:
        await JOBS[job](store, hand, until, say)
    except Exception as error:
        say("error", hand, type(error).__name__, str(error).replace("\n", " "))
    await store.close()
    say("ended", hand)


def _forked(path: Path, account: Path, hand: str, until: float, job: str) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        asyncio.run(_live(path, account, hand, until, job))
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(0)


def main(
    path: Path, account: Path, hands: int, until: float, deaths: int, seed: int, job: str
) -> None:
    dice = random.Random(seed)
    children = {_forked(path, account, f"h{n}", until, job) for n in range(hands)}
    kills = sorted(dice.uniform(0.05, until - time.monotonic()) for _ in range(deaths))
    began = time.monotonic()
    for nth, moment in enumerate(kills):
        time.sleep(max(0.0, began + moment - time.monotonic()))
        victim = dice.choice(sorted(children))
        os.kill(victim, signal.SIGKILL)
        os.waitpid(victim, 0)
        children.remove(victim)
        children.add(_forked(path, account, f"n{nth}", until, job))
    for child in children:
        os.waitpid(child, 0)


if __name__ == "__main__":
    where, told, hands, seconds, deaths, seed, job = sys.argv[1:]
    until = time.monotonic() + float(seconds)
    main(Path(where), Path(told), int(hands), until, int(deaths), int(seed), job)
