"""Three worker processes on one Postgres store, killed and started anew at random."""

from __future__ import annotations

import asyncio
import logging
import random
import tempfile
from collections.abc import Awaitable
from pathlib import Path

from faults.jobs_work import Workflow, all_finished
from faults.kills import called_again, check_result, is_there
from faults.oracle import all_sound
from faults.trial import Trial
from faults.victims import Nursery, nursery, said
from flopod import Control
from flopod_backends import PostgresBackend
from postgres_server import schema, server

WORKERS = 3
RUNS = 1000

logger = logging.getLogger(__name__)


async def trial(seed: int) -> Trial:
    """Have a thousand runs executed by workers that die."""
    with server() as url:
        async with nursery() as mother:
            return await crowded(mother, url, seed, RUNS)


async def crowded(mother: Nursery, url: str, seed: int, runs: int) -> Trial:
    """Have so many runs executed by workers that die; count what was lost or done again."""
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        account = Path(folder) / "account"
        async with schema(url) as store:
            backend = PostgresBackend(store)
            control = Control(backend, workflows=[Workflow(_never, "job")])
            await asyncio.gather(
                *(control.start("job", number, f"run-0-{number}") for number in range(runs))
            )
            lives = await _until(all_finished(control), mother, store, account, dice)
            logs = await all_sound(backend, f"seed {seed}")
            await backend.close()
        for run_id, events in logs.items():
            check_result(run_id, events, f"seed {seed}")
        told = said(account)
        lost = [words for words in told if not is_there(logs, words)]
        again = called_again(told)
        if lost or again:
            logger.error("seed %s: lost %s, done again %s", seed, lost, again)
        return Trial(lives, sum(words[0] == "done" for words in told), len(lost), len(again))


async def _until(
    done: Awaitable[None], mother: Nursery, store: str, account: Path, dice: random.Random
) -> int:
    """Keep the workers at work, killing them, until it is done; return how many there were."""
    ended = asyncio.ensure_future(done)
    alive = [await mother.victim("finish", store, account) for _ in range(WORKERS)]
    lives = WORKERS
    while not ended.done():
        await asyncio.wait([ended], timeout=dice.uniform(0.2, 1.0))
        if not ended.done():
            await alive.pop(0).kill()
            alive.append(await mother.victim("finish", store, account))
            lives += 1
    await ended
    for victim in alive:
        await victim.kill()
    return lives


async def _never(wf: object, number: int) -> None:
    """Stand for the workflow, which only the workers execute."""
