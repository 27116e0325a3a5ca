"""Workers and leases in a Postgres store, by the clock of the server.

A worker's row says until when it lives. How long that is, its own clock and the server's agree on,
whatever time each has: it is the time left that is sent. That the process of a worker on this host
is gone can only be seen from here, so a claim is told which workers are known to be dead.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

import msgspec

from flopod.backend import Lease, WorkerInfo
from flopod.stored import utc_now
from flopod_backends import claims
from flopod_backends.claims import Hold, Living
from flopod_backends.leases import Leases, read_worker, seen_epoch
from flopod_backends.liveness import present
from flopod_backends.log_rows import Row
from flopod_backends.moments import milliseconds, moment
from flopod_backends.postgres_claims import NOW, OPEN, OWING, Claims
from flopod_backends.postgres_errors import Lost
from flopod_backends.postgres_link import Link
from flopod_backends.postgres_write import Writer

_WORKERS = f"SELECT worker_id, expires_at > {NOW}, info FROM workers"
_RENEW = f"""
INSERT INTO workers (worker_id, expires_at, info) VALUES ($2, {NOW} + $3, $4)
ON CONFLICT (worker_id) DO UPDATE SET expires_at = excluded.expires_at, info = excluded.info
"""
# Of a run that was taken and never begun there is nothing to be done again.
_RETIRE = """
WITH gone AS (
    DELETE FROM workers WHERE worker_id = $1
), unbegun AS (
    DELETE FROM runs WHERE worker_id = $1 AND NOT begun
)
UPDATE runs SET worker_id = NULL, again = true WHERE worker_id = $1 AND begun
"""
# A worker that was dead and renews itself after all is back as it was, for as long as nobody took
# its runs: so it is forgotten late, and what is nobody's then is given back.
_SWEEP = f"""
WITH forgotten AS (
    DELETE FROM workers
    WHERE expires_at < {NOW} - 3600000 AND NOT EXISTS (
        SELECT 1 FROM runs WHERE runs.worker_id = workers.worker_id AND begun
    )
    RETURNING worker_id
), unbegun AS (
    DELETE FROM runs
    WHERE worker_id IS NOT NULL AND NOT begun
      AND (worker_id IN (SELECT worker_id FROM forgotten)
           OR worker_id NOT IN (SELECT worker_id FROM workers))
)
UPDATE runs SET worker_id = NULL, again = true
WHERE worker_id IS NOT NULL AND begun AND worker_id NOT IN (SELECT worker_id FROM workers)
"""
_ANY_LEFT = f"""
SELECT 1 FROM runs
WHERE (worker_id = ANY($2::text[]) OR (again AND worker_id IS NULL))
  AND workflow = ANY($1::text[]) AND {OPEN} AND begun
LIMIT 1
"""
_NEXT = f"""
SELECT least((
    SELECT due_at FROM runs
    WHERE due_at IS NOT NULL AND worker_id IS NULL AND workflow = ANY($1::text[]) AND {OPEN}
    ORDER BY due_at LIMIT 1
), (
    SELECT due_at FROM runs
    WHERE {OWING} AND (worker_id IS NULL OR worker_id = ANY($2::text[]))
    ORDER BY due_at LIMIT 1
))
"""
_HELD_BY = "SELECT worker_id, count(*) FROM runs WHERE worker_id IS NOT NULL GROUP BY worker_id"
_HOLDS = "SELECT run_id, epoch, worker_id FROM runs WHERE run_id = ANY($1::text[])"
_TAKE = f"""
WITH wanted AS (
    SELECT * FROM unnest($2::text[], $3::text[], $4::bigint[]) AS w (run_id, worker_id, seen)
), retaken AS (
    UPDATE runs
    SET worker_id = w.worker_id, epoch = greatest(runs.epoch + 1, {NOW}), again = false
    FROM wanted AS w WHERE runs.run_id = w.run_id AND runs.epoch = w.seen
    RETURNING runs.run_id, runs.worker_id, runs.epoch
), taken AS (
    INSERT INTO runs (run_id, worker_id, epoch)
    SELECT run_id, worker_id, {NOW} FROM wanted AS w
    WHERE seen = 0 AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.run_id = w.run_id)
    ON CONFLICT DO NOTHING
    RETURNING run_id, worker_id, epoch
)
SELECT * FROM retaken UNION ALL SELECT * FROM taken
"""
# Who took a run and never began it leaves nothing behind.
_RELEASE = """
WITH unbegun AS (
    DELETE FROM runs WHERE run_id = $1 AND worker_id = $2 AND epoch = $3 AND NOT begun
)
UPDATE runs SET worker_id = NULL, again = $4
WHERE run_id = $1 AND worker_id = $2 AND epoch = $3 AND begun
"""

_DAMAGED = """
UPDATE runs SET status = 'damaged', due_at = NULL WHERE run_id = $1 AND worker_id = ANY($2::text[])
"""


class _Known(NamedTuple):
    """A worker's row."""

    worker_id: str
    alive: bool
    info: WorkerInfo | None
    """None where it cannot be read: such a worker counts as dead until it renews itself."""


class PostgresLeases(Leases):
    """Who works here and who holds what."""

    def __init__(self, reader: Link, writer: Writer, clock: Callable[[], datetime] | None) -> None:
        super().__init__()
        self._reader = reader
        self._writer = writer
        self._clock = clock
        self._claims = Claims(writer)

    async def living(self) -> Living:
        """Return the workers alive."""
        return {one.worker_id: one.info for one in await self._workers() if one.alive and one.info}

    async def claiming(self) -> list[WorkerInfo]:
        """Return the workers alive that claim runs, oldest first."""
        held = {worker_id: many for worker_id, many in await self._reader.read(_HELD_BY)}
        return claims.claiming(await self.living(), held)

    async def dead(self) -> list[str]:
        """Return the workers that are known to be dead."""
        return [one.worker_id for one in await self._workers() if not one.alive]

    async def renew(self, worker: WorkerInfo) -> None:
        """Say that the worker lives until its `expires_at`."""
        self._mine.add(worker.worker_id)
        left = milliseconds(worker.expires_at) - milliseconds((self._clock or utc_now)())
        info = msgspec.json.encode(worker).decode()
        await self._writer.again(_RENEW, self._now(), worker.worker_id, left, info)

    async def retire(self, worker_id: str) -> None:
        """Forget a worker; what it still holds is given back."""
        self._mine.discard(worker_id)
        await self._writer.again(_RETIRE, worker_id)

    async def claim(
        self, worker: WorkerInfo, workflows: Collection[str], limit: int
    ) -> list[Lease]:
        """Take up to `limit` runs that need a worker."""
        known = await self._workers()
        if worker not in (one.info for one in known):
            await self.renew(worker)
        dead = [one.worker_id for one in known if not one.alive]
        limits = claims.limits(worker, workflows)
        leases = await self._claims.take(
            self._now(), worker.worker_id, workflows, limits, dead, limit
        )
        await self._sweep()
        return leases

    async def release(self, lease: Lease, again: bool) -> None:
        """Give a run back."""
        await self._writer.again(_RELEASE, lease.run_id, lease.worker_id, lease.epoch, again)

    async def next_due(self, workflows: Collection[str]) -> datetime | None:
        """Return when the next unheld run of these workflows is due."""
        names = sorted(workflows)
        dead = await self.dead()
        rows = await self._reader.read(_ANY_LEFT, names, dead)
        if rows:
            return claims.AT_ONCE
        [[due]] = await self._reader.read(_NEXT, names, dead)
        return moment(due) if due is not None else None

    async def damaged(self, run_id: str) -> None:
        """Mark a run as damaged if a worker of ours holds it: who only looks writes nothing."""
        if self._mine:
            await self._writer.again(_DAMAGED, run_id, sorted(self._mine))

    async def _tidy(self) -> None:
        await self._writer.again(_SWEEP, self._now())

    async def _take(
        self, wanted: Mapping[str, WorkerInfo], holds: Mapping[str, Hold]
    ) -> dict[str, Lease]:
        # One that was taken with an answer that got lost is ours, and is taken from us again.
        order = sorted(wanted)
        workers = [wanted[run_id].worker_id for run_id in order]
        seen = [seen_epoch(holds, run_id) for run_id in order]
        try:
            rows = await self._writer.execute(_TAKE, self._now(), order, workers, seen)
        except Lost:
            return {}
        return {row[0]: Lease(*row) for row in rows}

    async def _holds(self, run_ids: Iterable[str]) -> dict[str, Hold]:
        rows = await self._writer.again(_HOLDS, sorted(run_ids))
        return {run_id: Hold(*hold) for run_id, *hold in rows}

    async def _workers(self) -> list[_Known]:
        rows = await self._reader.read(_WORKERS, self._now())
        return [_known(row) for row in rows]

    def _now(self) -> int | None:
        return milliseconds(self._clock()) if self._clock else None


def _known(row: Row) -> _Known:
    worker_id, fresh, text = row
    info = read_worker(text)
    return _Known(worker_id, bool(fresh and info and present(info)), info)
