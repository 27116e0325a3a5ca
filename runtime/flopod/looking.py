"""When a worker looks for runs: woken by news, when a run is due, and now and then in any case.

The slow look is the truth, the others are speed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flopod.backend import Backend
from flopod.clock import Clock, rest
from flopod.noted import noted
from flopod.registry import Workflow

LOOK_SECONDS = 1.0
"""How long a worker goes at most without looking for runs."""

LEAST_REST = timedelta(milliseconds=20)
"""Time between two looks that found nothing, whatever the store tells."""


class Looking:
    """One worker's times of looking."""

    def __init__(
        self, backend: Backend, clock: Clock, workflows: Mapping[str, Workflow[..., Any]]
    ) -> None:
        """Look for the runs of `workflows`, which may come to be more."""
        self._backend = backend
        self._clock = clock
        self._workflows = workflows
        self._looked = clock.now()
        self._woken = asyncio.Event()

    def soon(self) -> None:
        """Let there be a look now."""
        self._woken.set()

    def begin(self) -> None:
        """Note that what happens from now on asks for another look."""
        self._woken.clear()
        self._looked = self._clock.now()

    async def next_due(self) -> datetime | None:
        """Return when a run is due that the last look could not take, None if it is not known."""
        with noted("next due run unknown"):
            if due := await self._due():
                return max(due, self._clock.now() + LEAST_REST)
        return None

    async def rest(self, due: datetime | None) -> None:
        """Return when it is time to look."""
        await rest(self._clock, self._woken, due, LOOK_SECONDS)

    async def _due(self) -> datetime | None:
        """Return when to look again: what was left where no more may be held is not due for us."""
        limited = {name for name, made in self._workflows.items() if made.concurrency is not None}
        due = await self._backend.next_due(self._workflows.keys() - limited)
        if limited:
            held_up = await self._backend.next_due(limited)
            if held_up is not None and held_up > self._looked:
                return min(due or held_up, held_up)
        return due
