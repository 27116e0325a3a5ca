"""The check-up of one run of a store in files: its log, and the summary beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from flopod_backends.checkup_findings import Finding, Kind, Level, Lost
from flopod_backends.checkup_log import (
    Kept,
    LogSeen,
    Read,
    goes_on,
    kept,
    read_log,
    salvaged,
    why_not_kept,
)
from flopod_backends.fs import Key
from flopod_backends.sidecar import read_sidecar

MOST_MENDED = 1 << 30
"""Bytes of a log that a repair takes into memory."""
_ANEW = "it is written anew"


def check_run(
    run_id: str, log: Path, sidecar: Path, read: Read, key: Key, beside: bytes | None
) -> Iterator[Finding]:
    """Check a log, given how to read it, and the text of the summary beside it."""
    seen = read_log(run_id, read)
    known = kept(run_id, beside) if beside is not None else None
    if seen.fault:
        yield _damaged(run_id, log, read, key, seen, known)
    elif known and known.mark.offset > seen.mark.offset:
        yield _short(run_id, log, seen, known)
    else:
        yield from _tail(run_id, log, seen, key)
        if seen.mark.seq or beside is not None:
            yield from _summary(run_id, sidecar, read, key, beside, known, seen)


def _damaged(
    run_id: str, log: Path, read: Read, key: Key, seen: LogSeen, known: Kept | None
) -> Finding:
    assert seen.fault
    fault, mend = seen.fault, ""
    lost: tuple[Lost, ...] = ()
    taken = f"{_up_to(seen.mark.seq)}, and nobody goes on with the run"
    if known and known.mark.seq > seen.mark.seq:
        taken = f"{taken}; its summary has seen {known.mark.seq}"
    if key.size <= MOST_MENDED:
        salvage = salvaged(run_id, read(0, MOST_MENDED))
        lost, mend = salvage.lost, _by_copy(salvage.mark.seq, len(salvage.lost))
    return Finding(
        Level.DAMAGE,
        Kind.DAMAGED_LOG,
        str(log),
        fault.why,
        taken if mend else f"{taken}; too long to be mended here: move it away",
        line=fault.line,
        byte=fault.byte,
        run=run_id,
        mend=mend,
        lost=lost,
    )


def _short(run_id: str, log: Path, seen: LogSeen, known: Kept) -> Finding:
    gone = f"events {seen.mark.seq + 1} to {known.mark.seq} are gone"
    return Finding(
        Level.DAMAGE,
        Kind.SHORT_LOG,
        str(log),
        f"{gone}: the log ends here, and its summary has seen them",
        _up_to(seen.mark.seq),
        line=seen.mark.seq + 1,
        byte=seen.mark.offset,
        run=run_id,
        mend=_by_copy(seen.mark.seq, known.mark.seq - seen.mark.seq),
    )


def _tail(run_id: str, log: Path, seen: LogSeen, key: Key) -> Iterator[Finding]:
    if seen.torn:
        yield Finding(
            Level.NOTE,
            Kind.TORN_TAIL,
            str(log),
            f"{seen.torn} bytes of an append that was never acknowledged",
            "readers pass over them, the next writer cuts them",
            line=seen.mark.seq + 1,
            byte=seen.mark.offset,
            run=run_id,
            mend="they are cut and go to the trash",
        )
    elif not key.size:
        what = "it is empty: nothing was ever recorded"
        yield Finding(
            Level.NOTE, Kind.EMPTY_LOG, str(log), what, "its run id can be used", run=run_id
        )


def _summary(
    run_id: str,
    sidecar: Path,
    read: Read,
    key: Key,
    beside: bytes | None,
    known: Kept | None,
    seen: LogSeen,
) -> Iterator[Finding]:
    def found(level: Level, kind: Kind, what: str) -> Finding:
        taken = "lists fold the log instead"
        byte = 0 if kind is Kind.BAD_SUMMARY else None
        return Finding(level, kind, str(sidecar), what, taken, byte=byte, run=run_id, mend=_ANEW)

    if beside is None:
        yield found(Level.NOTE, Kind.NO_SUMMARY, "there is no summary beside the log")
    elif known is None:
        yield found(Level.DAMAGE, Kind.BAD_SUMMARY, why_not_kept(run_id, beside))
    elif not goes_on(run_id, known, read, seen):
        yield found(Level.DAMAGE, Kind.BAD_SUMMARY, "it is not what this log folds to")
    elif known.mark != seen.mark:
        what = f"it has seen {known.mark.seq} of {seen.mark.seq} events"
        yield found(Level.NOTE, Kind.STALE_SUMMARY, what)
    elif read_sidecar(run_id, beside, key) is None and not seen.torn:
        what = "the log's file was touched after it was written"
        yield found(Level.NOTE, Kind.STALE_SUMMARY, what)


def _up_to(seq: int) -> str:
    return f"events 1 to {seq} are read" if seq else "nothing of it is read"


def _by_copy(kept: int, lost: int) -> str:
    what = f"a copy with events 1 to {kept} takes its place" if kept else "the run is taken out"
    left_out = f", {lost} records are left out" if lost else ", nothing is left out"
    stopped = " and the run stops as needs_attention" if lost and kept else ""
    return f"{what}{left_out}{stopped}; the original goes to the trash"
