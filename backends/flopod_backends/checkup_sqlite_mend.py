"""The repair of a SQLite store: each finding in a transaction, with a copy of the store kept.

A run's row is written as ever, by an insert into the view `append`. The copy is made by SQLite
itself before the first change, page by page, so it holds the damage too.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec

from flopod.backend import WorkerInfo
from flopod_backends import sqlite_schema
from flopod_backends.checkup_findings import Finding, Kind, Mended
from flopod_backends.checkup_mending import (
    CannotMendError,
    Done,
    Menders,
    kept_name,
    mended,
    set_mode,
    told_copy,
)
from flopod_backends.checkup_sqlite import made
from flopod_backends.checkup_sqlite_copy import connected, copy_to, rebuild, stopped, write
from flopod_backends.checkup_sqlite_run import COPIED, read_log
from flopod_backends.liveness import living

_CUT = """
DELETE FROM events
WHERE run_id = ? AND NOT (typeof(seq) = 'integer' AND seq BETWEEN 1 AND ?)
"""
_FORGET = "INSERT INTO forget (run_id) VALUES (?)"
_NUMBER = "UPDATE runs SET last_seq = ? WHERE run_id = ?"
_WORKERS = "SELECT worker_id, CAST(info AS BLOB) FROM workers"
_RETIRE = "DELETE FROM workers WHERE worker_id = ?"
_HOLDER = "SELECT worker_id FROM leases WHERE run_id = ?"
_RELEASE = "UPDATE leases SET worker_id = NULL, again = 1 WHERE run_id = ?"
_REBUILT = frozenset(
    {
        Kind.BAD_PAGE,
        Kind.BAD_SCHEMA,
        Kind.BAD_INDEX,
        Kind.BAD_RECORD,
        Kind.BAD_SUMMARY,
        Kind.DAMAGED_LOG,
        Kind.SHORT_LOG,
        Kind.DEAD_WORKER,
        Kind.DEAD_LEASE,
    }
)
"""What is mended by a new database, where there has to be one."""


def mend(path: Path, findings: Sequence[Finding], now: datetime) -> Iterator[Mended]:
    """Mend what was found in the store in the database `path`."""
    # First what everything else is written through.
    ordered = sorted(findings, key=lambda finding: finding.kind is not Kind.BAD_SCHEMA)
    yield from _Mender(path, now).mended(ordered)


class _Mender:
    """Mends one store."""

    def __init__(self, path: Path, now: datetime) -> None:
        self._path = path
        self._now = now
        self._copy = ""
        """Where the copy is, once there is one."""
        self._rebuilt: dict[str, str] = {}
        """What became of each run, once there is a new database."""
        self._refused = ""
        """Why there can be none."""

    def mended(self, findings: Iterable[Finding]) -> Iterator[Mended]:
        menders: Menders = {
            Kind.DAMAGED_LOG: self._log,
            Kind.SHORT_LOG: self._log,
            Kind.BAD_SUMMARY: self._row,
            Kind.BAD_SCHEMA: self._schema,
            Kind.BAD_INDEX: self._index,
            Kind.BAD_RECORD: self._record,
            Kind.DEAD_WORKER: self._record,
            Kind.DEAD_LEASE: self._lease,
            Kind.BAD_PAGE: self._rebuild,
            Kind.LEFT_OVER: _remove,
            Kind.LAX_MODE: set_mode,
        }
        if any(finding.mend == COPIED for finding in findings):
            # The new database has all of that anew.
            menders = {kind: self._rebuild for kind in _REBUILT} | {
                kind: menders[kind] for kind in menders.keys() - _REBUILT
            }
        return mended(findings, menders)

    def _rebuild(self, finding: Finding) -> Done:
        if self._refused:
            raise CannotMendError(self._refused)
        if not self._rebuilt:
            self._rebuilt = self._with_a_new_one()
        return self._rebuilt.get(finding.run, self._rebuilt[""]), self._copy

    def _with_a_new_one(self) -> dict[str, str]:
        try:
            with connected(self._path, alone=True) as connection:
                self._refuse_any_live(connection)
                self._keep(connection)
                return rebuild(self._path, connection, self._now)
        except CannotMendError as error:
            self._refused = str(error)
            raise

    def _log(self, finding: Finding) -> Done:
        run_id = finding.run
        with self._changing(copy=True) as connection:
            self._refuse_live(connection, run_id)
            log = read_log(connection, run_id)
            end, stop = len(log.events), stopped(connection, run_id, log, self._now)
            connection.execute(_CUT, (run_id, end))
            if end:
                connection.execute(_NUMBER, (end, run_id))
                write(connection, run_id, log.events, stop)
            else:
                connection.execute(_FORGET, (run_id,))
        return told_copy(run_id, end, stop), self._copy

    def _row(self, finding: Finding) -> Done:
        with self._changing(copy=True) as connection:
            log = read_log(connection, finding.run)
            if log.why:
                raise CannotMendError(f"its log is damaged at {log.why}")
            connection.execute(_NUMBER, (len(log.events), finding.run))
            write(connection, finding.run, log.events, None)
        return f"the row of run {finding.run} is folded from its log again", self._copy

    def _schema(self, finding: Finding) -> Done:
        with self._changing(copy=True) as connection:
            there = dict(connection.execute(sqlite_schema.TABLES).fetchall())
            for name, (kind, sql) in made().items():
                if there.get(name) != sql and kind != "table":
                    connection.execute(f'DROP {kind} IF EXISTS "{name}"')
                    connection.execute(sql.decode())
        return "it is made anew", self._copy

    def _index(self, finding: Finding) -> Done:
        with self._changing(copy=True) as connection:
            connection.execute("REINDEX")
        return "it is made anew", self._copy

    def _record(self, finding: Finding) -> Done:
        with self._changing() as connection:
            alive = self._living(connection)
            for worker_id, _ in connection.execute(_WORKERS).fetchall():
                if worker_id not in alive:
                    connection.execute(_RETIRE, (worker_id,))
        return "it is forgotten", ""

    def _lease(self, finding: Finding) -> Done:
        with self._changing() as connection:
            holder = connection.execute(_HOLDER, (finding.run,)).fetchone()
            if holder and holder[0] not in self._living(connection):
                connection.execute(_RELEASE, (finding.run,))
        return "it is given back", ""

    def _refuse_live(self, connection: sqlite3.Connection, run_id: str) -> None:
        row = connection.execute(_HOLDER, (run_id,)).fetchone()
        info = self._living(connection).get(row[0]) if row else None
        if info:
            raise CannotMendError(f"{info.name} is at work on run {run_id}; stop that worker first")

    def _refuse_any_live(self, connection: sqlite3.Connection) -> None:
        try:
            alive = self._living(connection)
        except sqlite3.DatabaseError:
            return  # Nobody else has it open, and that is what counts.
        for info in alive.values():
            raise CannotMendError(f"{info.name} is at work here; stop that worker first")

    def _living(self, connection: sqlite3.Connection) -> dict[str, WorkerInfo]:
        infos = []
        for _, info in connection.execute(_WORKERS).fetchall():
            try:
                infos.append(msgspec.json.decode(info, type=WorkerInfo))
            except (msgspec.MsgspecError, UnicodeDecodeError):
                continue
        return living(infos, self._now)

    @contextmanager
    def _changing(self, copy: bool = False) -> Iterator[sqlite3.Connection]:
        """Give a connection in a transaction that is committed at the end, or rolled back."""
        with connected(self._path) as connection:
            if copy:
                self._keep(connection)
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                connection.rollback()
                raise

    def _keep(self, connection: sqlite3.Connection) -> None:
        if not self._copy:
            copy = self._path.with_name(kept_name(self._path, self._now))
            copy_to(copy, connection)
            self._copy = str(copy)


def _remove(finding: Finding) -> Done:
    os.unlink(finding.file)
    return "it is removed", ""
