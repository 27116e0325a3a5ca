"""How a Postgres store reads where runs stand, and writes their rows anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flopod.summary import RunSummary
from flopod_backends.appends import columns
from flopod_backends.log_rows import Row
from flopod_backends.postgres_link import Link
from flopod_backends.postgres_logs import ROW, PostgresLogs
from flopod_backends.standings import Standings

_STANDING = f"""
SELECT asked.run_id,
       (SELECT max(seq) FROM events WHERE run_id = asked.run_id),
       (SELECT run_id FROM runs
        WHERE lower(run_id) = lower(asked.run_id) AND run_id <> asked.run_id AND begun),
       runs.epoch, runs.worker_id, {ROW}
FROM unnest($1::text[]) AS asked (run_id) LEFT JOIN runs USING (run_id)
"""
REWRITE = """
INSERT INTO runs
    (run_id, workflow, status, submitted_at, due_at, last_seq, search, summary, begun)
SELECT $1::text, $2::text, $3::text, $4::bigint, $5::bigint, $6::int, $7::text, $8::text, true
WHERE $6 = (SELECT max(seq) FROM events WHERE run_id = $1)
ON CONFLICT (run_id) DO UPDATE SET
    workflow = excluded.workflow, status = excluded.status, submitted_at = excluded.submitted_at,
    due_at = excluded.due_at, last_seq = excluded.last_seq, search = excluded.search,
    summary = excluded.summary, begun = true
"""
"""A run's row anew, if it was folded from the whole log."""


class PostgresStandings(Standings):
    """Reads where runs stand, through the connection that writes."""

    def __init__(self, link: Link, logs: PostgresLogs) -> None:
        super().__init__(logs)
        self._link = link

    async def _rows(self, run_ids: Sequence[str]) -> list[Row]:
        return await self._link.read(_STANDING, run_ids)

    async def _write(self, summary: RunSummary) -> None:
        await self._link.fetch(REWRITE, summary.run_id, *text_columns(summary))


def text_columns(summary: RunSummary) -> tuple[Any, ...]:
    """Return what a run's row holds beside its id, as Postgres takes it: a text holds no NUL."""
    *others, search, told = columns(summary)
    return (*others, search.replace("\0", " "), told)
