"""Workers and leases in a SQLite store.

Whether a worker is alive can only be seen from Python (its process must be there), so a claim is
two steps: look, then take with one statement what is still as it was seen.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

import msgspec

from flopod.backend import Lease, WorkerInfo
from flopod_backends import claims
from flopod_backends.claims import Hold, Living
from flopod_backends.leases import Leases, read_worker, seen_epoch
from flopod_backends.liveness import alive, living
from flopod_backends.moments import milliseconds, moment
from flopod_backends.sqlite_claims import AT_ITS_END, Claims, Wanted, as_json
from flopod_backends.sqlite_open import Execute

_WORKERS = "SELECT worker_id, expires_at, CAST(info AS BLOB) FROM workers"
_RENEW = """
INSERT INTO workers (worker_id, expires_at, info) VALUES (?, ?, ?)
ON CONFLICT (worker_id) DO UPDATE SET expires_at = excluded.expires_at, info = excluded.info
"""
_RETIRE = "DELETE FROM workers WHERE worker_id = ?"
_BURY = """
DELETE FROM workers
WHERE (worker_id, expires_at) IN (
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?)
)
"""
# An epoch is never below the clock, so it says when a run was taken at the latest.
_TIDY = """
DELETE FROM leases
WHERE (worker_id IS NOT NULL OR again) AND epoch < ?
  AND worker_id NOT IN (SELECT worker_id FROM workers)
  AND run_id NOT IN (SELECT run_id FROM runs)
"""
_NEXT = """
SELECT due_at
FROM runs LEFT JOIN leases USING (run_id)
WHERE due_at IS NOT NULL AND worker_id IS NULL
  AND workflow IN (SELECT value FROM json_each(?))
  AND status NOT IN (SELECT value FROM json_each(?))
ORDER BY due_at LIMIT 1
"""
_HOLDS = """
SELECT run_id, epoch, worker_id FROM leases WHERE run_id IN (SELECT value FROM json_each(?))
"""
_HELD_BY = """
SELECT worker_id, count(*) FROM leases WHERE worker_id IS NOT NULL GROUP BY worker_id
"""
_RELEASE = """
UPDATE leases SET worker_id = NULL, again = ?
WHERE run_id = ? AND worker_id = ? AND epoch = ?
"""

_DAMAGED = """
UPDATE runs
SET status = 'damaged', due_at = NULL, rev = (SELECT rev + 1 FROM last_change)
WHERE run_id = ? AND status <> 'damaged' AND EXISTS (
    SELECT 1 FROM leases
    WHERE leases.run_id = runs.run_id AND worker_id IN (SELECT value FROM json_each(?))
)
"""


class _Known(NamedTuple):
    """A worker's row."""

    worker_id: str
    expires_at: int
    info: WorkerInfo | None
    """None where it cannot be read: such a worker counts as dead until it renews itself."""


class SqliteLeases(Leases):
    """Who works here and who holds what."""

    def __init__(self, read: Execute, write: Execute, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self._read = read
        self._write = write
        self._clock = clock
        self._claims = Claims(read, write, clock)

    async def living(self) -> Living:
        """Return the workers alive."""
        known = await self._workers()
        return living((one.info for one in known if one.info), self._clock())

    async def claiming(self) -> list[WorkerInfo]:
        """Return the workers alive that claim runs, oldest first."""
        held = {worker_id: many for worker_id, many in await self._read(_HELD_BY)}
        return claims.claiming(await self.living(), held)

    async def dead(self) -> list[str]:
        """Return the workers that are known to be dead."""
        return _ids(self._dead(await self._workers()))

    async def renew(self, worker: WorkerInfo) -> None:
        """Say that the worker lives until its `expires_at`."""
        self._mine.add(worker.worker_id)
        info = msgspec.json.encode(worker).decode()
        await self._write(_RENEW, worker.worker_id, milliseconds(worker.expires_at), info)

    async def retire(self, worker_id: str) -> None:
        """Forget a worker."""
        self._mine.discard(worker_id)
        await self._write(_RETIRE, worker_id)

    async def claim(
        self, worker: WorkerInfo, workflows: Collection[str], limit: int
    ) -> list[Lease]:
        """Take up to `limit` runs that need a worker."""
        known = await self._workers()
        if worker not in (one.info for one in known):
            await self.renew(worker)
        dead, limits = self._dead(known), claims.limits(worker, workflows)
        wanted = await self._claims.find(
            worker.worker_id, set(workflows), limits, _ids(dead), limit
        )
        taken = await self._claims.take(wanted)
        await self._bury(dead)
        await self._sweep()
        return [taken[one.run_id] for one in wanted if one.run_id in taken]

    async def _take(
        self, wanted: Mapping[str, WorkerInfo], holds: Mapping[str, Hold]
    ) -> dict[str, Lease]:
        return await self._claims.take(
            [
                Wanted(run_id, worker.worker_id, seen_epoch(holds, run_id))
                for run_id, worker in wanted.items()
            ]
        )

    async def _tidy(self) -> None:
        # Who took a run, was dead and renews itself may still begin it: so it is forgotten late.
        await self._write(_TIDY, milliseconds(self._clock()) - 3_600_000)

    async def release(self, lease: Lease, again: bool) -> None:
        """Give a run back."""
        await self._write(_RELEASE, again, lease.run_id, lease.worker_id, lease.epoch)

    async def damaged(self, run_id: str) -> None:
        """Mark a run as damaged if a worker of ours holds it: who only looks writes nothing."""
        if self._mine:
            await self._write(_DAMAGED, run_id, as_json(self._mine))

    async def next_due(self, workflows: Collection[str]) -> datetime | None:
        """Return when the next unheld run of these workflows is due."""
        dead = await self.dead()
        if await self._claims.any_left(workflows, dead):
            return claims.AT_ONCE
        rows = await self._read(_NEXT, as_json(workflows), AT_ITS_END)
        due = [row[0] for row in rows] + await self._claims.next_owing(dead)
        return moment(min(due)) if due else None

    def _dead(self, known: Iterable[_Known]) -> list[_Known]:
        now = self._clock()
        return [one for one in known if one.info is None or not alive(one.info, now)]

    async def _workers(self) -> list[_Known]:
        return [_Known(id, at, read_worker(info)) for id, at, info in await self._read(_WORKERS)]

    async def _holds(self, run_ids: Iterable[str]) -> dict[str, Hold]:
        rows = await self._read(_HOLDS, as_json(run_ids))
        return {run_id: Hold(*hold) for run_id, *hold in rows}

    async def _bury(self, dead: Iterable[_Known]) -> None:
        # A worker that was dead and renews itself after all is back as it was.
        graves = [(one.worker_id, one.expires_at) for one in dead]
        if graves:
            await self._write(_BURY, msgspec.json.encode(graves).decode())


def _ids(known: Iterable[_Known]) -> list[str]:
    return [one.worker_id for one in known]
