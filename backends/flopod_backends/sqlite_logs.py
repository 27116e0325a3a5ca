"""How the logs of a SQLite store are read, also where a page of the file is damaged."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from flopod.errors import BackendError
from flopod.summary import Status
from flopod_backends.log_rows import damage, restored
from flopod_backends.logs import Logs
from flopod_backends.sqlite_open import Execute, Row, is_damage

_STATUSES = ", ".join(f"'{status}'" for status in Status)
ROW = f"""
runs.run_id, iif(runs.status IN ({_STATUSES}), runs.status, NULL), runs.last_seq,
CAST(runs.summary AS BLOB)
"""
"""What `Found` is made of: no text that may be no UTF-8, which would fail the whole statement."""
_EVENTS = """
SELECT seq, at, type, path, data FROM events WHERE run_id = ?1 AND seq > ?2
UNION ALL
SELECT NULL, last_seq, NULL, NULL, CAST(summary AS BLOB) FROM runs WHERE run_id = ?1
ORDER BY seq
"""
"""The log and, first, how far it should reach, as they are at the same moment."""
_SOME = """
SELECT seq, at, type, path, data FROM events
WHERE run_id = ? AND seq > ? AND seq <= ? ORDER BY seq
"""
_AT_ONCE = 1024


class SqliteLogs(Logs):
    """Reads logs through the connection that reads."""

    def __init__(self, read: Execute) -> None:
        super().__init__()
        self._read = read

    async def _rows(self, run_id: str, after: int, limit: int | None) -> Sequence[Row]:
        if limit is not None:
            with suppress(BackendError):  # all of it is read then, and the damage told
                rows = await self._read(_SOME, run_id, after, after + limit)
                if len(rows) == limit:
                    return rows
        try:
            return await self._read(_EVENTS, run_id, after)
        except BackendError as error:
            if not is_damage(error):
                raise
            rows = await self._readable(run_id, after)
            events = restored(run_id, after, rows)
            raise damage(run_id, after + len(events) + 1, "cannot be read", events) from error

    async def _readable(self, run_id: str, after: int) -> list[Row]:
        """Return what can be read before the first page that can't."""
        rows: list[Row] = []
        step = _AT_ONCE
        while step:
            first = after + len(rows)
            try:
                some = await self._read(_SOME, run_id, first, first + step)
            except BackendError as error:
                if not is_damage(error):
                    raise
                step //= 4
            else:
                rows += some
                if not some:
                    break
        return rows
