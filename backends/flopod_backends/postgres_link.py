"""A connection to a server, opened again when it was lost.

Cancellation never reaches the driver: a statement runs in a task of its own, to its end. What a
cut connection leaves open, whether its last statement was executed, is settled before anything
else: the server process that may still be at work on it is ended first.

A commit's answer is waited for long. Who reads is told sooner of a server that stands still: after
some seconds of silence a second line asks whether the server is at work, so that a long answer, or
one that comes slowly, is not cut off.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, TypeAlias

import asyncpg

from flopod.errors import BackendError
from flopod_backends.log_rows import Row
from flopod_backends.postgres_errors import ABSENT, AGAIN, CUT, ERRORS, STARTING, Lost, told
from flopod_backends.postgres_prepared import Connection, Prepared

Prepare: TypeAlias = Callable[[Connection], Awaitable[None]]

READING = 5.0
"""Seconds for which a server is waited for that is away: who looks, or begins, is told soon."""
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 30.0
"""How long an answer may take before the connection counts as lost."""
SILENT_SECONDS = 5.0
"""After how long the server is asked whether it is at work on what is read. It has
`CONNECT_SECONDS` to say so: one that is frozen is noticed within ten seconds."""
_LONGEST_REST = 1.0
_GONE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE pid = $1 AND backend_start::text = $2
"""
_AT_WORK = "SELECT count(*) > 0 FROM pg_stat_activity WHERE pid = $1 AND state = 'active'"
_PROCESS = "SELECT pid, backend_start::text FROM pg_stat_activity WHERE pid = pg_backend_pid()"


class Link:
    """One connection; its statements run one after the other."""

    def __init__(
        self, dsn: str, url: str, patience: float, prepare: Prepare, *, reads: bool = False
    ) -> None:
        """Take a connection that is opened at its first use.

        Args:
            url: what errors call the server.
            patience: seconds for which a server that is away is waited for.
            prepare: is awaited with every new connection.
            reads: nothing is committed through it, so it may be given up sooner.
        """
        self._dsn, self._url, self._patience, self._prepare = dsn, url, patience, prepare
        self._doubts = reads
        self._connection: Connection | None = None
        self._prepared = Prepared(ANSWER_SECONDS)
        self._turn = asyncio.Lock()
        self._pid = os.getpid()
        self.process: tuple[int, str] | None = None
        """The server's process at the other end, and since when; the last one when it was lost."""
        self._notices: tuple[str, Callable[[], None], Link] | None = None
        self._closed = False

    async def fetch(self, sql: str, *parameters: Any) -> list[Row]:
        """Return the rows of one statement; for tasks of the store's own, which nobody cancels.

        Raises:
            Lost: the connection was cut; whether it was executed is not known.
            asyncpg.UniqueViolationError: the statement itself was refused.
            BackendError: it was not executed.
        """
        self.check_process()
        given_up = time.monotonic() + self._patience
        async with self._turn:
            while True:
                connection = await self._connected()
                try:
                    return await self._answer(connection, sql, parameters)
                except AGAIN as error:
                    if time.monotonic() > given_up:
                        raise told(self._url, error) from error
                    await asyncio.sleep(random.uniform(0.005, 0.05))

    async def read(self, sql: str, *parameters: Any) -> list[Row]:
        """Return the rows of a statement that changes nothing, sent again if need be.

        Raises:
            BackendError: it was not executed.
        """
        reading = asyncio.create_task(self._read(sql, parameters))
        reading.add_done_callback(_looked_at)
        return await asyncio.shield(reading)

    def hear(self, channel: str, heard: Callable[[], None], own: Link) -> None:
        """Have `heard` called at notices on a channel, and when the connection is lost.

        Args:
            own: the line that gives notices of ours; of what we did ourselves we know.
        """
        self._notices = channel, heard, own

    def check_process(self) -> None:
        """Refuse to use the connection of another process, which this one was forked from."""
        if os.getpid() != self._pid:
            raise BackendError(f"{self._url} was opened before a fork; open it again in the child")

    async def close(self) -> None:
        """Close the connection, whatever the server does."""
        self._closed = True
        connection, self._connection = self._connection, None
        if connection is None or os.getpid() != self._pid:
            return
        with suppress(*CUT, *ERRORS):
            async with asyncio.timeout(CONNECT_SECONDS):
                await connection.close()
        connection.terminate()

    async def _read(self, sql: str, parameters: Sequence[Any]) -> list[Row]:
        given_up = time.monotonic() + self._patience
        while True:
            try:
                return await self.fetch(sql, *parameters)
            except Lost:
                if time.monotonic() > given_up:
                    raise

    async def _answer(
        self, connection: Connection, sql: str, parameters: Sequence[Any]
    ) -> list[Row]:
        try:
            return [*map(tuple, await self._ask(connection, sql, parameters))]
        except (*AGAIN, asyncpg.UniqueViolationError):
            raise
        except (*CUT, *ERRORS) as error:
            if not isinstance(error, CUT) and not connection.is_closed():
                raise told(self._url, error) from error
            connection.terminate()
            raise Lost(str(told(self._url, error))) from error

    async def _ask(
        self, connection: Connection, sql: str, parameters: Sequence[Any]
    ) -> list[asyncpg.Record]:
        """Return the rows; what reads is given up if the server is silent and not at work."""
        if not self._doubts:
            return await self._prepared.fetch(connection, sql, parameters)
        doubts: list[asyncio.Task[None]] = []
        async with asyncio.timeout(ANSWER_SECONDS) as limit:
            timer = asyncio.get_running_loop().call_later(
                SILENT_SECONDS, lambda: doubts.append(asyncio.create_task(self._doubt(limit)))
            )
            try:
                return await connection.fetch(sql, *parameters)
            finally:
                timer.cancel()
                for doubt in doubts:
                    doubt.cancel()

    async def _doubt(self, limit: asyncio.Timeout) -> None:
        if not await self._is_at_work() and not limit.expired():
            limit.reschedule(0)  # Not the connection is cut: the driver may be about to use it.

    async def _is_at_work(self) -> bool:
        """Return whether the server says that it is at work for us, or will not say."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                other: Connection = await asyncpg.connect(self._dsn)
                try:
                    return bool(await other.fetchval(_AT_WORK, self.process and self.process[0]))
                finally:
                    other.terminate()
        except asyncpg.PostgresError:
            return True  # It answers, so the other answer is waited for as well.
        except (*CUT, *ERRORS):
            return False

    async def _connected(self) -> Connection:
        if self._closed:
            raise BackendError(f"the store {self._url} is closed; open it again")
        if self._connection is not None and not self._connection.is_closed():
            return self._connection
        patience = self._patience if self.process else min(READING, self._patience)
        given_up, rest = time.monotonic() + patience, 0.05
        while True:
            try:
                self._connection = await self._connect()
                return self._connection
            except STARTING as error:
                never_there = self.process is None and isinstance(error, ABSENT)
                if never_there or self._closed or time.monotonic() + rest > given_up:
                    raise told(self._url, error) from error
                await asyncio.sleep(rest)
                rest = min(2 * rest, _LONGEST_REST)
            except ERRORS as error:
                raise told(self._url, error) from error

    async def _connect(self) -> Connection:
        async with asyncio.timeout(CONNECT_SECONDS):
            connection: Connection = await asyncpg.connect(self._dsn)
        try:
            async with asyncio.timeout(CONNECT_SECONDS if self._doubts else ANSWER_SECONDS):
                if self.process:
                    await _end(connection, *self.process)
                await self._prepare(connection)
                await self._listen(connection)
                pid, since = await connection.fetchrow(_PROCESS) or (0, "")
                self.process = pid, since
        except BaseException:
            connection.terminate()
            raise
        return connection

    async def _listen(self, connection: Connection) -> None:
        if self._notices is None:
            return
        channel, heard, own = self._notices

        def noticed(_connection: object, process: int, *_: object) -> None:
            if own.process is None or process != own.process[0]:
                heard()

        await connection.add_listener(channel, noticed)
        connection.add_termination_listener(lambda *_: heard())


def _looked_at(task: asyncio.Task[Any]) -> None:
    """Take note of an error that whoever asked no longer waits for: else it goes to stderr."""
    if not task.cancelled():
        task.exception()


async def _end(connection: Connection, pid: int, since: str) -> None:
    """End the server process of a lost connection, and wait until it is gone."""
    gone = False
    while not gone:
        gone = not await connection.fetch(_GONE, pid, since)
        await asyncio.sleep(0.0 if gone else 0.01)
