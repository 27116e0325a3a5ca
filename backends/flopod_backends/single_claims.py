"""Claims of single runs: those of the same moment are decided together, with one commit.

A task of the store's own decides them, so that a caller who is cancelled meanwhile leaves no lease
behind that nobody knows of.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple, TypeAlias

from flopod.backend import Lease, WorkerInfo

Answers: TypeAlias = Mapping[str, Lease | Exception]
Decide: TypeAlias = Callable[[Mapping[str, WorkerInfo]], Awaitable[Answers]]
"""Answers who wants which run; a run without an answer was overtaken and is asked for again."""


class _Claim(NamedTuple):
    worker: WorkerInfo
    run_id: str
    done: asyncio.Future[Lease]


class SingleClaims:
    """The claims that wait to be decided."""

    def __init__(self, decide: Decide, release: Callable[[Lease], Awaitable[None]]) -> None:
        self._decide = decide
        self._release = release
        self._waiting: list[_Claim] = []
        self._task: asyncio.Task[None] | None = None

    async def claim(self, worker: WorkerInfo, run_id: str) -> Lease:
        """Take one run.

        Raises:
            RunBusyError: a live process holds it.
        """
        claim = _Claim(worker, run_id, asyncio.get_running_loop().create_future())
        self._waiting.append(claim)
        if self._task is None:
            self._task = asyncio.create_task(self._decide_all(), name="flopod claims")
        return await claim.done

    async def drain(self) -> None:
        """Wait until all are decided."""
        while self._task:
            await asyncio.wait([self._task])

    async def _decide_all(self) -> None:
        try:
            while self._waiting:
                await self._decide_some()
        finally:
            # Something is left only when the loop itself is being shut down.
            self._task = None
            for claim in self._waiting:
                claim.done.cancel()
            self._waiting.clear()

    async def _decide_some(self) -> None:
        """Decide the first claim of each run that is waiting now."""
        first: dict[str, _Claim] = {}
        for claim in self._waiting:
            if not claim.done.done():
                first.setdefault(claim.run_id, claim)
        answers: Answers = {}
        try:
            if first:
                answers = await self._decide({run: claim.worker for run, claim in first.items()})
        except Exception as error:
            answers = dict.fromkeys(first, error)
        for run_id, answer in answers.items():
            await self._tell(first[run_id].done, answer)
        self._waiting = [claim for claim in self._waiting if not claim.done.done()]

    async def _tell(self, done: asyncio.Future[Lease], answer: Lease | Exception) -> None:
        if isinstance(answer, Exception):
            if not done.done():
                done.set_exception(answer)
        elif done.done():
            await self._release(answer)  # Who asked for it was cancelled.
        else:
            done.set_result(answer)
