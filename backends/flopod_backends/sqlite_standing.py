"""Where runs stand in a SQLite store before something is appended to them.

A run's row is believed where it fits its log's end; else it is written anew from the log first.
What may not be followed by anything (a damaged log, an id that another run has in other letters)
is told with the run, so that only its own appends are refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import aiosqlite
import msgspec

from flopod.errors import CorruptLogError
from flopod.summary import RunSummary, Status
from flopod_backends.appends import Standing, columns, other_case
from flopod_backends.claims import Hold
from flopod_backends.log_rows import Found, believed
from flopod_backends.sqlite_logs import ROW, Logs
from flopod_backends.sqlite_open import Row, fetch
from flopod_backends.sqlite_place import Place

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


class Standings:
    """Reads where runs stand, through the connection that writes."""

    def __init__(self, place: Place, connection: aiosqlite.Connection, logs: Logs) -> None:
        self._place = place
        self._connection = connection
        self._logs = logs

    async def read(self, run_ids: Iterable[str]) -> dict[str, Standing]:
        """Return how these runs stand now."""
        rows = await self._fetch(_STANDING, _json(sorted(run_ids)))
        return {row[0]: await self._standing(*row) for row in rows}

    def is_damaged(self, run_id: str) -> bool:
        """Return whether the log of a run could not be read the last time."""
        return run_id in self._logs.damaged

    async def _standing(
        self,
        run_id: str,
        end: int | None,
        other: str | None,
        epoch: int | None,
        worker_id: str | None,
        *row: Any,
    ) -> Standing:
        hold = Hold(epoch, worker_id) if epoch is not None else None
        if other is not None:
            return Standing(None, hold, True, other_case(run_id, other))
        try:
            summary = await self._summary(run_id, end, Found(*row))
        except CorruptLogError as error:
            return Standing(None, hold, True, error)
        return Standing(summary, hold, True)

    async def _summary(self, run_id: str, end: int | None, found: Found) -> RunSummary | None:
        if found.summary is None and end is None:
            return None
        summary = believed(found)
        suspect = self.is_damaged(run_id) or found.status == Status.DAMAGED
        if summary is not None and summary.last_seq == end and not suspect:
            return summary
        return await self.rewrite(run_id)

    async def rewrite(self, run_id: str) -> RunSummary:
        """Write the run's row anew, as the log gives it, and return its summary.

        Raises:
            CorruptLogError: the log is damaged.
        """
        summary = await self._logs.folded(run_id)
        await self._fetch(_REWRITE, run_id, *columns(summary))
        return summary

    async def _fetch(self, sql: str, *parameters: Any) -> list[Row]:
        return await fetch(self._place.path, self._connection, sql, parameters)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
