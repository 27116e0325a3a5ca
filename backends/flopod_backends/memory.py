"""The store that forgets: for tests, the demo and anything that need not outlive its process.

It keeps the same lines of text that a file would, so a value that cannot be stored fails here too,
and nobody changes a stored value through an alias.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from datetime import datetime

from flopod import records
from flopod.backend import Guard, Lease, RunQuery, WorkerInfo
from flopod.errors import BackendError
from flopod.events import Event
from flopod.paths import check_run_id
from flopod.stored import utc_now
from flopod.summary import STOPPED, RunSummary, Status, told
from flopod_backends import claims
from flopod_backends.claims import Hold
from flopod_backends.feed import Feed
from flopod_backends.listing import counted, listed
from flopod_backends.liveness import living
from flopod_backends.recording import check_end, folded, numbered, texts


class MemoryBackend:
    """A store in this process only; closing it forgets everything.

    Args:
        clock: says which runs are due.
        lease_clock: says which workers are alive; the same if not given.
    """

    def __init__(
        self,
        clock: Callable[[], datetime] = utc_now,
        lease_clock: Callable[[], datetime] | None = None,
    ) -> None:
        self._clock = clock
        self._lease_clock = lease_clock or clock
        self._logs: dict[str, list[bytes]] = {}
        self._summaries: dict[str, RunSummary] = {}
        self._holds: dict[str, Hold] = {}
        self._workers: dict[str, WorkerInfo] = {}
        self._feed = Feed()
        self._closed = False

    @property
    def url(self) -> str:
        """How to open such a store; it is a new and empty one."""
        return "memory:"

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
        self._check(run_id)
        if not events:
            return []
        stored = texts(events)
        claims.check_lease(self._holds.get(run_id), lease)
        last = check_end(run_id, self._summaries.get(run_id), expect, guard)
        recorded = numbered(stored, last)
        self._keep(run_id, recorded)
        if lease and self._summaries[run_id].status in STOPPED:
            self._give_back(lease, again=False)
        return recorded

    def _keep(self, run_id: str, recorded: list[Event]) -> None:
        summary = folded(run_id, self._summaries.get(run_id), recorded)
        self._logs.setdefault(run_id, []).extend(map(records.line, recorded))
        self._summaries[run_id] = summary
        self._feed.tell({run_id: summary.last_seq})

    async def events(self, run_id: str, after: int = 0, limit: int | None = None) -> list[Event]:
        """Return the events with a number above `after`, in order."""
        self._check(run_id)
        lines = self._logs.get(run_id, ())[max(after, 0) :]
        return [records.parse(line) for line in lines[:limit]]

    async def summary(self, run_id: str) -> RunSummary | None:
        """Return the run's summary as a list would show it."""
        self._check(run_id)
        summary = self._summaries.get(run_id)
        return self._told(summary, self._living()) if summary else None

    async def list_runs(self, query: RunQuery) -> list[RunSummary]:
        """Return summaries, newest submission first."""
        self._check()
        return listed(self._all_told(), query)

    async def counts(self) -> dict[Status, int]:
        """Return how many runs stand how."""
        self._check()
        return counted(self._all_told())

    async def changes(self) -> AsyncGenerator[Mapping[str, int], None]:
        """Yield the runs that changed, in batches; the first is empty."""
        self._check()
        with self._feed.watcher() as watcher:
            async for batch in watcher.batches():
                yield batch

    async def claim(
        self, worker: WorkerInfo, *, workflows: Collection[str], limit: int
    ) -> list[Lease]:
        """Take up to `limit` runs that need a worker, those due longest first."""
        await self.renew(worker)
        now, alive = self._clock(), self._living()
        limits = claims.limits(worker, workflows)
        if limits:
            self._holds |= claims.voided(self._summaries, self._holds, alive, limits)
        room = claims.room(self._summaries, self._holds, limits)
        runs = [
            run
            for run in claims.of_concern(self._summaries.values(), workflows)
            if claims.claimable(run, self._holds.get(run.run_id), alive, now)
        ]
        taken = claims.within(claims.longest_due(runs), room, limit)
        return [self._take(worker, run.run_id, claims.owing(run)) for run in taken]

    async def claim_run(self, worker: WorkerInfo, run_id: str) -> Lease:
        """Take one run, whatever its workflow and status."""
        self._check(run_id)
        claims.check_free(run_id, self._holds.get(run_id), self._living())
        await self.renew(worker)
        return self._take(worker, run_id)

    async def renew(self, worker: WorkerInfo) -> None:
        """Say that the worker lives until its `expires_at`."""
        self._check()
        self._workers[worker.worker_id] = worker

    async def release(self, lease: Lease, *, again: bool = False) -> None:
        """Give a run back; a superseded lease is ignored."""
        self._check()
        self._give_back(lease, again)

    async def retire(self, worker_id: str) -> None:
        """Forget a worker that ends."""
        self._check()
        self._workers.pop(worker_id, None)

    async def workers(self) -> list[WorkerInfo]:
        """Return the workers alive that claim runs, oldest first."""
        self._check()
        return claims.claiming(self._living(), claims.held_by(self._holds.values()))

    async def next_due(self, workflows: Collection[str]) -> datetime | None:
        """Return when the next unheld run of these workflows is due."""
        self._check()
        runs = claims.of_concern(self._summaries.values(), workflows)
        return claims.earliest_due(runs, self._holds, self._living())

    async def delete(self, run_id: str, *, expect: int | None = None) -> bool:
        """Forget a run, log and summary and all; return whether it is gone."""
        self._check(run_id)
        run = self._summaries.get(run_id)
        held = claims.holder(self._holds.get(run_id), self._living()) is not None
        if run is not None and expect is not None and (held or run.last_seq != expect):
            return False
        self._holds.pop(run_id, None)
        self._summaries.pop(run_id, None)
        if self._logs.pop(run_id, None) is not None:
            self._feed.tell({run_id: 0})
        return True

    async def close(self) -> None:
        """Forget everything."""
        self._closed = True
        self._feed.close()
        for kept in (self._logs, self._summaries, self._holds, self._workers):
            kept.clear()

    def _check(self, run_id: str | None = None) -> None:
        if self._closed:
            raise BackendError("the store memory: is closed; open a new one")
        if run_id is not None:
            check_run_id(run_id)

    def _give_back(self, lease: Lease, again: bool) -> None:
        hold = claims.given_back(self._holds.get(lease.run_id), lease, again)
        if hold:
            self._holds[lease.run_id] = hold

    def _living(self) -> claims.Living:
        return living(self._workers.values(), self._lease_clock())

    def _all_told(self) -> list[RunSummary]:
        alive = self._living()
        return [self._told(summary, alive) for summary in self._summaries.values()]

    def _told(self, summary: RunSummary, alive: claims.Living) -> RunSummary:
        return told(summary, claims.holder_name(self._holds.get(summary.run_id), alive))

    def _take(self, worker: WorkerInfo, run_id: str, owing: bool = False) -> Lease:
        hold = claims.taken(self._holds.get(run_id), worker.worker_id, self._clock())
        self._holds[run_id] = hold
        return Lease(run_id, worker.worker_id, hold.epoch, owing)
