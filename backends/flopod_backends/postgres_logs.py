"""How the logs of a Postgres store are read.

The server's checksums see to the bytes; what can still be wrong is what somebody did by hand.
"""

from __future__ import annotations

from collections.abc import Sequence

from flopod_backends.log_rows import Row
from flopod_backends.logs import Logs
from flopod_backends.postgres_link import Link

ROW = "runs.run_id, runs.status, runs.last_seq, runs.summary"
"""What `Found` is made of."""
_EVENTS = """
SELECT seq, at, type, path, data FROM events WHERE run_id = $1 AND seq > $2
UNION ALL
SELECT NULL, last_seq, NULL, NULL, summary FROM runs WHERE run_id = $1 AND begun
ORDER BY seq NULLS FIRST
LIMIT $3::bigint
"""
"""The log and, first, how far it should reach, as they are at the same moment."""


class PostgresLogs(Logs):
    """Reads logs through one connection."""

    def __init__(self, link: Link, others: Logs | None = None) -> None:
        """Take a connection; `others` reads the same logs, and knows which are damaged."""
        super().__init__()
        if others:
            self.damaged = others.damaged
        self._link = link

    async def _rows(self, run_id: str, after: int, limit: int | None) -> Sequence[Row]:
        if limit is None:
            return await self._link.read(_EVENTS, run_id, after, None)
        rows = await self._link.read(_EVENTS, run_id, after, limit + 1)
        if len(rows) <= limit:
            return rows
        return [row for row in rows if row[0] is not None][:limit]
