"""The one seam to storage: what a store promises, as a protocol.

The contract is executable: every store passes the classes of `tests/backends/contract.py`, and a
new one is finished when it does. Several programs may use one store at once: its worker appends to
a run's log, and so does a `deliver` from a shell. So the store assigns the numbers, and decides
who holds a run.

A run is held by a *lease*. A lease belongs to a worker and lives as long as the worker does: a
worker renews itself, not each of its leases, so ten thousand of them cost one write. A worker is
dead when it was not renewed in time or when its process (on this host) is gone.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeAlias

import msgspec

from flopod.events import Event
from flopod.summary import RunSummary, Status

Guard: TypeAlias = Callable[[RunSummary | None], None]
"""Raises a FlopodError where something must not be appended to a run that stands so."""

LEASE_TIME = timedelta(seconds=30)
"""How long a worker counts as alive after it was last renewed."""


class WorkflowInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A workflow as a worker announces it, for front ends that never import its code."""

    name: str
    doc: str = ""
    schema: dict[str, Any] | None = None
    """JSON Schema of the input; None when it is not annotated."""
    takes_input: bool = True
    concurrency: int | None = None
    """At most so many of its runs are held at once, by all workers together; None: no limit."""


class WorkerInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A process that executes runs."""

    worker_id: str
    host: str
    pid: int
    process_start: str = ""
    """Tells the process from a later one of the same pid; empty where it can't be known."""
    since: datetime
    expires_at: datetime
    workflows: tuple[WorkflowInfo, ...] = ()
    """What it executes; empty for a process that runs just one run of its own."""
    concurrency: int = 0
    """How many runs it takes at once; 0 for a process that claims none by itself."""
    held: int = 0
    """How many runs it holds, as `Backend.workers` tells it."""

    @property
    def renewed_at(self) -> datetime:
        """When it last said that it lives, by its own clock."""
        return self.expires_at - LEASE_TIME

    @property
    def name(self) -> str:
        """How people are told of it: `host:pid`."""
        return f"{self.host}:{self.pid}"


class Lease(msgspec.Struct, frozen=True):
    """The right of one worker to execute a run; void as soon as a newer epoch was given out."""

    run_id: str
    worker_id: str
    epoch: int
    owing: bool = False
    """It was given only to tell of the run's end."""


class RunQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which runs a list shows, newest first."""

    statuses: frozenset[Status] | None = None
    """As told by the store: `interrupted` and `damaged` may be asked for like the others."""
    workflow: str | None = None
    search: str | None = None
    """Part of an id, workflow, error or open wait; upper and lower case are the same."""
    limit: int | None = 100
    run_ids: frozenset[str] | None = None
    """Only these."""
    before: datetime | str | None = None
    """Only runs listed after this run id, or submitted before this time: the next page."""


class Backend(Protocol):
    """A place that remembers runs."""

    @property
    def url(self) -> str:
        """How to open this store again, as `sqlite:runs.db`, without any password."""

    async def append(
        self,
        run_id: str,
        events: Sequence[Event],
        *,
        lease: Lease | None = None,
        expect: int | None = None,
        guard: Guard | None = None,
    ) -> list[Event]:
        """Record `events`, all or none; return them numbered, as every later reader sees them.

        Events that end the run (`summary.STOPPED`) give back the lease that they come with.

        When this returns, the events and the folded summary are durable. A cancelled caller
        leaves no half behind: either all is recorded or nothing.

        Args:
            lease: refuse unless this lease is still the run's newest.
            expect: refuse unless this is the number of the log's last event (0: a new run).
            guard: is given the summary that the events will follow, perhaps several times and in
                any thread; what it raises refuses them.

        Raises:
            StaleAppendError: `expect` does not hold.
            LeaseLostError: `lease` was superseded.
            CorruptLogError: the log is damaged, so nothing may follow it.
            BackendError: the store cannot be written.
        """

    async def events(self, run_id: str, after: int = 0, limit: int | None = None) -> list[Event]:
        """Return the events with a number above `after`, in order; empty for an unknown run.

        Args:
            limit: return no more than so many; what is behind them, damage too, need not be read.

        Raises:
            CorruptLogError: the log is damaged; its `events` are those before the damage.
        """

    async def summary(self, run_id: str) -> RunSummary | None:
        """Return the run's summary as a list would show it; None for an unknown run."""

    async def list_runs(self, query: RunQuery) -> list[RunSummary]:
        """Return summaries, newest submission first, equal times by id. Never reads a log."""

    async def counts(self) -> dict[Status, int]:
        """Return how many runs stand how, as told when listing; none is left out."""

    def changes(self) -> AsyncGenerator[Mapping[str, int], None]:
        """Yield the runs that changed, in batches, whatever process changed them.

        A batch gives, by run id, the number of the run's last event as far as it is known; 0 where
        it is not, or where the run was deleted. The first batch is empty and says that the watch
        is set: every append or delete after it will be told, at the latest after the store's poll
        interval. A change may be told twice. Changes of leases and workers need not be told.
        """

    async def claim(
        self, worker: WorkerInfo, *, workflows: Collection[str], limit: int
    ) -> list[Lease]:
        """Take up to `limit` runs that need a worker, those due longest first.

        A run needs one when its workflow is among `workflows`, it is not stopped, and either a
        dead worker holds it (or it was released with `again`), or nobody does and it is due
        (`summary.due_at`). So does one of any workflow that is at its end and due: it has yet to
        tell of that, which needs none of its code and which no limit holds up. Nobody else gets
        these runs while the worker lives. Every claim looks at dead workers, so there is no
        separate recovery. Registers the worker as `renew` does.

        Of a workflow for which `worker.workflows` names a `concurrency`, none is taken that would
        make more than so many held at once, by whatever workers. Such a limit holds up no other
        workflow. A dead worker's hold does not count, and is void once somebody claims instead.
        """

    async def claim_run(self, worker: WorkerInfo, run_id: str) -> Lease:
        """Take one run, which need not exist yet, whatever its workflow and status.

        A holder in the same process is superseded.

        Raises:
            RunBusyError: a live worker of another process holds it.
        """

    async def renew(self, worker: WorkerInfo) -> None:
        """Say that the worker lives until its `expires_at`, and what it is."""

    async def release(self, lease: Lease, *, again: bool = False) -> None:
        """Give a run back; a superseded lease is ignored.

        Args:
            again: the run still has work to do, so the next claim may take it at once.
        """

    async def retire(self, worker_id: str) -> None:
        """Forget a worker that ends; what it still holds can be claimed at once."""

    async def workers(self) -> list[WorkerInfo]:
        """Return the workers alive that claim runs (`concurrency` above 0), oldest first.

        Each with the number of runs that it holds.
        """

    async def next_due(self, workflows: Collection[str]) -> datetime | None:
        """Return when the next unheld run that `claim` would give is due; None: none in sight."""

    async def delete(self, run_id: str, *, expect: int | None = None) -> bool:
        """Forget a run, log and summary and all, or nothing of it; return whether it is gone.

        Args:
            expect: leave it unless this is the number of the log's last event and no live worker
                holds it.
        """

    async def close(self) -> None:
        """Finish what was begun and let go of everything; further calls raise BackendError."""
