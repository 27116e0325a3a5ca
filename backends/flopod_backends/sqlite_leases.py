"""Workers and leases in a SQLite store.

Whether a worker is alive can only be seen from Python (its process must be there), so a claim is
two steps: look, then take with one statement what is still as it was seen.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any, Protocol

import msgspec

from flopod.backend import Lease, WorkerInfo
from flopod.summary import STOPPED
from flopod_backends import claims
from flopod_backends.claims import Hold, Living
from flopod_backends.liveness import alive, living
from flopod_backends.moments import milliseconds, moment
from flopod_backends.sqlite_open import Row

_WORKERS = "SELECT info FROM workers"
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
_DUE = """
SELECT due_at, run_id, coalesce(epoch, 0)
FROM runs LEFT JOIN leases USING (run_id)
WHERE due_at <= ? AND worker_id IS NULL AND workflow IN (SELECT value FROM json_each(?))
ORDER BY due_at LIMIT ?
"""
# A worker that registered itself after we looked is not among those we know to be dead.
_LEFT = """
SELECT coalesce(due_at, 0), run_id, epoch
FROM leases JOIN runs USING (run_id)
WHERE (worker_id IS NOT NULL OR again)
  AND (worker_id IS NULL
       OR worker_id IN (SELECT value FROM json_each(?))
       OR worker_id NOT IN (SELECT worker_id FROM workers))
  AND workflow IN (SELECT value FROM json_each(?))
  AND status NOT IN (SELECT value FROM json_each(?))
ORDER BY coalesce(due_at, 0) LIMIT ?
"""
_NEXT = """
SELECT due_at
FROM runs LEFT JOIN leases USING (run_id)
WHERE due_at IS NOT NULL AND worker_id IS NULL
  AND workflow IN (SELECT value FROM json_each(?))
ORDER BY due_at LIMIT 1
"""
_HOLD = "SELECT epoch, worker_id FROM leases WHERE run_id = ?"
_TAKE = """
INSERT INTO leases (run_id, worker_id, epoch, again)
SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'), 0
FROM json_each(?)
WHERE json_extract(value, '$[3]') = coalesce(
    (SELECT epoch FROM leases AS held WHERE held.run_id = json_extract(value, '$[0]')), 0
)
ON CONFLICT (run_id) DO UPDATE
SET worker_id = excluded.worker_id, epoch = excluded.epoch, again = 0
RETURNING run_id, worker_id, epoch
"""
_RELEASE = """
UPDATE leases SET worker_id = NULL, again = ?
WHERE run_id = ? AND worker_id = ? AND epoch = ?
"""

_STOPPED = msgspec.json.encode(sorted(STOPPED)).decode()
_read_worker = msgspec.json.Decoder(WorkerInfo)


class Execute(Protocol):
    """Runs one statement with its parameters."""

    async def __call__(self, sql: str, *parameters: Any) -> list[Row]: ...


class Leases:
    """Who works here and who holds what."""

    def __init__(self, read: Execute, write: Execute, clock: Callable[[], datetime]) -> None:
        self._read = read
        self._write = write
        self._clock = clock

    async def living(self) -> Living:
        """Return the workers alive."""
        return living(await self._workers(), self._clock())

    async def renew(self, worker: WorkerInfo) -> None:
        """Say that the worker lives until its `expires_at`."""
        info = msgspec.json.encode(worker).decode()
        await self._write(_RENEW, worker.worker_id, milliseconds(worker.expires_at), info)

    async def retire(self, worker_id: str) -> None:
        """Forget a worker."""
        await self._write(_RETIRE, worker_id)

    async def claim(
        self, worker: WorkerInfo, workflows: Collection[str], limit: int
    ) -> list[Lease]:
        """Take up to `limit` runs that need a worker."""
        known = await self._workers()
        if worker not in known:
            await self.renew(worker)
        dead = self._dead(known)
        names, now = _json(workflows), milliseconds(self._clock())
        due = await self._read(_DUE, now, names, limit)
        left = await self._read(_LEFT, _json(dead), names, _STOPPED, limit)
        found = {run_id: epoch for _, run_id, epoch in sorted({*due, *left})[:limit]}
        leases = await self._take(worker, found)
        await self._bury(dead.values())
        return leases

    async def claim_run(self, worker: WorkerInfo, run_id: str) -> Lease:
        """Take one run."""
        while True:
            hold = await self._hold(run_id)
            claims.check_free(run_id, hold, await self.living())
            await self.renew(worker)
            leases = await self._take(worker, {run_id: hold.epoch if hold else 0})
            if leases:
                return leases[0]

    async def release(self, lease: Lease, again: bool) -> None:
        """Give a run back."""
        await self._write(_RELEASE, again, lease.run_id, lease.worker_id, lease.epoch)

    async def next_due(self, workflows: Collection[str]) -> datetime | None:
        """Return when the next unheld run of these workflows is due."""
        names, dead = _json(workflows), _json(self._dead(await self._workers()))
        if await self._read(_LEFT, dead, names, _STOPPED, 1):
            return claims.AT_ONCE
        rows = await self._read(_NEXT, names)
        return moment(rows[0][0]) if rows else None

    def _dead(self, known: Iterable[WorkerInfo]) -> dict[str, WorkerInfo]:
        now = self._clock()
        return {info.worker_id: info for info in known if not alive(info, now)}

    async def _workers(self) -> list[WorkerInfo]:
        return [_read_worker.decode(info) for (info,) in await self._read(_WORKERS)]

    async def _hold(self, run_id: str) -> Hold | None:
        rows = await self._read(_HOLD, run_id)
        return Hold(*rows[0]) if rows else None

    async def _take(self, worker: WorkerInfo, seen: dict[str, int]) -> list[Lease]:
        if not seen:
            return []
        now, worker_id = self._clock(), worker.worker_id
        wanted = [
            (run_id, worker_id, claims.taken(Hold(epoch), worker_id, now).epoch, epoch)
            for run_id, epoch in seen.items()
        ]
        rows = await self._write(_TAKE, msgspec.json.encode(wanted).decode())
        taken = {row[0]: Lease(*row) for row in rows}
        return [taken[run_id] for run_id in seen if run_id in taken]

    async def _bury(self, dead: Iterable[WorkerInfo]) -> None:
        # A worker that was dead and renews itself after all is back as it was.
        graves = [(info.worker_id, milliseconds(info.expires_at)) for info in dead]
        if graves:
            await self._write(_BURY, msgspec.json.encode(graves).decode())


def _json(names: Iterable[str]) -> str:
    return msgspec.json.encode(list(names)).decode()
