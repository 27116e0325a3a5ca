"""Looks at other runs on behalf of a body: what many branches ask at once is one question."""

from __future__ import annotations

import asyncio

from flopod.backend import Backend, RunQuery
from flopod.summary import RunSummary

FEW = 8
"""Up to so many runs are looked at one by one."""


class Looks:
    """What one life of a run sees of others."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._wanted: set[str] = set()
        self._look: asyncio.Task[dict[str, RunSummary]] | None = None

    async def at(self, run_id: str) -> RunSummary | None:
        """Return how a run stands now; None for one that is not there."""
        self._wanted.add(run_id)
        if self._look is None:
            self._look = asyncio.create_task(self._read())
            self._look.add_done_callback(_seen)
        return (await asyncio.shield(self._look)).get(run_id)

    async def _read(self) -> dict[str, RunSummary]:
        await asyncio.sleep(0)
        wanted, self._wanted, self._look = self._wanted, set(), None
        if len(wanted) > FEW:
            query = RunQuery(run_ids=frozenset(wanted), limit=None)
            return {run.run_id: run for run in await self._backend.list_runs(query)}
        found = [await self._backend.summary(run_id) for run_id in sorted(wanted)]
        return {run.run_id: run for run in found if run is not None}


def _seen(look: asyncio.Task[dict[str, RunSummary]]) -> None:
    # Where all who asked were cancelled, nobody handles its error.
    if not look.cancelled():
        look.exception()
