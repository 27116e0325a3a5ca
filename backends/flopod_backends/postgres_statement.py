"""A batch of appends as SQL: one statement for all its runs, or a lighter one for a single run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain
from typing import Any, TypeAlias

from flopod.summary import STOPPED
from flopod_backends.appends import Plan
from flopod_backends.moments import milliseconds
from flopod_backends.postgres_standing import text_columns

_FEW = 8
"""Up to so many events of one run have a statement of their own, prepared once for each number."""

_ENDS = ", ".join(f"'{status}'" for status in sorted(STOPPED))
_SET = f"""
        workflow = w.workflow, status = w.status, submitted_at = w.submitted_at,
        due_at = w.due_at, last_seq = w.last_seq, search = w.search, summary = w.summary,
        -- A run that is at its end is nobody's; that is so with the same commit.
        worker_id = CASE WHEN w.worker_id IS NOT NULL AND w.status IN ({_ENDS})
                         THEN NULL ELSE runs.worker_id END,
        again = runs.again AND w.status NOT IN ({_ENDS})
"""
_FITS = """
    runs.run_id = w.run_id AND runs.last_seq = w.expected
      AND (w.worker_id IS NULL OR (runs.worker_id = w.worker_id AND runs.epoch = w.epoch))
"""
_ONE = f"""
WITH followed AS (
    UPDATE runs SET {_SET}
    FROM (VALUES ($2::text, $3::int, $4::text, $5::bigint, $6::text, $7::text, $8::bigint,
                  $9::bigint, $10::int, $11::text, $12::text))
        AS w (run_id, expected, worker_id, epoch, workflow, status, submitted_at, due_at, last_seq,
              search, summary)
    WHERE {_FITS}
    RETURNING runs.run_id
), logged AS (
    INSERT INTO events (run_id, seq, at, type, path, data, batch)
    SELECT f.run_id, e.seq, e.at, e.type, e.path, e.data, $1::bigint
    FROM followed AS f, (VALUES {{events}}) AS e (seq, at, type, path, data)
)
SELECT run_id FROM followed
"""
"""For one run that is there: no arrays to take apart, and nothing to join."""
_EVENT = "(${}::int, ${}::bigint, ${}::text, ${}::text, ${}::text)"
_FIRST = 13
_MANY = f"""
WITH wanted AS (
    SELECT * FROM unnest(
        $2::text[], $3::int[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::bigint[],
        $9::bigint[], $10::int[], $11::text[], $12::text[]
    ) AS w (run_id, expected, worker_id, epoch, workflow, status, submitted_at, due_at, last_seq,
            search, summary)
), followed AS (
    UPDATE runs SET {_SET} FROM wanted AS w WHERE {_FITS}
    RETURNING runs.run_id
), begun AS (
    INSERT INTO runs (run_id, workflow, status, submitted_at, due_at, last_seq, search, summary)
    SELECT run_id, workflow, status, submitted_at, due_at, last_seq, search, summary
    FROM wanted AS w
    WHERE expected = 0 AND worker_id IS NULL
      AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.run_id = w.run_id)
    ON CONFLICT DO NOTHING
    RETURNING run_id
), written AS (
    SELECT run_id FROM followed UNION ALL SELECT run_id FROM begun
), logged AS (
    INSERT INTO events (run_id, seq, at, type, path, data, batch)
    SELECT e.run_id, e.seq, e.at, e.type, e.path, e.data, $1::bigint
    FROM unnest(
        $13::text[], $14::int[], $15::bigint[], $16::text[], $17::text[], $18::text[]
    ) AS e (run_id, seq, at, type, path, data)
    JOIN written USING (run_id)
)
SELECT run_id FROM written
"""

_Row: TypeAlias = tuple[Any, ...]


def statement(runs: Sequence[Sequence[Plan]], batch: int) -> tuple[str, _Row]:
    """Return the statement that commits the plans, those of a run together, and its parameters.

    It returns the ids of the runs that took them.

    Args:
        batch: the number by which the commit is found again.
    """
    rows = [_row(plans) for plans in runs]
    events = [(plans[0].append.run_id, *event) for plans in runs for event in _events(plans)]
    if len(rows) == 1 and runs[0][0].expected and len(events) <= _FEW:
        values = chain.from_iterable(event[1:] for event in events)
        return _one(len(events)), (batch, *rows[0], *values)
    return _MANY, (batch, *zip(*rows, strict=True), *zip(*events, strict=True))


@cache
def _one(events: int) -> str:
    places = (range(_FIRST + 5 * number, _FIRST + 5 * (number + 1)) for number in range(events))
    return _ONE.format(events=", ".join(_EVENT.format(*place) for place in places))


def _row(plans: Sequence[Plan]) -> _Row:
    leases = {(p.append.lease.worker_id, p.append.lease.epoch) for p in plans if p.append.lease}
    # Two leases of a run are not both the newest: no epoch fits, and each is looked at alone.
    worker_id, epoch = leases.pop() if len(leases) == 1 else ("", -1) if leases else (None, None)
    summary = plans[-1].summary
    return (summary.run_id, plans[0].expected, worker_id, epoch, *text_columns(summary))


def _events(plans: Sequence[Plan]) -> Iterator[_Row]:
    for plan in plans:
        for event, text in zip(plan.events, plan.append.texts, strict=True):
            data = text.data.decode()
            yield event.seq, milliseconds(event.at), event.type, event.path, data
