"""The repair of a store in files: by copy, under the lock of the log, and with the original kept.

Whatever the store itself can do is done by the store: it cuts an unfinished append and writes the
summary as it does every day. Only a damaged log is rebuilt here, from what its checksums prove.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from flopod.backend import Lease
from flopod.events import Event
from flopod_backends import claims
from flopod_backends.catalogue import Catalogue
from flopod_backends.checkup_file import shelved
from flopod_backends.checkup_findings import Finding, Kind, Mended
from flopod_backends.checkup_log import Salvage, kept, salvaged
from flopod_backends.checkup_mending import (
    CannotMendError,
    Done,
    Menders,
    kept_name,
    mended,
    set_mode,
    stop_after,
    told_copy,
)
from flopod_backends.file_leases import Leases
from flopod_backends.folder import Folder
from flopod_backends.fs import FileSystem, told
from flopod_backends.liveness import alive
from flopod_backends.log_file import sealed
from flopod_backends.run_log import RunLog


def mend(root: Path, findings: Iterable[Finding], now: datetime) -> Iterator[Mended]:
    """Mend what was found in the store in the folder `root`."""
    with told(root):
        yield from _Mender(root, now).mended(findings)


class _Mender:
    """Mends one store."""

    def __init__(self, root: Path, now: datetime) -> None:
        self._folder = Folder(root, FileSystem())
        self._fs = self._folder.fs
        self._now = now
        self._leases = Leases(self._folder, Catalogue(self._folder), lambda: now)

    def mended(self, findings: Iterable[Finding]) -> Iterator[Mended]:
        if self._folder.events.is_dir():
            self._folder.prepare()
        menders: Menders = {
            Kind.DAMAGED_LOG: self._log,
            Kind.SHORT_LOG: self._log,
            Kind.TORN_TAIL: self._tail,
            Kind.SUSPECT_LOG: self._suspect,
            Kind.NO_SUMMARY: self._summary,
            Kind.STALE_SUMMARY: self._summary,
            Kind.BAD_SUMMARY: self._summary,
            Kind.ORPHAN_SUMMARY: self._to_trash,
            Kind.LEFT_OVER: self._to_trash,
            Kind.BAD_RECORD: self._to_trash,
            Kind.DEAD_WORKER: self._worker,
            Kind.DEAD_LEASE: self._lease,
            Kind.LAX_MODE: set_mode,
        }
        return mended(findings, menders)

    def _log(self, finding: Finding) -> Done:
        run_id = finding.run
        holder = claims.holder_name(self._leases.hold(run_id), self._leases.living())
        if holder:
            raise CannotMendError(f"{holder} is at work on run {run_id}; stop that worker first")
        log = RunLog(self._folder, run_id, self._leases.hold)
        try:
            with log.held() as there:
                if not there:
                    raise CannotMendError("it is not there any more")
                salvage, stop, original = self._rebuilt(run_id)
        finally:
            log.close()
        if salvage.mark.seq:
            self._through_the_store(run_id)
        else:
            self._leases.delete(run_id)
        return told_copy(run_id, salvage.mark.seq, stop), str(original)

    def _rebuilt(self, run_id: str) -> tuple[Salvage, Event | None, Path]:
        """Put what is proved of the log in its place, once the original is safe in the trash."""
        log, sidecar = self._folder.log(run_id), self._folder.sidecar(run_id)
        read, beside = self._fs.read(log), self._fs.read(sidecar)
        assert read, "we hold its lock"
        known = kept(run_id, beside[1]) if beside else None
        salvage = salvaged(run_id, read[1])
        left_out, seen = len(salvage.lost), known.mark.seq if known else 0
        stop = stop_after(salvage.summary, left_out, seen, self._now)
        original = self._keep(log, read[1])
        if beside:
            self._keep(sidecar, beside[1])
        # A summary that knows more than the log would be damage again.
        self._fs.remove(sidecar)
        if salvage.mark.seq:
            more = sealed([stop], salvage.mark)[0] if stop else b""
            self._folder.replace(log, salvage.text + more, durable=True)
        return salvage, stop, original

    def _tail(self, finding: Finding) -> Done:
        self._through_the_store(finding.run)
        return "they are cut", str(self._folder.trash)

    def _suspect(self, finding: Finding) -> Done:
        self._through_the_store(finding.run)
        return "a copy of it is in its place", ""

    def _summary(self, finding: Finding) -> Done:
        sidecar = self._folder.sidecar(finding.run)
        read = self._fs.read(sidecar) if finding.kind is Kind.BAD_SUMMARY else None
        original = str(self._keep(sidecar, read[1])) if read else ""
        self._fs.remove(sidecar)
        self._through_the_store(finding.run)
        return "it is written anew", original

    def _through_the_store(self, run_id: str) -> None:
        """Let the store open the log as for an append, and write the summary beside it."""
        log = RunLog(self._folder, run_id, self._leases.hold)
        try:
            log.append([])
            log.write_sidecar()
        finally:
            log.close()

    def _to_trash(self, finding: Finding) -> Done:
        path = Path(finding.file)
        to = self._folder.trash / kept_name(path, self._now)
        self._fs.rename(path, to)
        return "it is in the trash", str(to)

    def _worker(self, finding: Finding) -> Done:
        worker_id = Path(finding.file).stem
        with self._folder.locked():
            info = shelved(self._folder).workers.get(worker_id)
            if info and alive(info, self._now):
                raise CannotMendError(f"worker {info.name} is alive again")
            self._leases.retire(worker_id)
        return "it is forgotten", ""

    def _lease(self, finding: Finding) -> Done:
        hold = self._leases.hold(finding.run)
        if hold and hold.worker_id and hold.worker_id not in self._leases.living():
            self._leases.release(Lease(finding.run, hold.worker_id, hold.epoch), again=True)
        return "it is given back", ""

    def _keep(self, path: Path, data: bytes) -> Path:
        original = self._folder.trash / kept_name(path, self._now, data)
        self._folder.replace(original, data, durable=True)
        return original
