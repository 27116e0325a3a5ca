"""Writes what can be read of a SQLite store: a run's row, or all of it to a new database.

A new database takes the place of the old one page by page, in one transaction of SQLite's own
backup: the file stays the same file, and a crash leaves the old one or the new one.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from flopod.events import Event
from flopod.records import data_text
from flopod_backends import sqlite_schema
from flopod_backends.appends import columns
from flopod_backends.checkup_mending import CannotMendError, stop_after, told_copy
from flopod_backends.checkup_sqlite_open import text
from flopod_backends.checkup_sqlite_run import RunLog, read_log, read_row, run_ids
from flopod_backends.log_rows import Found, promised
from flopod_backends.moments import milliseconds
from flopod_backends.recording import folded
from flopod_backends.sqlite_append import ONE
from flopod_backends.sqlite_open import PATIENCE, told

_LEASES = "SELECT run_id, epoch FROM leases"
_GIVEN_BACK = "INSERT INTO leases (run_id, worker_id, epoch, again) VALUES (?, NULL, ?, 1)"


@contextmanager
def connected(path: Path, alone: bool = False) -> Iterator[sqlite3.Connection]:
    """Open the database for writing; `alone`: only if no other program has it open.

    Raises:
        BackendError: SQLite says no.
    """
    uri = f"{Path(os.path.abspath(path)).as_uri()}?mode=rw"
    try:
        with closing(
            sqlite3.connect(uri, uri=True, isolation_level=None, timeout=0 if alone else PATIENCE)
        ) as connection:
            connection.text_factory = text
            if alone:
                connection.execute("PRAGMA locking_mode = EXCLUSIVE")
                # The lock is taken now: a backup would wait for it without an end.
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("COMMIT")
            yield connection
    except sqlite3.Error as error:
        if alone and getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
            raise CannotMendError(
                f"another program has {path} open; stop every worker and app first"
            ) from error
        raise told(path, error) from error


def copy_to(path: Path, connection: sqlite3.Connection) -> None:
    """Copy a database as it is, damage and all, to a new file."""
    _make(path, b"")
    with closing(sqlite3.connect(path)) as target:
        connection.backup(target)


def stopped(
    connection: sqlite3.Connection, run_id: str, log: RunLog, now: datetime
) -> Event | None:
    """Return the event that stops the run when a part of its log is left out."""
    row = read_row(connection, run_id)
    known = Found(*row[6:]) if row else None
    seen = promised(known.last_seq, known.summary) if known else 0
    left_out = max(len(log.rest), int(log.broken))
    summary = folded(run_id, None, log.events) if log.events else None
    return stop_after(summary, left_out, seen, now)


def write(
    connection: sqlite3.Connection, run_id: str, events: Sequence[Event], stop: Event | None
) -> None:
    """Write the row of a run that has these events, as an append does: of `stop`, or of nothing."""
    there = connection.execute("SELECT 1 FROM runs WHERE run_id = ?", (run_id,)).fetchone()
    stops = [stop] if stop else []
    added = [_stored(event, data_text(event)) for event in stops]
    _append(connection, run_id, len(events) if there else 0, added, [*events, *stops])


def rebuild(path: Path, connection: sqlite3.Connection, now: datetime) -> dict[str, str]:
    """Put a new database in the place of this one; return what became of each run.

    What became of the whole stands under the empty run id.

    Raises:
        CannotMendError: no run would be left.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    _make(beside, sqlite_schema.empty())
    try:
        with closing(sqlite3.connect(beside, isolation_level=None)) as new:
            new.execute("BEGIN")
            runs, _ = run_ids(path, connection)
            told_of = {run_id: _copied(connection, new, run_id, now) for run_id in runs}
            _copy_leases(connection, new)
            new.execute("COMMIT")
            _refuse_nothing(new, len(runs))
            new.backup(connection)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(beside)
    return {"": f"a new database with {len(told_of)} runs is in its place"} | told_of


def _refuse_nothing(new: sqlite3.Connection, runs: int) -> None:
    [[kept]] = new.execute("SELECT count(*) FROM runs")
    if runs and not kept:
        raise CannotMendError(f"no log of its {runs} runs can be read; put a backup in its place")


def _copied(old: sqlite3.Connection, new: sqlite3.Connection, run_id: str, now: datetime) -> str:
    log = read_log(old, run_id)
    stop = stopped(old, run_id, log, now)
    if log.events:
        kept = [_stored(event, row[4]) for event, row in zip(log.events, log.rows, strict=True)]
        _append(new, run_id, 0, kept, log.events)
        if stop:
            write(new, run_id, log.events, stop)
    return told_copy(run_id, len(log.events), stop)


def _copy_leases(old: sqlite3.Connection, new: sqlite3.Connection) -> None:
    # The numbers only: a lease must never be given out a second time.
    with suppress(sqlite3.DatabaseError):
        for run_id, epoch in old.execute(_LEASES):
            if isinstance(run_id, str) and isinstance(epoch, int):
                new.execute(_GIVEN_BACK, (run_id, epoch))


def _append(
    connection: sqlite3.Connection,
    run_id: str,
    expected: int,
    added: Sequence[Any],
    events: Sequence[Event],
) -> None:
    parameters = (run_id, expected, None, None, msgspec.json.encode(added).decode())
    connection.execute(ONE, (*parameters, *columns(folded(run_id, None, events))))


def _stored(event: Event, data: bytes) -> tuple[Any, ...]:
    return event.seq, milliseconds(event.at), event.type, event.path, data.decode()


def _make(path: Path, data: bytes) -> None:
    fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    with open(fd, "wb") as file:
        file.write(data)
