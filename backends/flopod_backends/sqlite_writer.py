"""The one writer of a SQLite store: queues what is to be written and commits it in batches.

Every commit is a single autocommit statement, sent by a task of the store's own. So there is no
half transaction that a cancelled caller could leave behind, and one hop to the connection's thread
does it. While a commit is in flight further appends queue up and go out together as the next one:
the disk is asked once for all of them.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import aiosqlite

from flopod.events import Event
from flopod_backends.sqlite_append import Append, Appender, refuse
from flopod_backends.sqlite_open import Row, fetch
from flopod_backends.sqlite_place import Place

_MOST_APPENDS = 500
_MOST_BYTES = 8 * 2**20


@dataclass(slots=True, eq=False)
class Statement:
    """Anything but an append that waits to be written."""

    sql: str
    parameters: Sequence[Any]
    done: asyncio.Future[list[Row]] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Writer:
    """The queue in front of the connection that writes."""

    def __init__(
        self,
        place: Place,
        connection: aiosqlite.Connection,
        appender: Appender,
    ) -> None:
        self.appender = appender
        self._place = place
        self._connection = connection
        self._queue: deque[Append | Statement] = deque()
        self._pump: asyncio.Task[None] | None = None

    async def append(self, append: Append) -> list[Event]:
        """Record the events, all or none, and return them numbered."""
        self._enqueue(append)
        return await append.done

    async def execute(self, sql: str, *parameters: Any) -> list[Row]:
        """Commit one statement and return its rows."""
        statement = Statement(sql, parameters)
        self._enqueue(statement)
        return await statement.done

    async def drain(self) -> None:
        """Wait until all that was queued is written or refused."""
        while self._pump:
            await asyncio.wait([self._pump])

    def _enqueue(self, job: Append | Statement) -> None:
        # In a forked child nobody would ever take it from the queue.
        self._place.check_process()
        self._queue.append(job)
        if self._pump is None:
            self._pump = asyncio.create_task(self._write_all(), name="flopod sqlite writer")

    async def _write_all(self) -> None:
        try:
            while self._queue:
                await self._write_next()
                # Who was just answered goes on first, and its next append needs no new task.
                await asyncio.sleep(0)
        finally:
            # Something is left only when the loop itself is being shut down.
            self._pump = None
            for job in self._queue:
                job.done.cancel()
            self._queue.clear()

    async def _write_next(self) -> None:
        job = self._queue.popleft()
        if isinstance(job, Append):
            await self.appender.commit(self._batch(job))
        elif not job.done.cancelled():
            await self._execute(job)

    async def _execute(self, job: Statement) -> None:
        try:
            self._place.check()
            rows = await fetch(self._place.path, self._connection, job.sql, job.parameters)
        except BaseException as error:
            refuse(job.done, error)
            if not isinstance(error, Exception):
                raise
        else:
            if not job.done.cancelled():
                job.done.set_result(rows)

    def _batch(self, first: Append) -> list[Append]:
        batch = [first]
        size = first.size if self._queue else 0
        while self._queue and len(batch) < _MOST_APPENDS:
            job = self._queue[0]
            if not isinstance(job, Append) or size + job.size > _MOST_BYTES:
                break
            size += job.size
            batch.append(job)
            self._queue.popleft()
        return batch
