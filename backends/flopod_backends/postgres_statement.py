"""A batch of appends as SQL: one statement for all its runs, or a lighter one for a single run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Any, TypeAlias

from flopod.summary import STOPPED
from flopod_backends.appends import Plan
from flopod_backends.moments import milliseconds
from flopod_backends.postgres_standing import text_columns

_FEW = 8
"""Up to so many events of one run have a statement of their own, prepared once for each number."""

_RUN = {
    "run_id": "text",
    "expected": "int",
    "worker_id": "text",
    "epoch": "bigint",
    "workflow": "text",
    "status": "text",
    "submitted_at": "bigint",
    "due_at": "bigint",
    "last_seq": "int",
    "search": "text",
    "summary": "text",
}
"""What is said of a run: where its log should end, by whose lease, and its row from then on."""
_EVENT = {"seq": "int", "at": "bigint", "type": "text", "path": "text", "data": "text"}
_ENDS = ", ".join(f"'{status}'" for status in sorted(STOPPED))
_UPDATE = f"""
    UPDATE runs SET
        workflow = {{workflow}}, status = {{status}}, submitted_at = {{submitted_at}},
        due_at = {{due_at}}, last_seq = {{last_seq}}, search = {{search}}, summary = {{summary}},
        begun = true,
        -- A run that is at its end is nobody's; that is so with the same commit.
        worker_id = CASE WHEN {{worker_id}} IS NOT NULL AND {{status}} IN ({_ENDS})
                         THEN NULL ELSE runs.worker_id END,
        again = runs.again AND {{status}} NOT IN ({_ENDS})
    {{source}}
    WHERE runs.run_id = {{run_id}} AND runs.last_seq = {{expected}}
      AND ({{worker_id}} IS NULL
           OR (runs.worker_id = {{worker_id}} AND runs.epoch = {{epoch}}))
    RETURNING runs.run_id
"""


def _places(kinds: Mapping[str, str], first: int) -> dict[str, str]:
    """Return how each parameter is written, from number `first` on."""
    return {name: f"${number}::{kind}" for number, (name, kind) in enumerate(kinds.items(), first)}


def _table(kinds: Mapping[str, str], first: int, name: str) -> str:
    """Return the rows that parameters hold, a column each."""
    arrays = (f"{place}[]" for place in _places(kinds, first).values())
    return f"unnest({', '.join(arrays)}) AS {name} ({', '.join(kinds)})"


_FIRST = 2 + len(_RUN)
"""The number of the first parameter of an event; $1 is the batch."""
_MANY = f"""
WITH wanted AS (
    SELECT * FROM {_table(_RUN, 2, "w")}
), followed AS (
    {_UPDATE.format(**{name: f"w.{name}" for name in _RUN}, source="FROM wanted AS w")}
), new AS (
    INSERT INTO runs
        (run_id, workflow, status, submitted_at, due_at, last_seq, search, summary, begun)
    SELECT run_id, workflow, status, submitted_at, due_at, last_seq, search, summary, true
    FROM wanted AS w
    WHERE expected = 0 AND worker_id IS NULL
      AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.run_id = w.run_id)
    ON CONFLICT DO NOTHING
    RETURNING run_id
), written AS (
    SELECT run_id FROM followed UNION ALL SELECT run_id FROM new
), logged AS (
    INSERT INTO events (run_id, seq, at, type, path, data, batch)
    SELECT e.run_id, e.seq, e.at, e.type, e.path, e.data, $1::bigint
    FROM {_table({"run_id": "text", **_EVENT}, _FIRST, "e")} JOIN written USING (run_id)
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
    events = [list(_events(plans)) for plans in runs]
    if len(runs) == 1 and runs[0][0].expected and len(events[0]) <= _FEW:
        return _one(len(events[0])), (batch, *rows[0], *chain.from_iterable(events[0]))
    named = [(row[0], *event) for row, those in zip(rows, events, strict=True) for event in those]
    return _MANY, (batch, *zip(*rows, strict=True), *zip(*named, strict=True))


@cache
def _one(events: int) -> str:
    """Return the statement for a run that is there: nothing to take apart, and nothing to join."""
    firsts = range(_FIRST, _FIRST + len(_EVENT) * events, len(_EVENT))
    rows = (
        f"SELECT run_id, {', '.join(_places(_EVENT, first).values())}, $1::bigint FROM followed"
        for first in firsts
    )
    return f"""
WITH followed AS (
    {_UPDATE.format(**_places(_RUN, 2), source="")}
), logged AS (
    INSERT INTO events (run_id, seq, at, type, path, data, batch)
    {" UNION ALL ".join(rows)}
)
SELECT run_id FROM followed
"""


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
