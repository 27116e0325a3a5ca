"""Leases in a database: a single run is looked at, then taken as it was seen.

Whether a worker is alive can only be seen from Python, so no statement could do both.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from flopod.backend import Lease, WorkerInfo
from flopod_backends import claims
from flopod_backends.claims import Hold, Living
from flopod_backends.single_claims import Answers, SingleClaims

_SWEEP_SECONDS = 60.0

_decoder = msgspec.json.Decoder(WorkerInfo)


class Leases(ABC):
    """Takes single runs. A store says how its rows are read and written."""

    def __init__(self) -> None:
        self._single = SingleClaims(self._decide, lambda lease: self.release(lease, False))
        self._mine: set[str] = set()
        """The workers that live through this handle."""
        self._swept = time.monotonic()

    @abstractmethod
    async def living(self) -> Living:
        """Return the workers alive."""

    @abstractmethod
    async def renew(self, worker: WorkerInfo) -> None:
        """Say that the worker lives until its `expires_at`."""

    @abstractmethod
    async def release(self, lease: Lease, again: bool) -> None:
        """Give a run back."""

    @abstractmethod
    async def _holds(self, run_ids: Iterable[str]) -> dict[str, Hold]:
        """Return how runs are held, of those that somebody has ever held."""

    @abstractmethod
    async def _take(
        self, wanted: Mapping[str, WorkerInfo], holds: Mapping[str, Hold]
    ) -> dict[str, Lease]:
        """Take runs that are still held under the epoch seen; return those."""

    @abstractmethod
    async def _tidy(self) -> None:
        """Forget what workers left that are long gone and can't be back."""

    async def claim_run(self, worker: WorkerInfo, run_id: str) -> Lease:
        """Take one run."""
        return await self._single.claim(worker, run_id)

    async def drain(self) -> None:
        """Wait until all claims of single runs are decided."""
        await self._single.drain()

    async def _sweep(self) -> None:
        """Tidy up, once a minute."""
        if (now := time.monotonic()) > self._swept + _SWEEP_SECONDS:
            self._swept = now
            await self._tidy()

    async def _decide(self, asked: Mapping[str, WorkerInfo]) -> Answers:
        """Take the runs that are free, each for who wants it."""
        holds, living = await self._holds(asked), await self.living()
        refused = {
            run_id: error
            for run_id in asked
            if (error := claims.busy(run_id, holds.get(run_id), living))
        }
        free = {run_id: worker for run_id, worker in asked.items() if run_id not in refused}
        for worker in {worker.worker_id: worker for worker in free.values()}.values():
            if worker.worker_id not in living:
                await self.renew(worker)
        return refused | (await self._take(free, holds) if free else {})


def seen_epoch(holds: Mapping[str, Hold], run_id: str) -> int:
    """Return the epoch of a run's lease; 0 where there was never one."""
    return holds[run_id].epoch if run_id in holds else 0


def read_worker(info: Any) -> WorkerInfo | None:
    """Return the worker of a row; None where it can't be read."""
    try:
        return _decoder.decode(info)
    except (msgspec.MsgspecError, UnicodeDecodeError, TypeError):
        return None
