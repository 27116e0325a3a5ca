"""The statements that take runs which need a worker, in a Postgres store.

What was left and what is due is taken with one statement, past what other claims have locked. Of a
workflow with a limit it counts what is held, as of its own snapshot. That count holds only if
nobody has taken runs of the workflow since: so each claim that does turns the number of its row in
`limits`, under that row's lock, and one that finds the number turned takes none and looks again.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Collection, Mapping, Sequence

from flopod.backend import Lease
from flopod.summary import STOPPED
from flopod_backends.log_rows import Row
from flopod_backends.postgres_errors import Lost
from flopod_backends.postgres_write import Writer

NOW = "coalesce($1::bigint, (extract(epoch FROM clock_timestamp()) * 1000)::bigint)"
"""The server's clock, or the one that is handed in by tests."""
ENDS = ", ".join(f"'{status}'" for status in sorted(STOPPED))
OPEN = f"status NOT IN ({ENDS})"
"""It is not at its end."""
OWING = "due_at IS NOT NULL AND status IN ('ok', 'error', 'cancelled')"
"""It is, and has yet to tell somebody of that, for which nobody needs its code."""
_LOOKS = 10
"""How often a claim looks again that others have overtaken, before it is left for the next one."""


def _needing(workflow: str, most: str) -> str:
    """Return the pieces that lock the runs that need a worker, each kind by an index of its own."""
    mine = f"workflow = {workflow}"
    left = f"{mine} AND {OPEN} AND begun"
    by_due = f"ORDER BY coalesce(due_at, 0), run_id LIMIT {most} FOR UPDATE SKIP LOCKED"
    return f"""
    SELECT * FROM (
        SELECT run_id, workflow, due_at AS due, false AS owing FROM runs
        WHERE due_at <= {NOW} AND worker_id IS NULL AND NOT again AND {mine} AND {OPEN}
        ORDER BY due_at, run_id LIMIT {most} FOR UPDATE SKIP LOCKED
    ) AS waiting
    UNION ALL SELECT * FROM (
        SELECT run_id, workflow, coalesce(due_at, 0), false FROM runs
        WHERE worker_id = ANY($4::text[]) AND {left} {by_due}
    ) AS left_over
    UNION ALL SELECT * FROM (
        SELECT run_id, workflow, coalesce(due_at, 0), false FROM runs
        WHERE again AND worker_id IS NULL AND {left} {by_due}
    ) AS given_back
    """


_OWING = f"""
    SELECT * FROM (
        SELECT run_id, workflow, due_at AS due, true AS owing FROM runs
        WHERE {OWING} AND due_at <= {NOW} AND (worker_id IS NULL OR worker_id = ANY($4::text[]))
        ORDER BY due_at, run_id LIMIT $5 FOR UPDATE SKIP LOCKED
    ) AS owing
"""
_UPDATE = f"""
UPDATE runs
SET worker_id = $2, epoch = greatest(runs.epoch + 1, {NOW}), again = false, claim = $6
FROM found WHERE runs.run_id = found.run_id
RETURNING runs.run_id, runs.worker_id, runs.epoch, found.due, found.owing
"""
_CLAIM = f"""
WITH needing AS ({_needing("ANY($3::text[])", "$5")} UNION ALL {_OWING}),
found AS (SELECT * FROM needing ORDER BY due, run_id LIMIT $5)
{_UPDATE}
"""
# A last row without an id says that the number of a limit had been turned.
_CLAIM_WITHIN = f"""
WITH room AS (
    SELECT limits.workflow, limits.turn, most - (
        SELECT count(*) FROM runs
        WHERE worker_id IS NOT NULL AND runs.workflow = limits.workflow
    ) AS free
    FROM unnest($7::text[], $8::bigint[]) AS w (workflow, most) JOIN limits USING (workflow)
), wanted AS (
    SELECT workflow FROM room WHERE free > 0 AND EXISTS (
        SELECT 1 FROM runs WHERE runs.workflow = room.workflow AND worker_id IS NULL
        AND (due_at <= {NOW} OR again)
    )
), locked AS (
    SELECT workflow, turn FROM limits WHERE workflow IN (SELECT workflow FROM wanted)
    ORDER BY workflow FOR UPDATE
), fresh AS (
    SELECT workflow, free FROM room JOIN locked USING (workflow, turn)
), needing AS (
    SELECT * FROM ({_needing("ANY($3::text[])", "$5")}) AS free_of_limits
    WHERE cardinality($3::text[]) > 0
    UNION ALL {_OWING} UNION ALL
    SELECT * FROM (
        SELECT within.* FROM fresh CROSS JOIN LATERAL (
            SELECT * FROM ({_needing("fresh.workflow", "least(fresh.free, $5)")}) AS every
            ORDER BY due, run_id LIMIT fresh.free
        ) AS within
    ) AS of_limits
), found AS (
    SELECT * FROM needing ORDER BY due, run_id LIMIT $5
), turned AS (
    UPDATE limits SET turn = turn + 1 WHERE workflow IN (SELECT workflow FROM found)
), taken AS ({_UPDATE})
SELECT * FROM taken
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL
WHERE EXISTS (SELECT 1 FROM locked WHERE workflow NOT IN (SELECT workflow FROM fresh))
"""
_TAKEN = f"""
SELECT run_id, worker_id, epoch, coalesce(due_at, 0), {OWING} FROM runs
WHERE worker_id = $1 AND claim = $2
"""
_KNOW = "INSERT INTO limits (workflow) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING"
_VOID = """
UPDATE runs SET worker_id = NULL, again = true
WHERE worker_id = ANY($1::text[]) AND workflow = ANY($2::text[])
"""


class Claims:
    """Takes runs that need a worker."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._known: set[str] = set()
        """The workflows that have a row in `limits`."""

    async def take(
        self,
        now: int | None,
        worker_id: str,
        workflows: Collection[str],
        limits: Mapping[str, int],
        dead: Sequence[str],
        most: int,
    ) -> list[Lease]:
        """Take up to `most` runs that need a worker, those due longest first."""
        free = sorted(set(workflows) - limits.keys())
        if not limits:
            rows = await self._commit(_CLAIM, now, worker_id, free, dead, most)
            return _leases(rows)
        await self._prepare(sorted(limits), dead)
        within = [*limits], [*limits.values()]
        rows = []
        for _ in range(_LOOKS):
            left = most - len(rows)
            taken = await self._commit(_CLAIM_WITHIN, now, worker_id, free, dead, left, *within)
            rows += (row for row in taken if row[0] is not None)
            if len(rows) >= most or all(row[0] is not None for row in taken):
                break
            await asyncio.sleep(0)
        return _leases(rows)

    async def _prepare(self, names: list[str], dead: Sequence[str]) -> None:
        """See that each limit has a row, and that what dead workers hold does not count."""
        if not self._known.issuperset(names):
            await self._writer.again(_KNOW, names)
            self._known.update(names)
        if dead:
            await self._writer.again(_VOID, dead, names)

    async def _commit(
        self, sql: str, now: int | None, worker_id: str, *parameters: object
    ) -> list[Row]:
        claim = secrets.randbits(63)
        free, dead, most, *within = parameters
        try:
            return await self._writer.execute(sql, now, worker_id, free, dead, most, claim, *within)
        except Lost:
            # What it took, if it was executed, is ours: nobody else would ever take it up.
            return await self._writer.again(_TAKEN, worker_id, claim)


def _leases(rows: Collection[Row]) -> list[Lease]:
    first = sorted(rows, key=lambda row: (row[3], row[0]))
    return [Lease(run_id, worker_id, epoch, owing) for run_id, worker_id, epoch, _, owing in first]
