"""What a list of runs asks of a SQLite store: fixed pieces of SQL, every value a parameter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, TypeAlias

import msgspec

from flopod.backend import RunQuery
from flopod.summary import EXECUTING
from flopod_backends.listing import stored
from flopod_backends.moments import milliseconds_up
from flopod_backends.sqlite_logs import ROW

RUN = f"""
SELECT {ROW}, leases.worker_id
FROM runs LEFT JOIN leases USING (run_id)
WHERE runs.run_id = ?
"""
VERSION = "PRAGMA data_version"
"""Another number once another connection, ours that writes among them, has committed."""
SUBMITTED = "SELECT submitted_at FROM runs WHERE run_id = ?"
_COUNTS = """
SELECT CAST(status AS BLOB), count(*), 0 FROM runs GROUP BY status
UNION ALL
SELECT CAST(status AS BLOB), 0, count(*)
FROM runs LEFT JOIN leases USING (run_id)
WHERE status IN (SELECT value FROM json_each(?))
  AND (worker_id IS NULL OR worker_id NOT IN (SELECT value FROM json_each(?)))
GROUP BY status
"""
_LIST = f"""
SELECT {ROW}, leases.worker_id
FROM runs LEFT JOIN leases USING (run_id)
WHERE 1
"""
_STORED_STATUS = " AND status IN (SELECT value FROM json_each(?))"
_TOLD_STATUS = """
 AND CASE
    WHEN status IN (SELECT value FROM json_each(?))
     AND (worker_id IS NULL OR worker_id NOT IN (SELECT value FROM json_each(?)))
    THEN 'interrupted' ELSE status
 END IN (SELECT value FROM json_each(?))
"""
_WORKFLOW = " AND workflow = ?"
_THESE = " AND run_id IN (SELECT value FROM json_each(?))"
_SEARCH = " AND instr(search, ?)"
_SUBMITTED_BEFORE = " AND submitted_at < ?"
_LISTED_AFTER = " AND submitted_at <= ? AND (submitted_at < ? OR run_id > ?)"
_ORDER = " ORDER BY submitted_at DESC, run_id LIMIT ?"

_Piece: TypeAlias = tuple[str, tuple[Any, ...]]


def counting(living: Iterable[str]) -> _Piece:
    """Return the statement that counts runs by status, all and then those without a worker."""
    return _COUNTS, (_json(EXECUTING), _json(living))


def listing(query: RunQuery, living: Iterable[str], since: int | None) -> _Piece:
    """Return the statement that lists runs, and its parameters.

    Args:
        living: the ids of the workers alive.
        since: when the run was submitted after which the page begins, if it begins after one.
    """
    pieces = list(_pieces(query, living, since))
    sql = "".join(piece for piece, _ in pieces)
    return sql, tuple(value for _, values in pieces for value in values)


def _pieces(query: RunQuery, living: Iterable[str], since: int | None) -> Iterator[_Piece]:
    yield _LIST, ()
    if query.statuses is not None:
        yield _STORED_STATUS, (_json(stored(query.statuses)),)
        yield _TOLD_STATUS, (_json(EXECUTING), _json(living), _json(query.statuses))
    if query.workflow is not None:
        yield _WORKFLOW, (query.workflow,)
    if query.run_ids is not None:
        yield _THESE, (_json(query.run_ids),)
    if query.search:
        yield _SEARCH, (query.search.lower(),)
    if isinstance(query.before, datetime):
        yield _SUBMITTED_BEFORE, (milliseconds_up(query.before),)
    elif query.before is not None:
        yield _LISTED_AFTER, (since, since, query.before)
    yield _ORDER, (-1 if query.limit is None else query.limit,)


def _json(names: Iterable[str]) -> str:
    return msgspec.json.encode(sorted(names)).decode()
