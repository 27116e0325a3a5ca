"""The statements of a connection that commits, each prepared once, and a limit to its silence.

A timer for every commit would be half the work of sending it. One serves for all: it looks whether
what is in flight began too long ago.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, TypeAlias

import asyncpg
from asyncpg.prepared_stmt import PreparedStatement

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
_Statement: TypeAlias = "PreparedStatement[asyncpg.Record]"


class Prepared:
    """Sends statements, one at a time, and cuts a connection that does not answer."""

    def __init__(self, seconds: float) -> None:
        """Take how long an answer may take."""
        self._seconds = seconds
        self._connection: Connection | None = None
        self._statements: dict[str, _Statement] = {}
        self._asked_at: float | None = None
        """When what is in flight was sent, by the loop's clock."""
        self._timer: asyncio.TimerHandle | None = None
        self._silent = False

    async def fetch(
        self, connection: Connection, sql: str, parameters: Sequence[Any]
    ) -> list[asyncpg.Record]:
        """Return the rows of a statement.

        Raises:
            TimeoutError: the server did not answer in time; the connection is cut.
        """
        if connection is not self._connection:
            self._connection, self._statements, self._silent = connection, {}, False
        self._asked_at = asyncio.get_running_loop().time()
        self._watch(self._seconds)
        try:
            made = self._statements.get(sql) or await self._prepare(connection, sql)
            return await made.fetch(*parameters)
        except asyncpg.PostgresConnectionError as error:
            if self._silent:
                raise TimeoutError from error
            raise
        finally:
            self._asked_at = None

    async def _prepare(self, connection: Connection, sql: str) -> _Statement:
        made = self._statements[sql] = await connection.prepare(sql)
        return made

    def _watch(self, seconds: float) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(seconds, self._look)

    def _look(self) -> None:
        """Cut the connection if it has been silent for too long; else look again when it may be."""
        self._timer = None
        if self._asked_at is None:
            return
        loop = asyncio.get_running_loop()
        left = self._asked_at + self._seconds - loop.time()
        if left > 0:
            self._watch(left)
        else:
            # A process that was stopped may have the answer by now: that is taken first.
            loop.call_soon(self._cut, self._asked_at)

    def _cut(self, asked_at: float) -> None:
        if self._connection is not None and self._asked_at == asked_at:
            self._silent = True
            self._connection.terminate()
