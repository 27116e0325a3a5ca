"""A batch of appends as one statement, one round trip.

A run's row is updated only where its log ends as expected and the lease is the newest, and events
go in only for rows that were: so runs that other programs were quicker with are left out, and the
statement says which. Those are read, what cannot be is refused alone, and the rest is sent again.

A connection may be cut while a commit is on its way. Then the batch is looked for by its number,
after the server's process is gone, and sent again only if it is not there.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import asyncpg

from flopod.errors import BackendError
from flopod.summary import STOPPED
from flopod_backends.appends import (
    Append,
    Known,
    Plan,
    Unsure,
    planned,
    refuse,
)
from flopod_backends.moments import milliseconds
from flopod_backends.postgres_errors import Lost
from flopod_backends.postgres_link import Link
from flopod_backends.postgres_standing import text_columns
from flopod_backends.standings import Standings

PATIENCE = 30.0
"""Seconds for which a server that is away, or others that are quicker, are waited for."""

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
    FROM (VALUES ($1::text, $2::int, $3::text, $4::bigint, $5::text, $6::text, $7::bigint,
                  $8::bigint, $9::int, $10::text, $11::text))
        AS w (run_id, expected, worker_id, epoch, workflow, status, submitted_at, due_at, last_seq,
              search, summary)
    WHERE {_FITS}
    RETURNING runs.run_id
), logged AS (
    INSERT INTO events (run_id, seq, at, type, path, data, batch)
    SELECT f.run_id, e.seq, e.at, e.type, e.path, e.data, $17
    FROM followed AS f, unnest(
        $12::int[], $13::bigint[], $14::text[], $15::text[], $16::text[]
    ) AS e (seq, at, type, path, data)
)
SELECT run_id FROM followed
"""
"""The same for one run that is there: a third less work for the server."""
_MANY = f"""
WITH wanted AS (
    SELECT * FROM unnest(
        $1::text[], $2::int[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::bigint[],
        $8::bigint[], $9::int[], $10::text[], $11::text[]
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
    SELECT e.run_id, e.seq, e.at, e.type, e.path, e.data, $18
    FROM unnest(
        $12::text[], $13::int[], $14::bigint[], $15::text[], $16::text[], $17::text[]
    ) AS e (run_id, seq, at, type, path, data)
    JOIN written USING (run_id)
)
SELECT run_id FROM written
"""
_FOUND = "SELECT DISTINCT run_id FROM events WHERE batch = $1 AND run_id = ANY($2::text[])"


class Appender:
    """Commits appends and remembers what their runs were folded to."""

    def __init__(
        self, link: Link, standings: Standings, url: str, tell: Callable[[Mapping[str, int]], None]
    ) -> None:
        self.known = Known()
        self._link = link
        self._standings = standings
        self._url = url
        self._tell = tell

    async def commit(self, appends: Sequence[Append]) -> None:
        """Record the appends; each is answered on its own."""
        try:
            await self._settle(appends)
        except BaseException as error:
            for append in appends:
                self.known.forget(append.run_id)
                refuse(append.done, error)
            if not isinstance(error, Exception):
                raise

    async def _settle(self, appends: Sequence[Append]) -> None:
        """Send what is not answered, until nothing is left."""
        standings = await self._standings.remembered(appends, self.known)
        given_up = time.monotonic() + PATIENCE
        while appends:
            try:
                plans = planned(appends, standings)
                written = await self._write(merged(plans)) if plans else set()
            except Unsure:
                written, plans = set(), []
            else:
                self._answer([plan for plan in plans if plan.append.run_id in written])
                appends = [p.append for p in plans if p.append.run_id not in written]
            if appends:
                before = standings
                standings = await self._standings.read({append.run_id for append in appends})
                self._check(before == standings and not written, given_up)

    def _check(self, stuck: bool, given_up: float) -> None:
        if stuck:
            raise BackendError(f"{self._url} refuses what fits its log; see `flopod doctor`")
        if time.monotonic() > given_up:
            raise BackendError(
                f"{self._url}: other programs were quicker for {PATIENCE:.0f} s; try again"
            )

    async def _write(self, runs: Sequence[Sequence[Plan]]) -> set[str]:
        """Send the plans, those of a run together; return the runs that took them."""
        batch = secrets.randbits(63)
        sql, parameters = _statement(runs, batch)
        run_ids = [plans[0].append.run_id for plans in runs]
        given_up = time.monotonic() + PATIENCE
        while True:
            try:
                return {row[0] for row in await self._link.fetch(sql, *parameters)}
            except Lost:
                if time.monotonic() > given_up:
                    raise
                found = await self._link.read(_FOUND, batch, run_ids)
                if found:
                    return {row[0] for row in found}
            except asyncpg.UniqueViolationError:
                return set()  # Another run has the id in other letters: that is told when read.

    def _answer(self, plans: Sequence[Plan]) -> None:
        for plan in plans:
            self.known.remember(plan.summary)
            if not plan.append.done.done():
                plan.append.done.set_result(plan.events)
        # Last: who appended goes on before those who only watch.
        if plans:
            self._tell({plan.append.run_id: plan.summary.last_seq for plan in plans})


def merged(plans: Sequence[Plan]) -> list[list[Plan]]:
    """Return the plans of each run together, the runs in the order in which all lock them."""
    runs: dict[str, list[Plan]] = {}
    for plan in plans:
        runs.setdefault(plan.append.run_id, []).append(plan)
    return [runs[run_id] for run_id in sorted(runs)]


def _statement(runs: Sequence[Sequence[Plan]], batch: int) -> tuple[str, tuple[Any, ...]]:
    events = [
        (plan.append.run_id, event.seq, milliseconds(event.at), event.type, event.path, data)
        for plans in runs
        for plan in plans
        for event, data in zip(
            plan.events, (text.data.decode() for text in plan.append.texts), strict=True
        )
    ]
    rows = [_row(plans) for plans in runs]
    run_ids, *logged = zip(*events, strict=True)
    if len(rows) == 1 and runs[0][0].expected:
        return _ONE, (*rows[0], *logged, batch)
    return _MANY, (*zip(*rows, strict=True), run_ids, *logged, batch)


def _row(plans: Sequence[Plan]) -> tuple[Any, ...]:
    leases = {(p.append.lease.worker_id, p.append.lease.epoch) for p in plans if p.append.lease}
    # Two leases of a run are not both the newest: no epoch fits, and each is looked at alone.
    worker_id, epoch = leases.pop() if len(leases) == 1 else ("", -1) if leases else (None, None)
    summary = plans[-1].summary
    return (summary.run_id, plans[0].expected, worker_id, epoch, *text_columns(summary))
