"""The check-up of a SQLite store: the database as such, then every run's row against its log."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from flopod.backend import WorkerInfo
from flopod_backends import checkup_workers, sqlite_schema
from flopod_backends.checkup_findings import Finding, Kind, Level, Report
from flopod_backends.checkup_places import OLD, entries, places
from flopod_backends.checkup_sqlite_open import beside, opened, seen
from flopod_backends.checkup_sqlite_run import COPIED, RESTORE, check_run, run_ids
from flopod_backends.claims import Hold
from flopod_backends.liveness import living

_LOOKS = 5
_MOST = 100
"""Faults of pages and indices that SQLite is to tell."""
_PAGE = re.compile(r"\bpage (\d+)")
_TREE = re.compile(r"\bTree (\d+)")
_INDEX = re.compile(r"(?:missing from|entries in|entry in) index (\S+)")


def check(path: Path, url: str, now: datetime) -> Report:
    """Check the store in the database `path`."""
    report = Report(url)
    for _ in range(_LOOKS):
        before = seen(path)
        report = _checked(path, url, now)
        # Somebody may have opened it meanwhile, and what was read is of two moments then.
        if before[1] is not None or seen(path) == before:
            break
    around = (*places(beside(path)), *_left_over(path))
    return Report(url, report.runs, (*around, *report.findings))


def _checked(path: Path, url: str, now: datetime) -> Report:
    if not path.is_file():
        return Report(url, 0, (_no_store(path, "it is no regular file"),))
    if not path.stat().st_size:
        return Report(url, 0, (_no_store(path, "it is an empty file, which no store is"),))
    try:
        with opened(path) as connection:
            if refusal := _foreign(path, connection):
                return Report(url, 0, (refusal,))
            pages = list(_pages(path, connection))
            runs, faults = run_ids(path, connection)
            findings = [*_schema(path, connection), *pages, *faults]
            for run_id in runs:
                findings += check_run(path, connection, run_id)
            findings += _leases(path, connection, now)
            return Report(url, len(runs), tuple(findings))
    except sqlite3.DatabaseError as error:
        return Report(url, 0, (_no_store(path, f"it cannot be read: {error}"),))


def _foreign(path: Path, connection: sqlite3.Connection) -> Finding | None:
    [[application]] = connection.execute("PRAGMA application_id")
    [[version]] = connection.execute("PRAGMA user_version")
    if application != sqlite_schema.APPLICATION_ID:
        return _no_store(path, "it is a database of another program", "name another file")
    if version != sqlite_schema.VERSION:
        age = "a newer" if version > sqlite_schema.VERSION else "an older"
        formats = f"format {version}, this one reads {sqlite_schema.VERSION}"
        what = f"it was written by {age} flopod ({formats})"
        return _no_store(path, what, "check it with that one")
    return None


def _no_store(path: Path, what: str, taken: str = RESTORE) -> Finding:
    return Finding(Level.DAMAGE, Kind.FOREIGN, str(path), what, taken, byte=0)


def _schema(path: Path, connection: sqlite3.Connection) -> Iterator[Finding]:
    there = {name: sql for name, sql in connection.execute(sqlite_schema.TABLES)}
    for name, (kind, sql) in made().items():
        if there.get(name) == sql:
            continue
        what = "is not as flopod makes it" if name in there else "is missing"
        mend = "it is made anew" if kind != "table" else COPIED
        yield Finding(
            Level.DAMAGE,
            Kind.BAD_SCHEMA,
            str(path),
            f"{kind} {name!r} {what}",
            "no program opens the store",
            mend=mend,
        )


def made() -> dict[str, tuple[str, bytes]]:
    """Return what a store is made of: of each thing its kind and its SQL."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.deserialize(sqlite_schema.empty())
        kinds = dict(connection.execute("SELECT name, type FROM sqlite_master").fetchall())
        return {name: (kinds[name], sql) for name, sql in connection.execute(sqlite_schema.TABLES)}
    finally:
        connection.close()


def _pages(path: Path, connection: sqlite3.Connection) -> Iterator[Finding]:
    try:
        [[size]] = connection.execute("PRAGMA page_size")
        trees = dict(connection.execute("SELECT rootpage, name FROM sqlite_master").fetchall())
        rows = connection.execute(f"PRAGMA integrity_check({_MOST})").fetchall()
    except sqlite3.DatabaseError as error:
        yield _page(path, str(error), None)
        return
    lines = (line for (row,) in rows for line in str(row).splitlines())
    for line in dict.fromkeys(line for line in lines if line != "ok" and "***" not in line):
        page, tree, index = _PAGE.search(line), _TREE.search(line), _INDEX.search(line)
        if index:
            what, mend = f"index {index[1]!r}: {line}", "the index is made anew"
            yield Finding(Level.DAMAGE, Kind.BAD_INDEX, str(path), what, mend=mend)
        else:
            owner = f" (of {trees[int(tree[1])]})" if tree and int(tree[1]) in trees else ""
            yield _page(path, f"{line}{owner}", (int(page[1]) - 1) * size if page else None)


def _page(path: Path, what: str, byte: int | None) -> Finding:
    return Finding(Level.DAMAGE, Kind.BAD_PAGE, str(path), what, RESTORE, byte=byte, mend=COPIED)


def _leases(path: Path, connection: sqlite3.Connection, now: datetime) -> Iterator[Finding]:
    try:
        rows = connection.execute("SELECT worker_id, CAST(info AS BLOB) FROM workers").fetchall()
        held = connection.execute("SELECT run_id, epoch, worker_id FROM leases").fetchall()
    except sqlite3.DatabaseError as error:
        yield _page(path, f"leases and workers cannot be read: {error}", None)
        return
    infos: list[WorkerInfo] = []
    for worker_id, info in rows:
        try:
            infos.append(msgspec.json.decode(info, type=WorkerInfo))
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            yield _bad_record(path, f"worker {worker_id!a} cannot be read ({error})")
    holds = {
        run_id: Hold(epoch, worker_id)
        for run_id, epoch, worker_id in held
        if isinstance(epoch, int) and isinstance(run_id, str)
    }
    yield from checkup_workers.workers(infos, now, lambda _: str(path))
    yield from checkup_workers.leases(holds, living(infos, now), lambda _: str(path))


def _bad_record(path: Path, what: str) -> Finding:
    taken = "no worker can claim a run before it is gone"
    return Finding(Level.DAMAGE, Kind.BAD_RECORD, str(path), what, taken, mend="it is forgotten")


def _left_over(path: Path) -> Iterator[Finding]:
    for name, there in entries(path.parent).items():
        ours = name.startswith(f".{path.name}.") and name.endswith(".new")
        if ours and time.time() - there.st_mtime > OLD:
            yield Finding(
                Level.NOTE,
                Kind.LEFT_OVER,
                str(path.parent / name),
                "an empty store that a process was about to put in its place",
                "it is of no use",
                mend="it is removed",
            )
