"""The one writer of a handle on a Postgres store, and the notices that it gives to others."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from flopod.errors import FlopodError
from flopod_backends.appends import Append
from flopod_backends.log_rows import Row
from flopod_backends.postgres_append import PATIENCE, Appender
from flopod_backends.postgres_errors import Lost
from flopod_backends.postgres_link import Link
from flopod_backends.write_queue import WriteQueue

_NOTIFY = "SELECT pg_notify($1, '')"
_PAUSE = 0.01
"""Seconds between two notices: what is committed meanwhile is told with the next."""


class Notices:
    """Tells other programs that something was committed: a hint, which may be lost.

    Not with the commit itself: commits that notify wait for each other.
    """

    def __init__(self, link: Link, channel: str) -> None:
        self._link = link
        self._channel = channel
        self._due = False
        self._task: asyncio.Task[None] | None = None

    def give(self) -> None:
        """Have it told soon."""
        self._due = True
        if self._task is None:
            self._task = asyncio.create_task(self._give_all(), name="flopod notices")

    async def drain(self) -> None:
        """Wait until all is told."""
        while self._task:
            await asyncio.wait([self._task])

    async def _give_all(self) -> None:
        try:
            while self._due:
                self._due = False
                with suppress(FlopodError):
                    await self._link.fetch(_NOTIFY, self._channel)
                await asyncio.sleep(_PAUSE)
        finally:
            self._task = None


class Writer(WriteQueue):
    """The queue in front of the connection that writes."""

    def __init__(self, link: Link, appender: Appender, notices: Notices) -> None:
        super().__init__("flopod postgres writer")
        self.appender = appender
        self._link = link
        self._notices = notices

    async def again(self, sql: str, *parameters: Any) -> list[Row]:
        """Commit a statement that may be executed twice, and so is sent again when lost."""
        given_up = time.monotonic() + PATIENCE
        while True:
            try:
                return await self.execute(sql, *parameters)
            except Lost:
                if time.monotonic() > given_up:
                    raise

    def _check(self) -> None:
        self._link.check_process()

    async def _commit(self, appends: Sequence[Append]) -> None:
        await self.appender.commit(appends)
        self._notices.give()

    async def _fetch(self, sql: str, parameters: Sequence[Any]) -> list[Row]:
        return await self._link.fetch(sql, *parameters)
