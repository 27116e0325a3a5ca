"""The store in one SQLite file: the default.

Write-ahead log and `synchronous=FULL`, so what was acknowledged survives a power cut; several
programs may use the file at once. One connection writes (see `sqlite_writer`), one reads.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from flopod.backend import Guard, Lease, RunQuery, WorkerInfo
from flopod.errors import BackendError, CorruptLogError, RunNotFoundError
from flopod.events import Event
from flopod.paths import check_run_id
from flopod.stored import utc_now
from flopod.summary import RunSummary, Status
from flopod_backends import sqlite_query
from flopod_backends.appends import Append
from flopod_backends.feed import Feed
from flopod_backends.recording import texts
from flopod_backends.sqlite_append import Appender
from flopod_backends.sqlite_changes import Follower
from flopod_backends.sqlite_claims import as_json
from flopod_backends.sqlite_leases import SqliteLeases
from flopod_backends.sqlite_logs import SqliteLogs
from flopod_backends.sqlite_lone import Lone
from flopod_backends.sqlite_open import (
    Connections,
    Row,
    check_settings,
    connect,
    fetch,
    is_undecodable,
    leniently,
)
from flopod_backends.sqlite_place import Place
from flopod_backends.sqlite_standing import SqliteStandings
from flopod_backends.sqlite_writer import Writer

_FORGET = """
INSERT INTO forget (run_id)
SELECT ?1 WHERE ?2 IS NULL
    OR ?2 = (SELECT max(seq) FROM events WHERE run_id = ?1) AND NOT EXISTS (
        SELECT 1 FROM leases JOIN workers USING (worker_id)
        WHERE run_id = ?1 AND worker_id NOT IN (SELECT value FROM json_each(?3))
    )
"""


class SqliteBackend:
    """A store in the SQLite database at `path`, opened at the first call."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        synchronous: str = "full",
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """Take the store at `path`.

        Args:
            synchronous: `full`, or `normal`: several times faster on slow disks, and a power cut
                (not a killed process) may lose the last commits.
            clock: tells the time by which leases end.
        """
        check_settings(path, synchronous)
        self._given = os.fspath(path)
        self._place = Place(Path(os.path.abspath(path)))
        self._synchronous = synchronous
        self._feed = Feed()
        self._logs = SqliteLogs(self._read)
        self._leases = SqliteLeases(self._read, self._write, clock)
        self._connections: Connections | None = None
        self._writer: Writer | None = None
        self._lone: Lone | None = None
        self._follower: Follower | None = None
        self._opening: asyncio.Task[Writer] | None = None
        self._closed = False
        self._counted: tuple[object, dict[Status, int]] = None, {}
        """The runs by status, and of which version of the store and which workers."""

    @property
    def url(self) -> str:
        """How to open this store again."""
        query = "" if self._synchronous == "full" else f"?synchronous={self._synchronous}"
        return f"sqlite:{self._given}{query}"

    async def append(
        self,
        run_id: str,
        events: Sequence[Event],
        *,
        lease: Lease | None = None,
        expect: int | None = None,
        guard: Guard | None = None,
    ) -> list[Event]:
        """Record `events`, all or none, and return them numbered."""
        check_run_id(run_id)
        stored = texts(events)
        writer = self._writer or await self._open()
        return await writer.append(Append(run_id, stored, lease, expect, guard)) if stored else []

    async def events(self, run_id: str, after: int = 0, limit: int | None = None) -> list[Event]:
        """Return the events with a number above `after`, in order."""
        check_run_id(run_id)
        await self._open()
        try:
            return await self._logs.events(run_id, max(after, 0), limit)
        except CorruptLogError:
            with suppress(BackendError):
                await self._leases.damaged(run_id)
            raise

    async def summary(self, run_id: str) -> RunSummary | None:
        """Return the run's summary as a list would show it."""
        check_run_id(run_id)
        rows = await self._read(sqlite_query.RUN, run_id)
        told = await self._logs.told(rows, await self._leases.living())
        return told[0] if told else None

    async def list_runs(self, query: RunQuery) -> list[RunSummary]:
        """Return summaries, newest submission first."""
        since = None
        if isinstance(query.before, str):
            since = await self._submitted(query.before)
        living = await self._leases.living()
        sql, parameters = sqlite_query.listing(query, living, since)
        return await self._logs.told(await self._read(sql, *parameters), living)

    async def counts(self) -> dict[Status, int]:
        """Return how many runs stand how."""
        living = await self._leases.living()
        [[version]] = await self._read(sqlite_query.VERSION)
        # Asked every few seconds by whoever shows them, and all runs are looked at to count them.
        if self._counted[0] != (version, frozenset(living)):
            self._counted = (version, frozenset(living)), await self._count(living)
        return dict(self._counted[1])

    async def _count(self, living: Iterable[str]) -> dict[Status, int]:
        sql, parameters = sqlite_query.counting(living)
        counts: Counter[Status] = Counter()
        for status, stored, lost in await self._read(sql, *parameters):
            counts.update({_status(status): stored - lost, Status.INTERRUPTED: lost})
        return {status: count for status, count in counts.items() if count}

    async def changes(self) -> AsyncGenerator[Mapping[str, int], None]:
        """Yield the runs that changed, in batches; the first is empty."""
        await self._open()
        assert self._follower
        with self._feed.watcher() as watcher:
            async with self._follower.following():
                async for batch in watcher.batches():
                    yield batch

    async def claim(
        self, worker: WorkerInfo, *, workflows: Collection[str], limit: int
    ) -> list[Lease]:
        """Take up to `limit` runs that need a worker, those due longest first."""
        return await self._leases.claim(worker, workflows, limit)

    async def claim_run(self, worker: WorkerInfo, run_id: str) -> Lease:
        """Take one run, whatever its workflow and status."""
        return await self._leases.claim_run(worker, check_run_id(run_id))

    async def renew(self, worker: WorkerInfo) -> None:
        """Say that the worker lives until its `expires_at`."""
        await self._leases.renew(worker)

    async def release(self, lease: Lease, *, again: bool = False) -> None:
        """Give a run back; a superseded lease is ignored."""
        await self._leases.release(lease, again)

    async def retire(self, worker_id: str) -> None:
        """Forget a worker that ends."""
        await self._leases.retire(worker_id)

    async def workers(self) -> list[WorkerInfo]:
        """Return the workers alive that claim runs, oldest first."""
        return await self._leases.claiming()

    async def next_due(self, workflows: Collection[str]) -> datetime | None:
        """Return when the next unheld run of these workflows is due."""
        return await self._leases.next_due(workflows)

    async def delete(self, run_id: str, *, expect: int | None = None) -> bool:
        """Forget a run, log and summary and all; return whether it is gone."""
        writer = await self._open()
        dead = as_json(await self._leases.dead() if expect is not None else ())
        await writer.execute(_FORGET, check_run_id(run_id), expect, dead)
        if expect is not None and await self._read(sqlite_query.SUBMITTED, run_id):
            return False
        writer.appender.known.forget(run_id)
        self._logs.damaged.discard(run_id)
        self._feed.tell({run_id: 0})
        return True

    async def close(self) -> None:
        """Finish what was begun and let go of the file."""
        self._closed = True
        self._feed.close()
        if self._place.foreign:
            return
        if self._opening:
            await asyncio.wait([self._opening])
        if self._follower:
            await self._follower.close()
        await self._leases.drain()
        if self._writer:
            await self._writer.drain()
        if self._lone:
            self._lone.close()
        connections, self._connections, self._writer = self._connections, None, None
        if connections:
            await connections.close()
        self._place.closed()

    async def _open(self) -> Writer:
        if self._closed:
            raise BackendError(f"the store {self.url} is closed; open it again")
        if self._writer:
            return self._writer
        if self._opening is None:
            self._opening = asyncio.create_task(self._connect())
        try:
            return await asyncio.shield(self._opening)
        finally:
            if self._opening and self._opening.done():
                self._opening = None

    async def _connect(self) -> Writer:
        place, told = self._place, self._feed.tell
        self._connections = await connect(place, self._synchronous)
        connection = self._connections.writer
        self._lone = Lone(place.path, self._connections.synchronous)
        place.opened(self._connections, self._lone)
        standings = SqliteStandings(place, connection, self._logs)
        appender = Appender(place, connection, self._lone, standings, told)
        self._follower = Follower(Path(place.file), self._read, self._feed, appender.known.last_seq)
        self._writer = Writer(place, connection, appender)
        return self._writer

    async def _read(self, sql: str, *parameters: Any) -> list[Row]:
        await self._open()
        assert self._connections
        self._place.check()
        path, reader = self._place.path, self._connections.reader
        try:
            return await fetch(path, reader, sql, parameters)
        except BackendError as error:
            if not is_undecodable(error) or reader.text_factory is leniently:
                raise
            # One text that is no UTF-8 is not to hide all the others.
            reader.text_factory = leniently
            return await fetch(path, reader, sql, parameters)

    async def _write(self, sql: str, *parameters: Any) -> list[Row]:
        return await (await self._open()).execute(sql, *parameters)

    async def _submitted(self, run_id: str) -> int:
        rows = await self._read(sqlite_query.SUBMITTED, run_id)
        if not rows:
            raise RunNotFoundError(run_id)
        return int(rows[0][0])


def _status(stored: bytes) -> Status:
    try:
        return Status(stored.decode())
    except ValueError:
        return Status.DAMAGED
