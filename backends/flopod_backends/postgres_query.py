"""What a list of runs asks of a Postgres store: fixed pieces of SQL, every value a parameter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, TypeAlias

from flopod.backend import RunQuery
from flopod.summary import EXECUTING
from flopod_backends.listing import stored
from flopod_backends.moments import milliseconds_up
from flopod_backends.postgres_logs import ROW

RUN = f"SELECT {ROW}, worker_id FROM runs WHERE run_id = $1 AND begun"
SUBMITTED = "SELECT submitted_at FROM runs WHERE run_id = $1 AND begun"
COUNTS = """
SELECT status, count(*),
       count(*) FILTER (WHERE status = ANY($1::text[])
                        AND (worker_id IS NULL OR worker_id <> ALL($2::text[])))
FROM runs WHERE begun GROUP BY status
"""
_LIST = f"SELECT {ROW}, worker_id FROM runs WHERE begun"
_STORED_STATUS = " AND status = ANY({}::text[])"
_TOLD_STATUS = """
 AND CASE
    WHEN status = ANY({}::text[]) AND (worker_id IS NULL OR worker_id <> ALL({}::text[]))
    THEN 'interrupted' ELSE status
 END = ANY({}::text[])
"""
_WORKFLOW = " AND workflow = {}"
_THESE = " AND run_id = ANY({}::text[])"
_SEARCH = " AND strpos(search, {}) > 0"
_SUBMITTED_BEFORE = " AND submitted_at < {}"
_LISTED_AFTER = " AND submitted_at <= {} AND (submitted_at < {} OR run_id > {})"
_ORDER = " ORDER BY submitted_at DESC, run_id LIMIT {}::bigint"

_Piece: TypeAlias = tuple[str, tuple[Any, ...]]


def counting(living: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the parameters of `COUNTS`."""
    return sorted(EXECUTING), sorted(living)


def listing(
    query: RunQuery, living: Iterable[str], since: int | None
) -> tuple[str, tuple[Any, ...]]:
    """Return the statement that lists runs, and its parameters.

    Args:
        living: the ids of the workers alive.
        since: when the run was submitted after which the page begins, if it begins after one.
    """
    sql = ""
    parameters: list[Any] = []
    for piece, values in _pieces(query, living, since):
        places = range(len(parameters) + 1, len(parameters) + len(values) + 1)
        sql += piece.format(*(f"${place}" for place in places))
        parameters += values
    return sql, tuple(parameters)


def _pieces(query: RunQuery, living: Iterable[str], since: int | None) -> Iterator[_Piece]:
    yield _LIST, ()
    if query.statuses is not None:
        yield _STORED_STATUS, (sorted(stored(query.statuses)),)
        yield _TOLD_STATUS, (sorted(EXECUTING), sorted(living), sorted(query.statuses))
    if query.workflow is not None:
        yield _WORKFLOW, (query.workflow,)
    if query.run_ids is not None:
        yield _THESE, (sorted(query.run_ids),)
    if query.search:
        yield _SEARCH, (query.search.lower().replace("\0", " "),)
    if isinstance(query.before, datetime):
        yield _SUBMITTED_BEFORE, (milliseconds_up(query.before),)
    elif query.before is not None:
        yield _LISTED_AFTER, (since, since, query.before)
    yield _ORDER, (query.limit,)
