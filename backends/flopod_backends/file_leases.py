"""Workers and leases in a file store: small files, changed only under the store's lock.

A lease changes hands under the lock of the run's log as well. An append looks at the lease under
that same lock, so whoever takes a run over has seen the last thing the former holder wrote.
All calls block.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from flopod.backend import Lease, WorkerInfo
from flopod_backends import claims
from flopod_backends.catalogue import Catalogue
from flopod_backends.claims import Hold, Living
from flopod_backends.folder import Folder, Shelf
from flopod_backends.liveness import alive, living
from flopod_backends.run_log import RunLog


class Leases:
    """Who works here and who holds what."""

    def __init__(self, folder: Folder, catalogue: Catalogue, clock: Callable[[], datetime]) -> None:
        self._folder = folder
        self._catalogue = catalogue
        self._clock = clock
        self._holds = Shelf(folder, "leases", Hold)
        self._workers = Shelf(folder, "workers", WorkerInfo)

    def living(self) -> Living:
        """Return the workers alive."""
        return living(self._workers.all().values(), self._clock())

    def claiming(self) -> list[WorkerInfo]:
        """Return the workers alive that claim runs, oldest first."""
        return claims.claiming(self.living(), claims.held_by(self.holds().values()))

    def holds(self) -> dict[str, Hold]:
        """Return how runs are held."""
        return self._holds.all()

    def hold(self, run_id: str) -> Hold | None:
        """Return how one run is held."""
        return self._holds.get(run_id)

    def renew(self, worker: WorkerInfo) -> None:
        """Say that the worker lives until its `expires_at`."""
        with self._folder.locked():
            self._renew(worker)

    def retire(self, worker_id: str) -> None:
        """Forget a worker."""
        self._workers.remove(worker_id)

    def claim(self, worker: WorkerInfo, workflows: Collection[str], limit: int) -> list[Lease]:
        """Take up to `limit` runs that need a worker."""
        with self._folder.locked():
            self._renew(worker)
            self._bury()
            now, workers, holds = self._clock(), self.living(), self.holds()
            summaries, limits = self._catalogue.summaries(), claims.limits(worker, workflows)
            if limits:
                for run_id, hold in claims.voided(summaries, holds, workers, limits).items():
                    self._put(run_id, hold)
                    holds[run_id] = hold
            room = claims.room(summaries, holds, limits)
            runs = [
                run
                for run in claims.of_concern(summaries.values(), workflows)
                if claims.claimable(run, holds.get(run.run_id), workers, now)
            ]
            taken = claims.within(claims.longest_due(runs), room, limit)
            return [self._take(worker, run.run_id, claims.owing(run)) for run in taken]

    def claim_run(self, worker: WorkerInfo, run_id: str) -> Lease:
        """Take one run."""
        with self._folder.locked():
            living = self.living()
            claims.check_free(run_id, self.hold(run_id), living)
            if worker.worker_id not in living:
                self._renew(worker)
            return self._take(worker, run_id)

    def release(self, lease: Lease, again: bool) -> None:
        """Give a run back."""
        with self._folder.locked():
            hold = claims.given_back(self.hold(lease.run_id), lease, again)
            if hold:
                self._put(lease.run_id, hold)

    def delete(self, run_id: str, expect: int | None = None) -> bool:
        """Forget a run, and how it is held; return whether it is gone."""
        log = RunLog(self._folder, run_id, self.hold)
        with self._folder.locked():
            try:
                with log.held() as there:
                    if there and expect is not None and not self._is_idle(run_id, expect):
                        return False
                    for path in (self._folder.log(run_id), self._folder.sidecar(run_id)):
                        self._folder.fs.remove(path)
                    self._holds.remove(run_id)
                    self._folder.unname(run_id)
                    self._folder.fs.fsync_folder(self._folder.events)
            finally:
                log.close()
                self._catalogue.forget(run_id)
        return True

    def _is_idle(self, run_id: str, last_seq: int) -> bool:
        """Return whether the log still ends there and no live worker holds the run."""
        run = self._catalogue.summary(run_id)
        held = claims.holder(self.hold(run_id), self.living()) is not None
        return not held and run is not None and run.last_seq == last_seq

    def next_due(self, workflows: Collection[str]) -> datetime | None:
        """Return when the next unheld run of these workflows is due."""
        runs = claims.of_concern(self._catalogue.summaries().values(), workflows)
        return claims.earliest_due(runs, self.holds(), self.living())

    def _take(self, worker: WorkerInfo, run_id: str, owing: bool = False) -> Lease:
        hold = claims.taken(self.hold(run_id), worker.worker_id, self._clock())
        self._put(run_id, hold)
        return Lease(run_id, worker.worker_id, hold.epoch, owing)

    def _put(self, run_id: str, hold: Hold) -> None:
        log = RunLog(self._folder, run_id, self.hold)
        try:
            with log.held():
                self._holds.put(run_id, hold)
        finally:
            log.close()

    def _renew(self, worker: WorkerInfo) -> None:
        if self._workers.get(worker.worker_id) != worker:
            self._workers.put(worker.worker_id, worker)

    def _bury(self) -> None:
        # A worker that was dead and renews itself after all is back as it was.
        for info in self._workers.all().values():
            if not alive(info, self._clock()):
                self._workers.remove(info.worker_id)
