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
from itertools import count

import asyncpg

from flopod.errors import BackendError
from flopod_backends.appends import (
    Append,
    Known,
    Plan,
    Unsure,
    planned,
    refuse,
)
from flopod_backends.postgres_errors import Lost
from flopod_backends.postgres_link import Link
from flopod_backends.postgres_statement import statement
from flopod_backends.standings import Standings

PATIENCE = 30.0
"""Seconds for which a server that is away, or others that are quicker, are waited for."""

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
        self._batches = count(secrets.randbits(62))  # Nobody else's: 2^62 lie between us.

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
        batch = next(self._batches)
        sql, parameters = statement(runs, batch)
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
