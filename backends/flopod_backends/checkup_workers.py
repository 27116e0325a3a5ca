"""Which workers and leases of a store nobody stands behind any more. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from flopod.backend import WorkerInfo
from flopod.records import iso
from flopod_backends.checkup_findings import Finding, Kind, Level
from flopod_backends.claims import Hold, Living
from flopod_backends.liveness import alive

Name = Callable[[str], str]
"""Tells where the entry of a worker or a run lies."""


def workers(infos: Iterable[WorkerInfo], now: datetime, name: Name) -> Iterator[Finding]:
    """Find the workers that are gone."""
    for info in infos:
        if not alive(info, now):
            yield Finding(
                Level.NOTE,
                Kind.DEAD_WORKER,
                name(info.worker_id),
                f"worker {info.name} is gone; it was to renew itself by {iso(info.expires_at)}",
                "the next worker that claims a run forgets it",
                mend="it is forgotten",
            )


def leases(holds: Mapping[str, Hold], living: Living, name: Name) -> Iterator[Finding]:
    """Find the runs that a worker holds which is gone."""
    for run_id, hold in holds.items():
        if hold.worker_id and hold.worker_id not in living:
            yield Finding(
                Level.NOTE,
                Kind.DEAD_LEASE,
                name(run_id),
                f"held by worker {hold.worker_id}, which is gone",
                "the next worker that knows its workflow takes the run over",
                run=run_id,
                mend="it is given back",
            )
