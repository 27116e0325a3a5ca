"""A batch of appends as one statement.

Where what is remembered of a run turns out to be no longer true (another process appended), the
statement is refused whole; then the runs are read, what cannot be is refused alone, and the rest is
sent again.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import aiosqlite
import msgspec

from flopod.errors import BackendError
from flopod_backends.appends import Append, Known, Plan, Unsure, columns, planned, refuse
from flopod_backends.moments import milliseconds
from flopod_backends.sqlite_lone import Lone
from flopod_backends.sqlite_open import PATIENCE, fetch, is_damage
from flopod_backends.sqlite_place import Place
from flopod_backends.standings import Standings

ONE = "INSERT INTO append VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
"""An append; its parameters are the columns of the view."""
_MANY = """
INSERT INTO append
SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
       json_extract(value, '$[3]'), json_extract(value, '$[4]'), json_extract(value, '$[5]'),
       json_extract(value, '$[6]'), json_extract(value, '$[7]'), json_extract(value, '$[8]'),
       json_extract(value, '$[9]'), json_extract(value, '$[10]'), json_extract(value, '$[11]')
FROM json_each(?)
"""


class Appender:
    """Commits appends and remembers what their runs were folded to."""

    def __init__(
        self,
        place: Place,
        connection: aiosqlite.Connection,
        lone: Lone,
        standings: Standings,
        tell: Callable[[Mapping[str, int]], None],
    ) -> None:
        self._place = place
        self._connection = connection
        self._lone = lone
        self._standings = standings
        self._tell = tell
        self.known = Known()

    async def commit(self, appends: Sequence[Append]) -> None:
        """Record the appends with one statement; each is answered on its own."""
        try:
            plans = await self._send(appends)
        except BaseException as error:
            if len(appends) > 1 and isinstance(error, BackendError) and is_damage(error):
                # What cannot be read of one run hurts no other.
                for append in appends:
                    await self.commit([append])
                return
            for append in appends:
                self.known.forget(append.run_id)
                refuse(append.done, error)
            if isinstance(error, Exception):
                return
            raise
        for plan in plans:
            self.known.remember(plan.summary)
            if not plan.append.done.done():
                plan.append.done.set_result(plan.events)
        # Last: who appended goes on before those who only watch.
        self._tell({plan.append.run_id: plan.summary.last_seq for plan in plans})

    async def _send(self, appends: Sequence[Append]) -> list[Plan]:
        self._place.check()
        standings = await self._standings.remembered(appends, self.known)
        given_up = time.monotonic() + PATIENCE
        while True:
            try:
                plans = planned(appends, standings)
                if plans:
                    await self._write(plans)
                return plans
            except (Unsure, sqlite3.IntegrityError) as error:
                before = standings
                standings = await self._standings.read({append.run_id for append in appends})
                if standings == before:
                    raise BackendError(
                        f"{self._place.path} refuses what fits its log ({error}); "
                        "see `flopod doctor`"
                    ) from error
                if time.monotonic() > given_up:
                    raise BackendError(
                        f"{self._place.path}: other programs were quicker for {PATIENCE:.0f} s; "
                        "try again"
                    ) from error

    async def _write(self, plans: Sequence[Plan]) -> None:
        sql, parameters = _statement(plans)
        run_id = plans[0].append.run_id if len(plans) == 1 else ""
        began = time.perf_counter()
        if not self._lone.commit(run_id, sql, parameters):
            await fetch(self._place.path, self._connection, sql, parameters)
        self._lone.saw(run_id, began)


def _statement(plans: Sequence[Plan]) -> tuple[str, Sequence[Any]]:
    if len(plans) == 1:
        # The same, without a second level of JSON to take apart.
        (plan,) = plans
        return ONE, _row(plan, _json(_events(plan)))
    return _MANY, (_json([_row(plan, _events(plan)) for plan in plans]),)


def _events(plan: Plan) -> list[Any]:
    return [
        (event.seq, milliseconds(event.at), event.type, event.path, text.data.decode())
        for event, text in zip(plan.events, plan.append.texts, strict=True)
    ]


def _row(plan: Plan, events: list[Any] | str) -> tuple[Any, ...]:
    (append, expected, _, summary), lease = plan, plan.append.lease
    return (
        append.run_id,
        expected,
        lease.worker_id if lease else None,
        lease.epoch if lease else None,
        events,
        *columns(summary),
    )


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
