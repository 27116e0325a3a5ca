"""The side of the tests: lets children live and die, and reads what they said they had done."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import flopod
import flopod_backends
from postgres_server import schema

TESTS = Path(__file__).parents[1]
SOURCES = [TESTS, *(Path(module.__file__ or "").parents[1] for module in (flopod, flopod_backends))]
PATIENCE = 30.0
KILLED = -signal.SIGKILL


@dataclass(frozen=True, slots=True)
class Victim:
    """A child that works until it is done or killed."""

    pid: int
    end: asyncio.Future[int]

    async def ended(self) -> int:
        """Return its exit code, below zero for a signal, once it is gone."""
        await asyncio.wait([self.end], timeout=PATIENCE)
        assert self.end.done(), f"a child still lives after {PATIENCE:g} s"
        return self.end.result()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, if it is still there."""
        if not self.end.done():
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    async def kill(self) -> int:
        """Kill it; return how it ended, perhaps just before."""
        self.send(signal.SIGKILL)
        return await self.ended()


@dataclass(slots=True)
class Nursery:
    """The process that the children come from."""

    _process: asyncio.subprocess.Process
    _born: asyncio.Queue[Victim] = field(default_factory=asyncio.Queue)
    _living: dict[int, Victim] = field(default_factory=dict)

    async def victim(self, job: str, url: str, account: Path, **given: Any) -> Victim:
        """Let a child do a job."""
        order = json.dumps({"job": job, "url": url, "account": str(account), **given})
        assert self._process.stdin
        self._process.stdin.write(f"{order}\n".encode())
        async with asyncio.timeout(PATIENCE):
            return await self._born.get()

    async def listen(self) -> None:
        assert self._process.stdout
        while line := (await self._process.stdout.readline()).decode().split():
            match line:
                case ["born", pid]:
                    end = asyncio.get_running_loop().create_future()
                    victim = self._living[int(pid)] = Victim(int(pid), end)
                    self._born.put_nowait(victim)
                case ["ended", pid, code]:
                    self._living.pop(int(pid)).end.set_result(int(code))


@asynccontextmanager
async def nursery() -> AsyncIterator[Nursery]:
    """Start the process that children come from; it and they are gone at the end of the block."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, SOURCES))}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(TESTS / "faults" / "victim.py"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=environment,
    )
    made = Nursery(process)
    listening = asyncio.create_task(made.listen())
    try:
        yield made
    finally:
        assert process.stdin
        process.stdin.close()
        await process.wait()
        await listening


@asynccontextmanager
async def store_of(kind: str, folder: Path, server: str = "") -> AsyncIterator[str]:
    """Give the URL of an empty store of this kind: in a folder, or on a server."""
    if kind != "postgres":
        yield url_of(kind, folder)
        return
    async with schema(server) as url:
        yield url


def url_of(kind: str, folder: Path) -> str:
    """Return how to open a store of this kind in a folder."""
    return f"sqlite:{folder}/runs.db" if kind == "sqlite" else f"file:{folder}/runs"


def said(account: Path) -> list[list[str]]:
    """Return the lines of an account, as words."""
    return [line.split() for line in account.read_text().splitlines()] if account.exists() else []
