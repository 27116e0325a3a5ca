"""A batch of appends as one statement.

What each run was folded to last is remembered, so an append needs no read first. Where that turns
out to be no longer true (another process appended), the statement is refused whole; then the runs
are read, what cannot be is refused alone, and the rest is sent again.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import aiosqlite
import msgspec

from flopod.backend import Guard, Lease
from flopod.errors import BackendError, FlopodError
from flopod.events import Event
from flopod.summary import RunSummary
from flopod_backends import claims
from flopod_backends.moments import milliseconds
from flopod_backends.recording import Text, check_end, folded, numbered
from flopod_backends.sqlite_lone import Lone
from flopod_backends.sqlite_open import PATIENCE, fetch, is_damage
from flopod_backends.sqlite_place import Place
from flopod_backends.sqlite_standing import Standing, Standings, columns, other_case

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
_MOST_KNOWN = 1_000


@dataclass(slots=True, eq=False)
class Append:
    """Events that wait to be recorded."""

    run_id: str
    texts: Sequence[Text]
    lease: Lease | None
    expect: int | None
    guard: Guard | None
    done: asyncio.Future[list[Event]] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    @property
    def size(self) -> int:
        """About how many bytes it adds to a batch."""
        return sum(len(text.data) for text in self.texts)


class Plan(NamedTuple):
    """An append, and what it makes of its run."""

    append: Append
    expected: int
    events: list[Event]
    summary: RunSummary


class Unsure(Exception):
    """An append does not fit what is remembered: that has to be read before it is refused."""


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
        self._standing = standings
        self._tell = tell
        self._known: OrderedDict[str, RunSummary] = OrderedDict()

    def last_seq(self, run_id: str) -> int:
        """Return the last event of the run that is remembered; 0 when nothing is."""
        known = self._known.get(run_id)
        return known.last_seq if known else 0

    def forget(self, run_id: str) -> None:
        """Remember the run no longer."""
        self._known.pop(run_id, None)

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
                self.forget(append.run_id)
                refuse(append.done, error)
            if isinstance(error, Exception):
                return
            raise
        for plan in plans:
            self._remember(plan.summary)
            if not plan.append.done.done():
                plan.append.done.set_result(plan.events)
        # Last: who appended goes on before those who only watch.
        self._tell({plan.append.run_id: plan.summary.last_seq for plan in plans})

    async def _send(self, appends: Sequence[Append]) -> list[Plan]:
        self._place.check()
        standings = await self._standings(appends)
        given_up = time.monotonic() + PATIENCE
        while True:
            try:
                plans = planned(appends, standings)
                if plans:
                    await self._write(plans)
                return plans
            except (Unsure, sqlite3.IntegrityError) as error:
                before = standings
                standings = await self._standing.read({append.run_id for append in appends})
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

    async def _standings(self, appends: Sequence[Append]) -> dict[str, Standing]:
        standings: dict[str, Standing] = {}
        unknown = set()
        for append in appends:
            damaged = self._standing.is_damaged(append.run_id)
            summary = None if damaged else self._known.get(append.run_id)
            if summary is None and append.expect != 0:
                unknown.add(append.run_id)
            else:
                standings[append.run_id] = Standing(summary)
        return standings | await self._standing.read(unknown) if unknown else standings

    def _remember(self, summary: RunSummary) -> None:
        self._known[summary.run_id] = summary
        self._known.move_to_end(summary.run_id)
        if len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)


def planned(appends: Iterable[Append], standings: Mapping[str, Standing]) -> list[Plan]:
    """Return what each append makes of its run, one after the other; refuse what cannot be.

    Raises:
        Unsure: one of them does not fit what is remembered of its run.
    """
    standings, plans = dict(standings), []
    begun: dict[str, str] = {}
    for append in appends:
        # One whose caller was cancelled is done all the same: the next may build on it.
        if append.done.done() and not append.done.cancelled():
            continue
        standing = standings[append.run_id]
        try:
            plan = _plan(append, standing, begun)
        except FlopodError as error:
            if not standing.read:
                raise Unsure from error
            refuse(append.done, error)
        else:
            plans.append(plan)
            begun.setdefault(append.run_id.lower(), append.run_id)
            standings[append.run_id] = Standing(plan.summary, standing.hold, standing.read)
    return plans


def refuse(done: asyncio.Future[Any], error: BaseException) -> None:
    """Answer that it was not done, if anybody still waits."""
    if done.done():
        return
    if isinstance(error, Exception):
        done.set_exception(error)
    else:
        done.cancel()


def _plan(append: Append, standing: Standing, begun: Mapping[str, str]) -> Plan:
    if standing.refusal:
        raise standing.refusal
    if begun.get(append.run_id.lower(), append.run_id) != append.run_id:
        raise other_case(append.run_id, begun[append.run_id.lower()])
    if standing.read:
        claims.check_lease(standing.hold, append.lease)
    last = check_end(append.run_id, standing.summary, append.expect, append.guard)
    events = numbered(append.texts, last)
    return Plan(append, last, events, folded(append.run_id, standing.summary, events))


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
