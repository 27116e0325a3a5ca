"""SIGKILL at random moments and at named places: nothing acknowledged lost, nothing done again.

One trial is a store that several processes die on, one after the other, and that a last one brings
to an end.
"""

from __future__ import annotations

import asyncio
import logging
import random
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from faults.failpoints import IN_A_STEP, POINTS
from faults.jobs_work import RAW, expected
from faults.oracle import all_sound, completed
from faults.trial import Trial
from faults.victims import KILLED, Nursery, nursery, said, store_of
from flopod import Control
from flopod import events as ev
from flopod.events import Event
from flopod.stored import decoded
from flopod_backends import open_backend

LIVES = 10
RUNS = 5

logger = logging.getLogger(__name__)

Logs = Mapping[str, Sequence[Event]]


async def trial(seed: int) -> Trial:
    """Let ten processes die on a store of a kind that the seed chooses."""
    async with nursery() as mother:
        return await killed(mother, seed, ("sqlite", "file")[seed % 2])


async def killed(
    mother: Nursery, seed: int, kind: str, server: str = "", lives: int = LIVES
) -> Trial:
    """Let so many processes die on a store of this kind; count what was lost or done again."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        async with store_of(kind, Path(folder), server) as url:
            return await _killed(mother, seed, url, Path(folder) / "account", lives)


async def _killed(mother: Nursery, seed: int, url: str, account: Path, lives: int) -> Trial:
    dice, why = random.Random(seed), f"{_kind(url)}, seed {seed}"
    for life in range(lives):
        await _live_and_die(mother, dice, url, account, life, why)
        await _look(url, why)
    return await _brought_to_an_end(mother, url, account, lives, why)


async def killed_everywhere(mother: Nursery, url: str, account: Path) -> Trial:
    """Let a process die at each place that the store has, one after the other."""
    points, why = POINTS[_kind(url)], f"{_kind(url)}, everywhere"
    for life, point in enumerate(points):
        await _die_at(mother, url, account, life, point, 3, why)
        await _look(url, f"{why}: {point}")
    return await _brought_to_an_end(mother, url, account, len(points), why)


async def _brought_to_an_end(
    mother: Nursery, url: str, account: Path, lives: int, why: str
) -> Trial:
    end = await mother.victim("finish", url, account)
    assert await end.ended() == 0, f"{why}: the last life ended badly"
    return judged(await _look(url, why), said(account), lives, why)


def _kind(url: str) -> str:
    return url.partition(":")[0]


async def _live_and_die(
    mother: Nursery, dice: random.Random, url: str, account: Path, life: int, why: str
) -> None:
    """Let a process work until it is killed, or kills itself."""
    if dice.random() < 0.5:
        victim = await mother.victim("work", url, account, life=life, runs=RUNS)
        await asyncio.sleep(dice.uniform(0.005, 0.05))
        assert await victim.kill() == KILLED
        return
    point = dice.choice((*POINTS[_kind(url)], *IN_A_STEP))
    nth = dice.randint(1, 3 if "summary" in point else 30)
    await _die_at(mother, url, account, life, point, nth, why)


async def _die_at(
    mother: Nursery, url: str, account: Path, life: int, point: str, nth: int, why: str
) -> None:
    """Let a process work until it passes a place for the n-th time."""
    given = {"life": life, "runs": RUNS, "point": point, "nth": nth}
    victim = await mother.victim("work", url, account, **given)
    try:
        assert await victim.ended() == KILLED
    except AssertionError as error:
        raise AssertionError(f"{why}: {point!r} was not passed {nth} times: {error}") from None


async def _look(url: str, why: str) -> Logs:
    """Return all logs, each of them sound."""
    backend = open_backend(url)
    try:
        if _kind(url) == "postgresql":
            await _at_rest(Control(backend))
        return await all_sound(backend, why)
    finally:
        await backend.close()


async def _at_rest(control: Control) -> None:
    """Return once no log grows: a server may still be at work on what a dead process sent."""
    before, ends = None, await _ends(control)
    while ends != before:
        await asyncio.sleep(0.02)
        before, ends = ends, await _ends(control)


async def _ends(control: Control) -> dict[str, int]:
    return {run.run_id: run.last_seq for run in await control.list_runs(limit=None)}


def judged(logs: Logs, account: Sequence[Sequence[str]], lives: int, why: str) -> Trial:
    """Compare what the processes said they had done with what the logs hold."""
    lost = [words for words in account if not is_there(logs, words)]
    again = called_again(account)
    if lost or again:
        logger.error("%s: lost %s, done again %s", why, lost, again)
    _check_calls(account, lives, why)
    for run_id, events in logs.items():
        if run_id != RAW:
            check_result(run_id, events, why)
    promised = sum(words[0] != "called" for words in account)
    return Trial(lives, promised, len(lost), len(again))


def is_there(logs: Logs, words: Sequence[str]) -> bool:
    """Return whether the logs hold what a process said was done."""
    match words:
        case ["started", run_id]:
            return bool(logs.get(run_id))
        case ["done", run_id, path]:
            return path in completed(logs.get(run_id, ()))
        case ["appended", run_id, seq]:
            return len(logs.get(run_id, ())) >= int(seq)
    return True


def called_again(account: Sequence[Sequence[str]]) -> list[str]:
    """Return the steps that were called after they were said to be done."""
    done, again = set(), []
    for what, *where in account:
        if what == "done":
            done.add(tuple(where))
        elif what == "called" and tuple(where) in done:
            again.append("/".join(where))
    return again


def _check_calls(account: Sequence[Sequence[str]], lives: int, why: str) -> None:
    """See that a step is called once, and once more for each death at most."""
    calls = Counter(tuple(where) for what, *where in account if what == "called")
    most = max(calls.values(), default=0)
    assert most <= 1 + lives, f"{why}: {calls.most_common(1)}"
    again = sum(count - 1 for count in calls.values())
    # A run has at most three steps in flight, and a worker at most so many runs.
    assert again <= 3 * RUNS * lives, f"{why}: {again} calls too many"


def check_result(run_id: str, events: Sequence[Event], why: str) -> None:
    """See that a run came to the end that it comes to when nobody is killed."""
    last = events[-1].fact
    assert isinstance(last, ev.RunCompleted), f"{why}: {run_id} ended with {last}"
    assert decoded(last.output) == expected(int(run_id.rpartition("-")[2])), f"{why}: {run_id}"
