"""The check-up of one run of a SQLite store: its events, and the row that was folded from them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from flopod.errors import CorruptLogError
from flopod.events import Event
from flopod_backends.appends import columns
from flopod_backends.checkup_findings import Finding, Kind, Level, Lost
from flopod_backends.log_rows import Found, believed, restored
from flopod_backends.recording import folded
from flopod_backends.sqlite_logs import ROW
from flopod_backends.sqlite_open import Row

_EVENTS = """
SELECT seq, at, type, path, CAST(data AS BLOB) FROM events WHERE run_id = ? ORDER BY seq
"""
_STORED = f"""
SELECT workflow, status, submitted_at, due_at, last_seq, search, {ROW} FROM runs WHERE run_id = ?
"""
_RUNS = (
    "SELECT run_id FROM runs",
    "SELECT run_id FROM runs ORDER BY run_id DESC",
    "SELECT run_id FROM leases",
)
_STEPS = (
    ("SELECT min(run_id) FROM events", "SELECT min(run_id) FROM events WHERE run_id > ?"),
    ("SELECT max(run_id) FROM events", "SELECT max(run_id) FROM events WHERE run_id < ?"),
)
"""From one run to the next, from both ends: events are many, runs are few, and a page that cannot
be read ends the walk from one side only."""
_ANEW = "it is folded from the log again"
RESTORE = "keep a copy of it and of its -wal file before anything, then put a backup in its place"
COPIED = (
    "what can be read goes to a new database in its place; a copy of this one is kept beside it"
)


class RunLog(NamedTuple):
    """The log of a run, as far as it can be read."""

    events: Sequence[Event]
    rows: Sequence[Row]
    """Those of the events."""
    rest: Sequence[Row] = ()
    """Those behind them."""
    why: str = ""
    """Where and why it cannot be read on; empty: it can."""
    broken: bool = False
    """There may be more, on pages that cannot be read."""


def run_ids(path: Path, connection: sqlite3.Connection) -> tuple[list[str], list[Finding]]:
    """Return the runs that can be found, and why there may be more."""
    found: set[Any] = set()
    faults: dict[str, None] = {}
    walks = (*(_all(connection, sql) for sql in _RUNS), *(_walk(connection, s) for s in _STEPS))
    for walk in walks:
        try:
            for run_id in walk:
                found.add(run_id)
        except sqlite3.DatabaseError as error:
            faults[f"not every run can be found: {error}"] = None
    strange = {run_id for run_id in found if not isinstance(run_id, str)}
    faults |= {f"{run_id!a} is no run id": None for run_id in strange}
    return sorted(found - strange), [_unreadable(path, what) for what in faults]


def check_run(path: Path, connection: sqlite3.Connection, run_id: str) -> Iterator[Finding]:
    """Check one run."""
    log, row = read_log(connection, run_id), read_row(connection, run_id)
    known, end = (believed(Found(*row[6:])) if row else None), len(log.events)
    if log.broken or row == ():
        what = f"run {run_id!r} is damaged at {log.why}" if log.why else f"run {run_id!r}: its row"
        yield _unreadable(path, f"{what} cannot be read", run_id)
    elif not row and not log.rows and not log.rest:
        return  # Somebody holds it who has recorded nothing yet.
    elif log.why:
        what = f"run {run_id!r} is damaged at {log.why}"
        yield _damaged(path, run_id, Kind.DAMAGED_LOG, what, end, lost(log.rest))
    elif known and known.last_seq > end:
        what = f"run {run_id!r}: events {end + 1} to {known.last_seq} are gone; its row knows them"
        yield _damaged(path, run_id, Kind.SHORT_LOG, what, end, ())
    else:
        yield from _row(path, run_id, log.events, row)


def read_log(connection: sqlite3.Connection, run_id: str) -> RunLog:
    """Return the log of a run, as far as it can be read."""
    rows: list[Row] = []
    broken = ""
    try:
        rows.extend(connection.execute(_EVENTS, (run_id,)))
    except sqlite3.DatabaseError as error:
        broken = f"event {len(rows) + 1}: {error}; it"
    try:
        return RunLog(restored(run_id, 0, rows), rows, (), broken, bool(broken))
    except CorruptLogError as error:
        why = str(error).partition("damaged at ")[2]
        events = [event for event in error.events if isinstance(event, Event)]
        end = len(events)
        return RunLog(events, rows[:end], rows[end:], broken or why, bool(broken))


def read_row(connection: sqlite3.Connection, run_id: str) -> Row | None:
    """Return the columns of a run's row and then `ROW`; None: there is none, `()`: not readable."""
    try:
        found = connection.execute(_STORED, (run_id,)).fetchone()
    except sqlite3.DatabaseError:
        return ()
    return tuple(found) if found else None


def lost(rows: Sequence[Row]) -> tuple[Lost, ...]:
    """Return what is left out with these rows."""
    return tuple(
        Lost(
            size=len(data) if isinstance(data, bytes) else 0,
            seq=seq if isinstance(seq, int) else None,
            type=str(type),
            path=str(path),
        )
        for seq, _, type, path, data in rows
    )


def _all(connection: sqlite3.Connection, sql: str) -> Iterator[Any]:
    for (run_id,) in connection.execute(sql):
        yield run_id


def _walk(connection: sqlite3.Connection, steps: tuple[str, str]) -> Iterator[Any]:
    first, following = steps
    run_id = connection.execute(first).fetchone()[0]
    while run_id is not None:
        yield run_id
        run_id = connection.execute(following, (run_id,)).fetchone()[0]


def _unreadable(path: Path, what: str, run_id: str = "") -> Finding:
    return Finding(Level.DAMAGE, Kind.BAD_PAGE, str(path), what, RESTORE, run=run_id, mend=COPIED)


def _damaged(
    path: Path, run_id: str, kind: Kind, what: str, end: int, lost: tuple[Lost, ...]
) -> Finding:
    taken = f"events 1 to {end} are read" if end else "nothing of it is read"
    kept = f"events 1 to {end} are kept, the run stops" if end else "the run is taken out"
    return Finding(
        Level.DAMAGE,
        kind,
        str(path),
        what,
        f"{taken}, and nobody goes on with the run",
        run=run_id,
        mend=f"{kept}; a copy of the whole store is kept beside it",
        lost=lost,
    )


def _row(path: Path, run_id: str, events: Sequence[Event], row: Row | None) -> Iterator[Finding]:
    def bad(what: str) -> Finding:
        return Finding(
            Level.DAMAGE,
            Kind.BAD_SUMMARY,
            str(path),
            f"run {run_id!r}: {what}",
            "its log is folded instead",
            run=run_id,
            mend=_ANEW,
        )

    if not row:
        yield bad("it has no row, so no list shows it")
        return
    found = believed(Found(*row[6:]))
    expected = folded(run_id, None, events)
    if found is None:
        yield bad("its row cannot be read, or contradicts itself")
    elif found != expected:
        yield bad("its row is not what its log folds to")
    elif row[:6] != columns(expected)[:6]:
        yield bad("the columns of its row are not those of its summary")
