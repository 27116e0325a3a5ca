"""A run that calls 200 others, over three worker processes of which one is killed, on Postgres."""

from __future__ import annotations

import asyncio
import logging
import random
import tempfile
from pathlib import Path

from faults.jobs_fan import FAN, fan_for
from faults.kills import called_again, is_there
from faults.oracle import all_sound
from faults.trial import Trial
from faults.victims import Nursery, nursery, said
from flopod import Control, kin
from flopod import events as ev
from flopod.stored import decoded
from flopod_backends import PostgresBackend
from postgres_server import schema, server

WORKERS = 3
CHILDREN = 200
PATIENCE = 60.0

logger = logging.getLogger(__name__)


async def trial(seed: int) -> Trial:
    """Spread two hundred children, on a server of its own."""
    with server() as url:
        async with nursery() as mother:
            return await spread(mother, url, seed, CHILDREN)


async def spread(mother: Nursery, url: str, seed: int, many: int) -> Trial:
    """Have so many children executed while a worker dies; count what was lost or done again."""
    with tempfile.TemporaryDirectory() as folder:
        account = Path(folder) / "account"
        async with schema(url) as store:
            backend = PostgresBackend(store)
            await Control(backend, fan_for(None)).start(FAN, many, run_id=FAN)
            await _executed(mother, store, account, random.Random(seed), backend)
            logs = await all_sound(backend, f"seed {seed}")
            await backend.close()
        told = said(account)
    _check_family(logs, many, f"seed {seed}")
    lost = [words for words in told if not is_there(logs, words)]
    again = called_again(told)
    if lost or again:
        logger.error("seed %s: lost %s, done again %s", seed, lost, again)
    return Trial(1, sum(words[0] == "done" for words in told), len(lost), len(again))


async def _executed(
    mother: Nursery, store: str, account: Path, dice: random.Random, backend: PostgresBackend
) -> None:
    """Return when all runs have ended and all know; kill a worker at work on the way."""
    workers = [await mother.victim("spread", store, account) for _ in range(WORKERS)]
    try:
        async with asyncio.timeout(PATIENCE):
            await _done(backend, dice.randrange(1, 10))
            await asyncio.sleep(dice.uniform(0, 0.2))
            await dice.choice(workers).kill()
            await _done(backend, None)
    finally:
        for worker in workers:
            await worker.kill()


async def _done(backend: PostgresBackend, many: int | None) -> None:
    """Return once so many runs have ended, or all of them and whom that concerns knows."""
    while True:
        runs = await Control(backend).list_runs(limit=None)
        ended = [run for run in runs if run.finished]
        if many is not None and len(ended) >= many:
            return
        if len(ended) == len(runs) and not any(run.inner.owes for run in runs):
            return
        await asyncio.sleep(0.05)


def _check_family(logs: dict[str, list[ev.Event]], many: int, why: str) -> None:
    """See that each child was made once, ended once, and was taken once by its parent."""
    parent = [event.fact for event in logs.pop(FAN)]
    end = parent[-1]
    assert isinstance(end, ev.RunCompleted), f"{why}: the run ended with {end}"
    assert decoded(end.output) == sum(n * n for n in range(many)), why
    taken = sum(isinstance(fact, kin.ChildCompleted) for fact in parent)
    assert (taken, len(logs)) == (many, many), why
    for run_id, events in logs.items():
        kinds = [event.type for event in events]
        counts = [kinds.count(name) for name in ("RunSubmitted", "RunCompleted", "EndTold")]
        assert counts == [1, 1, 1], f"{why}: {run_id}: {kinds}"
