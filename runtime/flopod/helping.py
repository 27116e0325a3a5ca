"""Executes the children of runs that this process holds outside any worker.

Such a run would wait for ever for children that nobody takes. So its process is a worker as well,
of the workflows that its runs have started, from the first child on.
"""

from __future__ import annotations

import asyncio
from typing import Any

from flopod.backend import Backend
from flopod.clock import Clock
from flopod.registry import Workflow
from flopod.worker import Worker


class Helper:
    """A worker of the workflows that it is told of; none before the first."""

    def __init__(self, backend: Backend, clock: Clock | None) -> None:
        self._backend = backend
        self._clock = clock
        self._worker: Worker | None = None

    async def serve(self, made: Workflow[..., Any]) -> None:
        """Execute the runs of this workflow, and what they start in turn."""
        if self._worker is not None:
            self._worker.serve(made)
            return
        self._worker = Worker(self._backend, [made], clock=self._clock)
        self._worker.on_child = self.serve
        await self._worker.__aenter__()

    async def close(self, *, at_once: bool = False) -> None:
        """Let steps in flight end, or cut them off; give back what is not at its end."""
        worker, self._worker = self._worker, None
        if worker is None:
            return
        if at_once:
            await worker.cut()
            return
        worker.stop()
        try:
            await worker.finished()
        except asyncio.CancelledError:
            await worker.cut()
            raise
