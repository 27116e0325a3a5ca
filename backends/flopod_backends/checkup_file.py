"""The check-up of a store in files: every log against its summary, and whatever lies beside them.

It only reads. What another process changes meanwhile is no damage, so what looks like damage is
looked at again, and counts when it looks the same.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

from flopod.backend import WorkerInfo
from flopod.errors import InvalidRunIdError
from flopod.paths import check_run_id
from flopod.process import process_start
from flopod_backends import checkup_workers
from flopod_backends.checkup_findings import Finding, Kind, Level, Report
from flopod_backends.checkup_locks import held
from flopod_backends.checkup_log import Read, kept
from flopod_backends.checkup_places import OLD, entries, no_file, places
from flopod_backends.checkup_run import check_run
from flopod_backends.claims import Hold
from flopod_backends.folder import LOG, SIDECAR, Folder
from flopod_backends.fs import FileSystem, Key
from flopod_backends.liveness import living

T = TypeVar("T")
ROOMS = ("events", "leases", "workers", "trash", "tmp", "names")
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
_LOOKS = 5


class Shelved(NamedTuple):
    """The small files of one kind."""

    holds: dict[str, Hold]
    workers: dict[str, WorkerInfo]
    findings: list[Finding]


def check(root: Path, url: str, now: datetime) -> Report:
    """Check the store in the folder `root`."""
    folder = Folder(root, FileSystem())
    runs = run_ids(folder)
    return Report(url, len(runs), tuple(_findings(folder, runs, now)))


def run_ids(folder: Folder) -> list[str]:
    """Return the runs that have a log, in order."""
    found = entries(folder.events).items()
    names = [name.removesuffix(LOG) for name, seen in found if _is_log(folder, name, seen)]
    return [name for name in names if _is_run_id(name)]


def shelved(folder: Folder) -> Shelved:
    """Return who works here and who holds what, and what of it cannot be read."""
    findings: list[Finding] = []
    holds = _shelf(folder.root / "leases", Hold, findings)
    workers = _shelf(folder.root / "workers", WorkerInfo, findings)
    return Shelved(holds, workers, findings)


@contextmanager
def reading(path: Path) -> Iterator[Read]:
    """Open a file for reading pieces of it."""
    fd = os.open(path, _FLAGS)
    try:
        yield lambda offset, size: _pieces(fd, offset, size)
    finally:
        os.close(fd)


def _findings(folder: Folder, runs: list[str], now: datetime) -> Iterator[Finding]:
    yield from places(_everything(folder))
    yield from _strangers(folder, set(runs))
    for run_id in runs:
        yield from _checked(folder, run_id)
    yield from _same_but_case(folder, runs)
    shelves = shelved(folder)
    yield from shelves.findings
    yield from checkup_workers.workers(
        shelves.workers.values(), now, lambda name: str(folder.root / "workers" / f"{name}.json")
    )
    yield from checkup_workers.leases(
        shelves.holds,
        living(shelves.workers.values(), now),
        lambda name: str(folder.root / "leases" / f"{name}.json"),
    )
    yield from _left_over(folder.root / "tmp")
    yield from held([folder.root / "lock", *map(folder.log, runs)])


def _everything(folder: Folder) -> Iterator[Path]:
    yield folder.root
    yield folder.root / "lock"
    for room in ROOMS:
        yield folder.root / room
        yield from (folder.root / room / name for name in entries(folder.root / room))


def _checked(folder: Folder, run_id: str) -> list[Finding]:
    found: list[Finding] = []
    for _ in range(_LOOKS):
        before, found = found, list(_one_run(folder, run_id))
        if found == before or all(finding.level is Level.NOTE for finding in found):
            break
    return found


def _one_run(folder: Folder, run_id: str) -> Iterator[Finding]:
    log = folder.log(run_id)
    try:
        # The summary first: the log may only be ahead of it, never behind.
        beside = _content(folder.sidecar(run_id))
        seen = os.lstat(log)
        if seen.st_mode & stat.S_ISVTX:
            yield _suspect(log, run_id)
        with reading(log) as read:
            yield from check_run(run_id, log, folder.sidecar(run_id), read, Key.of(seen), beside)
    except FileNotFoundError:
        return  # It was deleted just now.
    except OSError as error:
        yield _unreadable(log, error, run_id)


def _suspect(log: Path, run_id: str) -> Finding:
    # Said by the store with this bit of the file's mode.
    return Finding(
        Level.NOTE,
        Kind.SUSPECT_LOG,
        str(log),
        "a write to it failed, so the system may show what the disk does not hold",
        "the next writer goes on with a copy of it",
        run=run_id,
        mend="a copy of it takes its place",
    )


def _strangers(folder: Folder, runs: set[str]) -> Iterator[Finding]:
    for name, seen in entries(folder.events).items():
        path = folder.events / name
        stem = name.removesuffix(SIDECAR)
        if kind := no_file(path, seen):
            level = Level.WARNING if name.endswith((LOG, SIDECAR)) else Level.NOTE
            yield Finding(level, Kind.IGNORED, str(path), f"ignored: it is {kind}", "move it away")
        elif name.endswith(LOG):
            if not _is_run_id(name.removesuffix(LOG)):
                why = "its name is no run id, so no command can open it"
                yield Finding(Level.WARNING, Kind.IGNORED, str(path), why, "rename it")
        elif name.endswith(SIDECAR) and stem not in runs:
            yield _orphan(path, stem)
        elif not name.endswith(SIDECAR):
            what = "ignored: it is no file of a store"
            yield Finding(Level.NOTE, Kind.IGNORED, str(path), what, "move it away")


def _orphan(path: Path, run_id: str) -> Finding:
    text = _content(path)
    known = kept(run_id, text) if text is not None else None
    gone = f"its log with {known.mark.seq} events is gone" if known else "there is no log beside it"
    return Finding(
        Level.DAMAGE if known else Level.WARNING,
        Kind.ORPHAN_SUMMARY,
        str(path),
        f"{gone}, so no list shows the run",
        "put the log back if you have it, unless the run was deleted",
        run=run_id,
        mend="it goes to the trash",
    )


def _same_but_case(folder: Folder, runs: list[str]) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for run_id in runs:
        other = first.setdefault(run_id.lower(), run_id)
        if other != run_id:
            yield Finding(
                Level.WARNING,
                Kind.SAME_BUT_CASE,
                str(folder.log(run_id)),
                f"run {run_id!r} differs from run {other!r} only in letter case",
                "a disk that ignores case can hold only one of them: take care when you copy them",
                run=run_id,
            )


def _left_over(tmp: Path) -> Iterator[Finding]:
    for name, seen in entries(tmp).items():
        pid, age = name.partition("-")[0], time.time() - seen.st_mtime
        if age > OLD and not (pid.isdecimal() and process_start(int(pid)) is not None):
            yield Finding(
                Level.NOTE,
                Kind.LEFT_OVER,
                str(tmp / name),
                f"what a process that has ended was about to put in its place ({age:.0f} s old)",
                "it is swept when it is an hour old",
                mend="it goes to the trash",
            )


def _shelf(folder: Path, kind: type[T], findings: list[Finding]) -> dict[str, T]:
    found = {}
    for name, seen in entries(folder).items():
        path = folder / name
        try:
            if not no_file(path, seen):
                text = _content(path)
                if text is not None:
                    found[name.removesuffix(".json")] = msgspec.json.decode(text, type=kind)
        except OSError as error:
            findings.append(_unreadable(path, error))
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            findings.append(_no_record(path, str(error)))
    return found


def _no_record(path: Path, why: str) -> Finding:
    return Finding(
        Level.DAMAGE,
        Kind.BAD_RECORD,
        str(path),
        f"it cannot be read ({why})",
        "it counts as not there",
        byte=0,
        mend="it goes to the trash",
    )


def _unreadable(path: Path, error: OSError, run_id: str = "") -> Finding:
    what = f"it cannot be read: {error.strerror}"
    return Finding(
        Level.DAMAGE, Kind.UNREADABLE, str(path), what, "check its permissions", run=run_id
    )


def _content(path: Path) -> bytes | None:
    try:
        with reading(path) as read:
            return read(0, 1 << 30)
    except FileNotFoundError:
        return None


def _pieces(fd: int, offset: int, size: int) -> bytes:
    pieces: list[bytes] = []
    while size > 0 and (piece := os.pread(fd, min(size, 1 << 24), offset)):
        pieces.append(piece)
        offset, size = offset + len(piece), size - len(piece)
    return b"".join(pieces)


def _is_log(folder: Folder, name: str, seen: os.stat_result) -> bool:
    return name.endswith(LOG) and not no_file(folder.events / name, seen)


def _is_run_id(name: str) -> bool:
    try:
        return bool(check_run_id(name))
    except InvalidRunIdError:
        return False
