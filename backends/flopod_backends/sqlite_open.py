"""Opens the two connections of a SQLite store: one that writes and one that reads.

Whatever is wrong with the file is said in one line that names it: sqlite3's own errors do not.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Awaitable, Callable, Iterable
from importlib.resources import files
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple, TypeAlias, TypeVar

import aiosqlite

from flopod.errors import BackendError

T = TypeVar("T")
Row: TypeAlias = tuple[Any, ...]

APPLICATION_ID = 0x666C6F70
VERSION = 1
BUSY_STEP = 0.25
"""Seconds that SQLite itself waits for a lock before we look whether to go on."""
PATIENCE = 30.0
"""Seconds after which a lock is no longer waited for."""
_SYNCHRONOUS = {"full": "PRAGMA synchronous = FULL", "normal": "PRAGMA synchronous = NORMAL"}
_CHECKPOINT = "PRAGMA wal_autocheckpoint = 250"
"""Pages (1 MB) after which the log is brought into the database and used again from its start: to
overwrite blocks of a file takes half the time of making it longer (120 µs against 230 for 12 kB
and a sync), which outweighs the checkpoints."""
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_ADVICE = {
    sqlite3.SQLITE_NOTADB: "is no SQLite database; name another file or move this one away",
    sqlite3.SQLITE_CORRUPT: "is damaged; keep a copy of it and of its -wal file before anything",
    sqlite3.SQLITE_READONLY: "cannot be written; check the permissions of the file and its folder",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; check the permissions of the file and its folder",
    sqlite3.SQLITE_PERM: "cannot be opened; check the permissions of the file and its folder",
    sqlite3.SQLITE_FULL: "cannot be written: the disk is full",
    sqlite3.SQLITE_BUSY: f"has been locked by another program for {PATIENCE:.0f} s; stop that one",
}


class Connections(NamedTuple):
    """An open database."""

    writer: aiosqlite.Connection
    reader: aiosqlite.Connection

    async def close(self) -> None:
        """Close both; the reader first, so that the writer can tidy up the write-ahead log."""
        await self.reader.close()
        await self.writer.close()


async def connect(path: Path, synchronous: str) -> Connections:
    """Open the database, made if it is not there.

    Raises:
        BackendError: it cannot be opened, or is not one of ours.
    """
    writer = await _open(path)
    try:
        await patiently(path, lambda: _prepare(path, writer, synchronous))
        reader = await _open(path)
    except BaseException:
        await writer.close()
        raise
    await reader.execute_fetchall("PRAGMA query_only = ON")
    return Connections(writer, reader)


def check_settings(path: str | os.PathLike[str], synchronous: str) -> None:
    """Refuse what can be seen to be wrong before the file is touched.

    Raises:
        BackendError: there is such a thing.
    """
    if str(path) in ("", ":memory:"):
        raise BackendError(f"sqlite: {str(path)!r} is no file; name one, or use memory:")
    if synchronous not in _SYNCHRONOUS:
        raise BackendError(f"sqlite: synchronous is {synchronous!r}; it is full or normal")


async def patiently(path: Path, call: Callable[[], Awaitable[T]]) -> T:
    """Return what `call` returns, called again for as long as another program has a lock.

    Raises:
        sqlite3.IntegrityError: the statement itself was refused.
        BackendError: the lock was held too long, or something else is wrong with the file.
    """
    given_up: float | None = None
    while True:
        try:
            return await call()
        except sqlite3.IntegrityError:
            raise
        except sqlite3.Error as error:
            now = asyncio.get_running_loop().time()
            given_up = given_up or now + PATIENCE
            if _code(error) not in _BUSY or now > given_up:
                raise told(path, error) from error
            # SQLite does not wait for every kind of lock.
            await asyncio.sleep(0.01)


async def fetch(
    path: Path, connection: aiosqlite.Connection, sql: str, parameters: Iterable[Any] | Any = ()
) -> list[Row]:
    """Return the rows of one statement, with one hop to the connection's thread."""
    try:
        return [*map(tuple, await connection.execute_fetchall(sql, parameters))]
    except sqlite3.IntegrityError:
        raise
    except sqlite3.Error as error:
        # After anything but a lock nothing is sent again: a sync that failed once may succeed
        # the second time with the data gone.
        if _code(error) not in _BUSY:
            raise told(path, error) from error
        return await patiently(path, lambda: _fetch(connection, sql, parameters))


async def _fetch(connection: aiosqlite.Connection, sql: str, parameters: Any) -> list[Row]:
    return [*map(tuple, await connection.execute_fetchall(sql, parameters))]


def told(path: Path, error: sqlite3.Error) -> BackendError:
    """Return the error as one line that names the file and what to do."""
    advice = _ADVICE.get(_code(error), f"cannot be used: {error}")
    return BackendError(f"{path} {advice}")


def _code(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


async def _open(path: Path) -> aiosqlite.Connection:
    _check_place(path)
    try:
        return await _as_daemon(path)
    except sqlite3.Error as error:
        raise told(path, error) from error


def _as_daemon(path: Path) -> aiosqlite.Connection:
    # A connection has a thread that would keep a program alive whose author forgot to close the
    # store. A thread is a daemon if the one that made it is.
    made: list[aiosqlite.Connection] = []

    def make() -> None:
        made.append(aiosqlite.connect(path, isolation_level=None, timeout=BUSY_STEP))

    maker = Thread(target=make, daemon=True)
    maker.start()
    maker.join()
    return made[0]


def _check_place(path: Path) -> None:
    if path.is_dir():
        raise BackendError(f"{path} is a directory; name a file in it")
    if not path.parent.is_dir():
        raise BackendError(f"{path.parent} is no directory; make it, or name another file")
    try:
        # Only ever to make it: to close a file lets go of all locks that this process has on it,
        # those of SQLite too, and another program would then remove the log that we write to.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        pass
    except OSError as error:
        raise BackendError(f"{path} cannot be opened: {error.strerror}") from error


async def _prepare(path: Path, connection: aiosqlite.Connection, synchronous: str) -> None:
    # The tables first: whoever makes them, perhaps right now, sets the other two with them.
    [[tables]] = await connection.execute_fetchall("SELECT count(*) FROM sqlite_master")
    [[application]] = await connection.execute_fetchall("PRAGMA application_id")
    [[version]] = await connection.execute_fetchall("PRAGMA user_version")
    if application != APPLICATION_ID and tables:
        raise BackendError(f"{path} is a database of another program; name another file")
    if version > VERSION:
        raise BackendError(
            f"{path} was written by a newer flopod (format {version}, this one reads {VERSION}); "
            "update flopod"
        )
    [[mode]] = await connection.execute_fetchall("PRAGMA journal_mode = WAL")
    if mode != "wal":
        raise BackendError(f"{path} cannot have a write-ahead log here; use a local disk")
    await connection.execute_fetchall(_SYNCHRONOUS[synchronous])
    await connection.execute_fetchall(_CHECKPOINT)
    if not version:
        await _create(connection)


async def _create(connection: aiosqlite.Connection) -> None:
    script = files(__package__).joinpath("schema.sql").read_text(encoding="utf-8")
    try:
        await connection.executescript(script)
    except sqlite3.Error:
        if connection.in_transaction:
            await connection.rollback()
        raise
