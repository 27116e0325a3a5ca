"""How a SQLite store reads where runs stand, and writes their rows anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aiosqlite

from flopod.summary import RunSummary
from flopod_backends.appends import columns
from flopod_backends.sqlite_claims import as_json
from flopod_backends.sqlite_logs import ROW, SqliteLogs
from flopod_backends.sqlite_open import Row, fetch
from flopod_backends.sqlite_place import Place
from flopod_backends.standings import Standings

_STANDING = f"""
SELECT asked.value,
       (SELECT max(seq) FROM events WHERE run_id = asked.value),
       (SELECT run_id FROM runs
        WHERE run_id = asked.value COLLATE NOCASE AND run_id <> asked.value),
       leases.epoch, leases.worker_id, {ROW}
FROM json_each(?) AS asked
LEFT JOIN runs ON runs.run_id = asked.value
LEFT JOIN leases ON leases.run_id = asked.value
"""
_REWRITE = """
INSERT INTO runs (
    run_id, workflow, status, submitted_at, due_at, last_seq, search, summary, rev
)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, (SELECT rev + 1 FROM last_change)
WHERE ?6 = (SELECT max(seq) FROM events WHERE run_id = ?1)
ON CONFLICT (run_id) DO UPDATE SET
    workflow = excluded.workflow, status = excluded.status, due_at = excluded.due_at,
    submitted_at = excluded.submitted_at, last_seq = excluded.last_seq, rev = excluded.rev,
    search = excluded.search, summary = excluded.summary
"""
"""A run's row anew, if it was folded from the whole log."""


class SqliteStandings(Standings):
    """Reads where runs stand, through the connection that writes."""

    def __init__(self, place: Place, connection: aiosqlite.Connection, logs: SqliteLogs) -> None:
        super().__init__(logs)
        self._place = place
        self._connection = connection

    async def _rows(self, run_ids: Sequence[str]) -> list[Row]:
        return await self._fetch(_STANDING, as_json(run_ids))

    async def _write(self, summary: RunSummary) -> None:
        await self._fetch(_REWRITE, summary.run_id, *columns(summary))

    async def _fetch(self, sql: str, *parameters: Any) -> list[Row]:
        return await fetch(self._place.path, self._connection, sql, parameters)
