"""The queue in front of the connection that writes: one task of the store's own empties it.

No caller's cancellation reaches the connection, so there is no half transaction that one could
leave behind. While a commit is in flight further appends queue up and go out together as the next
one: the disk is asked once for all of them.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flopod.events import Event
from flopod_backends.appends import Append, refuse
from flopod_backends.log_rows import Row

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


class WriteQueue(ABC):
    """What waits to be written. A store says how that is done."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._queue: deque[Append | Statement] = deque()
        self._pump: asyncio.Task[None] | None = None

    @abstractmethod
    def _check(self) -> None:
        """Refuse to queue anything where it would never be taken from the queue."""

    @abstractmethod
    async def _commit(self, appends: Sequence[Append]) -> None:
        """Record the appends; each is answered on its own."""

    @abstractmethod
    async def _fetch(self, sql: str, parameters: Sequence[Any]) -> list[Row]:
        """Commit one statement and return its rows."""

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
        self._check()
        self._queue.append(job)
        if self._pump is None:
            self._pump = asyncio.create_task(self._write_all(), name=self._name)

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
            await self._commit(self._batch(job))
        elif not job.done.cancelled():
            await self._execute(job)

    async def _execute(self, job: Statement) -> None:
        try:
            rows = await self._fetch(job.sql, job.parameters)
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
