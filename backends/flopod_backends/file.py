"""The store in plain files: a log that `tail -f` and `jq` read, one for each run.

`<dir>/events/<run>.jsonl` is the truth; the summary beside it is derived. Several programs may use
the folder at once. File calls block, so all of them run in threads of the store's own.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from flopod.backend import Guard, Lease, RunQuery, WorkerInfo
from flopod.errors import BackendError
from flopod.events import Event
from flopod.paths import check_run_id
from flopod.stored import utc_now
from flopod.summary import ENDS, RunSummary, Status, told
from flopod_backends import claims
from flopod_backends.alone import Alone
from flopod_backends.catalogue import Catalogue
from flopod_backends.data_dir import resolve_data_dir
from flopod_backends.feed import Feed
from flopod_backends.file_changes import Follower
from flopod_backends.file_leases import Leases
from flopod_backends.file_writer import RunWriter, Writers
from flopod_backends.folder import Folder
from flopod_backends.fs import FileSystem
from flopod_backends.fs import told as told_by_system
from flopod_backends.listing import counted, listed
from flopod_backends.mounts import refuse_network
from flopod_backends.recording import texts
from flopod_backends.run_log import Request, RunLog

T = TypeVar("T")
_WRITERS = 8


class FileBackend:
    """A store in the folder `dir`, made at the first call; the data directory if none is named."""

    def __init__(
        self,
        dir: str | os.PathLike[str] | None = None,
        clock: Callable[[], datetime] = utc_now,
        fs: FileSystem | None = None,
    ) -> None:
        given = resolve_data_dir() if dir is None else dir
        self._given = os.fspath(given)
        if not self._given:
            raise BackendError("file: no folder is named")
        self._folder = Folder(Path(os.path.abspath(given)), fs or FileSystem(), dir is None)
        self._feed = Feed()
        self._alone = Alone()
        self._catalogue = Catalogue(self._folder)
        self._leases = Leases(self._folder, self._catalogue, clock)
        self._follower = Follower(self._folder, self._catalogue, self._feed, self._read)
        self._writers = Writers(self._writer)
        # Reads take turns, so that one listing serves the caches of the next.
        self._reading = ThreadPoolExecutor(1, "flopod-file-read")
        self._writing = ThreadPoolExecutor(_WRITERS, "flopod-file-write")
        self._prepared = False
        self._writable = False
        self._closed = False
        self._pid = os.getpid()

    @property
    def url(self) -> str:
        """How to open this store again."""
        return f"file:{self._given}"

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
        await self._ready_to_write()
        if not stored:
            return []
        recorded = await self._writers.append(run_id, Request(stored, lease, expect, guard))
        if lease and any(isinstance(event.fact, ENDS) for event in recorded):
            await self._read(self._leases.release, lease, False)
        return recorded

    async def events(self, run_id: str, after: int = 0, limit: int | None = None) -> list[Event]:
        """Return the events with a number above `after`, in order."""
        check_run_id(run_id)
        if limit is None:
            return await self._read(self._catalogue.events, run_id, after)
        return await self._read(self._catalogue.some, run_id, after, limit)

    async def summary(self, run_id: str) -> RunSummary | None:
        """Return the run's summary as a list would show it."""
        return await self._read(self._told, check_run_id(run_id))

    async def list_runs(self, query: RunQuery) -> list[RunSummary]:
        """Return summaries, newest submission first."""
        return listed(await self._read(self._all_told), query)

    async def counts(self) -> dict[Status, int]:
        """Return how many runs stand how."""
        return counted(await self._read(self._all_told))

    async def changes(self) -> AsyncGenerator[Mapping[str, int], None]:
        """Yield the runs that changed, in batches; the first is empty."""
        await self._ready()
        with self._feed.watcher() as watcher:
            async with self._follower.following():
                async for batch in watcher.batches():
                    yield batch

    async def claim(
        self, worker: WorkerInfo, *, workflows: Collection[str], limit: int
    ) -> list[Lease]:
        """Take up to `limit` runs that need a worker, those due longest first."""
        return await self._change(self._leases.claim, worker, workflows, limit)

    async def claim_run(self, worker: WorkerInfo, run_id: str) -> Lease:
        """Take one run, whatever its workflow and status."""
        return await self._change(self._leases.claim_run, worker, check_run_id(run_id))

    async def renew(self, worker: WorkerInfo) -> None:
        """Say that the worker lives until its `expires_at`."""
        await self._change(self._leases.renew, worker)

    async def release(self, lease: Lease, *, again: bool = False) -> None:
        """Give a run back; a superseded lease is ignored."""
        await self._change(self._leases.release, lease, again)

    async def retire(self, worker_id: str) -> None:
        """Forget a worker that ends."""
        await self._change(self._leases.retire, worker_id)

    async def workers(self) -> list[WorkerInfo]:
        """Return the workers alive that claim runs, oldest first."""
        return await self._read(self._leases.claiming)

    async def next_due(self, workflows: Collection[str]) -> datetime | None:
        """Return when the next unheld run of these workflows is due."""
        return await self._read(self._leases.next_due, workflows)

    async def delete(self, run_id: str, *, expect: int | None = None) -> bool:
        """Forget a run, log and summary and all; return whether it is gone."""
        if gone := await self._change(self._leases.delete, check_run_id(run_id), expect):
            self._feed.tell({run_id: 0})
        return gone

    async def close(self) -> None:
        """Finish what was begun and let go of the files."""
        self._closed = True
        if os.getpid() != self._pid:
            return  # The files, tasks and threads are those of the process that opened it.
        self._feed.close()
        await self._follower.close()
        await self._writers.close()
        self._reading.shutdown(wait=False)
        self._writing.shutdown(wait=False)

    async def _ready(self) -> None:
        if self._closed:
            raise BackendError(f"the store {self.url} is closed; open it again")
        if os.getpid() != self._pid:
            raise BackendError(
                f"the store {self.url} was opened by process {self._pid}, from which this one was "
                "forked; open it again here"
            )
        if not self._prepared:
            await self._call(self._reading, self._folder.prepare)
            self._prepared = True

    async def _ready_to_write(self) -> None:
        await self._ready()
        if not self._writable:
            refuse_network(self._folder.root)
            await self._call(self._reading, self._folder.settle)
            self._writable = True

    async def _change(self, function: Callable[..., T], *arguments: Any) -> T:
        await self._ready_to_write()
        return await self._call(self._reading, function, *arguments)

    async def _read(self, function: Callable[..., T], *arguments: Any) -> T:
        await self._ready()
        return await self._call(self._reading, function, *arguments)

    async def _write(self, function: Callable[..., T], *arguments: Any) -> T:
        return await self._call(self._writing, function, *arguments)

    async def _call(
        self, threads: ThreadPoolExecutor, function: Callable[..., T], *arguments: Any
    ) -> T:
        with told_by_system(self._folder.root):
            return await asyncio.get_running_loop().run_in_executor(threads, function, *arguments)

    def _writer(self, run_id: str) -> RunWriter:
        log = RunLog(self._folder, run_id, self._leases.hold)
        return RunWriter(log, self._write, self._catalogue, self._feed.tell, self._alone)

    def _told(self, run_id: str) -> RunSummary | None:
        summary = self._catalogue.summary(run_id)
        if summary is None:
            return None
        return told(summary, claims.holder_name(self._leases.hold(run_id), self._leases.living()))

    def _all_told(self) -> list[RunSummary]:
        living, holds = self._leases.living(), self._leases.holds()
        runs = self._catalogue.summaries().values()
        return [told(run, claims.holder_name(holds.get(run.run_id), living)) for run in runs]
