"""The gap: a process dies after the effect of a step and before its result is recorded.

That is the one place where a step runs twice; a step that is at most once stops its run instead.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from faults.jobs_gap import RUN, STEPS
from faults.oracle import sound
from faults.trial import Trial
from faults.victims import KILLED, Nursery, nursery, said, store_of
from flopod import Control
from flopod_backends import open_backend


async def trial(seed: int) -> Trial:
    """Let a process die in the gap of every step, on a store that the seed chooses."""
    kind = ("sqlite", "file")[seed % 2]
    async with nursery() as mother:
        return await twice(mother, kind) if seed % 4 < 2 else await at_most_once(mother, kind)


@asynccontextmanager
async def _store(kind: str, server: str) -> AsyncIterator[tuple[str, Path]]:
    """Give the URL of a store, and where what is done there is told."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        async with store_of(kind, Path(folder), server) as url:
            yield url, Path(folder) / "account"


async def twice(mother: Nursery, kind: str, server: str = "") -> Trial:
    """Die in the gap of every step in turn: each of them has run exactly twice in the end."""
    async with _store(kind, server) as (url, account):
        for step in range(STEPS):
            # The step that was cut off is called again, and the one after it is the next to die.
            nth = 1 if step == 0 else 2
            given = {"once": False, "point": "in the gap", "nth": nth}
            victim = await mother.victim("gap", url, account, **given)
            assert await victim.ended() == KILLED, kind
        assert await (await mother.victim("gap", url, account, once=False)).ended() == 0, kind
        told = Counter(map(tuple, said(account)))
        await _sound(url)
    assert told == {**{("effect", str(n)): 2 for n in range(STEPS)}, ("result", str(STEPS)): 1}
    return Trial(STEPS, 1)


async def at_most_once(mother: Nursery, kind: str, server: str = "") -> Trial:
    """Die in the gap of a step that is at most once: the run stops, and only a person goes on."""
    async with _store(kind, server) as (url, account):
        given = {"once": True, "point": "in the gap", "nth": 1}
        for _ in range(STEPS):
            victim = await mother.victim("gap", url, account, **given)
            assert await victim.ended() == KILLED, kind
            before = said(account)
            # Taken up again, and once more after that: nothing is called.
            for _ in range(2):
                assert await (await mother.victim("gap", url, account, once=True)).ended() == 0
            told = said(account)[len(before) :]
            assert [words[0] for words in told] == ["stopped", "stopped"], (kind, told)
            await _retry(url)
        assert await (await mother.victim("gap", url, account, once=True)).ended() == 0
        await _sound(url)
        effects = Counter(words[1] for words in said(account) if words[0] == "effect")
    # Four deaths were all in the first step, that a person let go on each time.
    assert effects == {"0": STEPS + 1, **{str(n): 1 for n in range(1, STEPS)}}, (kind, effects)
    return Trial(STEPS, 1)


async def _retry(url: str) -> None:
    backend = open_backend(url)
    assert (await Control(backend).get(RUN)).status == "needs_attention"
    await Control(backend).retry(RUN)
    await backend.close()


async def _sound(url: str) -> None:
    backend = open_backend(url)
    await sound(backend, RUN, url)
    await backend.close()
