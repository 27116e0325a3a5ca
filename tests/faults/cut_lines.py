"""A line to a server that is cut, or stands still, at a chosen moment.

Moments are counted in packets that pass, so a commit is hit before it arrives, while it is worked
on, and after its answer is on the way.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import StrEnum
from pathlib import Path
from urllib.parse import parse_qs, urlsplit


class Fault(StrEnum):
    """What happens to the line."""

    UNSENT = "the request is lost, and the line cut"
    UNANSWERED = "the request arrives, its answer is lost, and the line cut"
    FROZEN_UNSENT = "the request is lost, and the line stands still"
    FROZEN_UNANSWERED = "the request arrives, its answer is lost, and the line stands still"


class Line:
    """A line to a server, through which all connections go."""

    def __init__(self, socket: str) -> None:
        self._socket = socket
        self._passed = 0
        self._plan: tuple[int, Fault] | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.down = False
        """New connections are refused."""
        self.frozen = False
        """New connections are taken, nothing is ever said on any, and no request arrives."""
        self.struck = asyncio.Event()

    def strike(self, after: int, fault: Fault) -> None:
        """Have the fault happen at a request that so many others pass before."""
        self.struck.clear()
        self._plan = self._passed + after, fault

    def cut(self) -> None:
        """Cut all connections."""
        for writer in self._writers:
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection."""
        self._writers.add(writer)
        try:
            if self.frozen:
                await reader.read()
            elif not self.down:
                await self._carry(reader, writer)
        except OSError:
            pass
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_unix_connection(self._socket)
        deaf = asyncio.Event()
        answers = asyncio.create_task(_answers(from_server, writer, deaf))
        try:
            while request := await reader.read(65536):
                fault = Fault.FROZEN_UNSENT if self.frozen else self._next()
                if fault in (Fault.UNANSWERED, Fault.FROZEN_UNANSWERED):
                    deaf.set()
                if fault in (None, Fault.UNANSWERED, Fault.FROZEN_UNANSWERED):
                    to_server.write(request)
                    await to_server.drain()
                if fault is Fault.UNANSWERED:
                    await asyncio.sleep(0.02)  # The server is at work on it, or has done it.
                if fault in (Fault.UNSENT, Fault.UNANSWERED):
                    return
                if fault:
                    await reader.read()  # Until the other side gives up.
        finally:
            answers.cancel()
            to_server.transport.abort()

    def _next(self) -> Fault | None:
        self._passed += 1
        if self._plan is None or self._passed < self._plan[0]:
            return None
        fault, self._plan = self._plan[1], None
        self.struck.set()
        return fault


async def _answers(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, deaf: asyncio.Event
) -> None:
    with suppress(OSError):
        while answer := await reader.read(65536):
            if not deaf.is_set():
                writer.write(answer)
                await writer.drain()
    writer.transport.abort()


@asynccontextmanager
async def line_to(url: str, folder: Path) -> AsyncIterator[tuple[Line, str]]:
    """Give a line to the server of a URL, and the URL that leads through it."""
    host = parse_qs(urlsplit(url).query)["host"][0]
    line = Line(f"{host}/.s.PGSQL.5432")
    listening = await asyncio.start_unix_server(line.serve, folder / ".s.PGSQL.5432")
    try:
        yield line, url.replace(host, str(folder))
    finally:
        listening.close()
        line.cut()
