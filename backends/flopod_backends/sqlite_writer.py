"""The one writer of a SQLite store.

Every commit is a single autocommit statement, and one hop to the connection's thread does it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aiosqlite

from flopod_backends.appends import Append
from flopod_backends.log_rows import Row
from flopod_backends.sqlite_append import Appender
from flopod_backends.sqlite_open import fetch
from flopod_backends.sqlite_place import Place
from flopod_backends.write_queue import WriteQueue


class Writer(WriteQueue):
    """The queue in front of the connection that writes."""

    def __init__(self, place: Place, connection: aiosqlite.Connection, appender: Appender) -> None:
        super().__init__("flopod sqlite writer")
        self.appender = appender
        self._place = place
        self._connection = connection

    def _check(self) -> None:
        # In a forked child nobody would ever take it from the queue.
        self._place.check_process()

    async def _commit(self, appends: Sequence[Append]) -> None:
        await self.appender.commit(appends)

    async def _fetch(self, sql: str, parameters: Sequence[Any]) -> list[Row]:
        self._place.check()
        return [*await fetch(self._place.path, self._connection, sql, parameters)]
