"""Opens the two connections of a SQLite store: one that writes and one that reads.

Whatever is wrong with the file is said in one line that names it: sqlite3's own errors do not.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple, Protocol, TypeVar

import aiosqlite

from flopod.errors import BackendError, brief
from flopod_backends import sqlite_schema
from flopod_backends.log_rows import Row as Row
from flopod_backends.sqlite_place import Place

T = TypeVar("T")


BUSY_STEP = 0.25
"""Seconds that SQLite itself waits for a lock before we look whether to go on."""
PATIENCE = 30.0
"""Seconds after which a lock is no longer waited for."""
_SYNCHRONOUS = {"full": ("EXTRA", "FULL"), "normal": ("FULL", "NORMAL")}
"""What is asked for, as SQLite calls it: without a write-ahead log and with one. Without, a power
cut may undo a commit unless the folder is synced too (EXTRA), and NORMAL may damage the file."""
_CHECKPOINT = "PRAGMA wal_autocheckpoint = 250"
"""Pages (1 MB) after which the log is brought into the database and used again from its start: to
overwrite blocks of a file takes half the time of making it longer (120 µs against 230 for 12 kB
and a sync), which outweighs the checkpoints."""
MOST_LEFT = "PRAGMA journal_size_limit = 4194304"
"""Bytes that a log keeps on the disk, which grew while some program read for long."""
ERRORS = (sqlite3.Error, UnicodeDecodeError)
"""What a statement raises; the second where SQLite tells of a damaged file in its own bytes."""
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_ADVICE = {
    sqlite3.SQLITE_NOTADB: "is no SQLite database; name another file or move this one away",
    sqlite3.SQLITE_CORRUPT: "is damaged; keep a copy of it and of its -wal file, "
    "then see `flopod doctor`",
    sqlite3.SQLITE_READONLY: "cannot be written; check the permissions of the file and its folder",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; check the permissions of the file and its folder",
    sqlite3.SQLITE_PERM: "cannot be opened; check the permissions of the file and its folder",
    sqlite3.SQLITE_FULL: "cannot be written: the disk is full; make room, then go on",
    sqlite3.SQLITE_IOERR: "cannot be read or written: the disk gives an error; "
    "see that it is whole and has room, then go on",
    sqlite3.SQLITE_BUSY: f"has been locked by another program for {PATIENCE:.0f} s; stop that one",
}


class Execute(Protocol):
    """Runs one statement with its parameters."""

    async def __call__(self, sql: str, *parameters: Any) -> list[Row]: ...


class Connections(NamedTuple):
    """An open database."""

    writer: aiosqlite.Connection
    reader: aiosqlite.Connection
    synchronous: str
    """What a connection has to be set to for a commit to last as long as was asked."""

    async def close(self) -> None:
        """Close both; the reader first, so that the writer can tidy up the write-ahead log."""
        await self.reader.close()
        await self.writer.close()


async def connect(place: Place, synchronous: str) -> Connections:
    """Open the database, made if it is not there.

    Raises:
        BackendError: it cannot be opened, or is not one of ours.
    """
    place.prepare()
    async with AsyncExitStack() as opened:
        writer = await _open(place.path)
        opened.push_async_callback(writer.close)
        level = await _prepare_writer(place.path, writer, synchronous)
        reader = await _open(place.path)
        opened.push_async_callback(reader.close)
        await fetch(place.path, reader, "PRAGMA query_only = ON")
        # With the first look the log is there, and its index.
        await fetch(place.path, reader, "SELECT count(*) FROM sqlite_master")
        opened.pop_all()
    return Connections(writer, reader, level)


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
        except ERRORS as error:
            now = asyncio.get_running_loop().time()
            given_up = given_up or now + PATIENCE
            if not is_busy(error) or now > given_up:
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
    except ERRORS as error:
        # After anything but a lock nothing is sent again: a sync that failed once may succeed
        # the second time with the data gone.
        if not is_busy(error):
            raise told(path, error) from error
        return await patiently(path, lambda: _fetch(connection, sql, parameters))


async def _fetch(connection: aiosqlite.Connection, sql: str, parameters: Any) -> list[Row]:
    return [*map(tuple, await connection.execute_fetchall(sql, parameters))]


def told(path: Path, error: Exception) -> BackendError:
    """Return the error as one line that names the file and what to do."""
    advice = _ADVICE.get(_code(error)) or f"cannot be used: {brief(str(error))}"
    return BackendError(f"{path} {advice}")


def is_busy(error: Exception) -> bool:
    """Return whether another connection has a lock, and that is all."""
    return _code(error) in _BUSY


def is_damage(error: BackendError) -> bool:
    """Return whether the error tells of bytes that cannot be read, and of nothing else."""
    return _code(error.__cause__) == sqlite3.SQLITE_CORRUPT or is_undecodable(error)


def is_undecodable(error: BackendError) -> bool:
    """Return whether it tells of a text that is no UTF-8, which Python finds and gives no code."""
    return isinstance(error.__cause__, sqlite3.OperationalError) and not _code(error.__cause__)


def leniently(data: bytes) -> str:
    """Return a text of the database, which may be no UTF-8 where a byte has changed."""
    return data.decode(errors="surrogateescape")


def address(path: Path) -> str:
    """Return how SQLite opens the file without ever making it."""
    return f"{path.as_uri()}?mode=rw"


def _code(error: BaseException | None) -> int:
    if isinstance(error, UnicodeDecodeError):
        return sqlite3.SQLITE_CORRUPT
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


async def _open(path: Path) -> aiosqlite.Connection:
    try:
        return await _as_daemon(path)
    except ERRORS as error:
        raise told(path, error) from error


def _as_daemon(path: Path) -> aiosqlite.Connection:
    # A connection has a thread that would keep a program alive whose author forgot to close the
    # store. A thread is a daemon if the one that made it is.
    made: list[aiosqlite.Connection] = []

    def make() -> None:
        made.append(
            aiosqlite.connect(address(path), uri=True, isolation_level=None, timeout=BUSY_STEP)
        )

    maker = Thread(target=make, daemon=True)
    maker.start()
    maker.join()
    return made[0]


async def _prepare_writer(path: Path, connection: aiosqlite.Connection, synchronous: str) -> str:
    await patiently(path, lambda: _check(path, connection))
    log = await patiently(path, lambda: _with_log(connection))
    level = _SYNCHRONOUS[synchronous][log]
    for sql in (f"PRAGMA synchronous = {level}", _CHECKPOINT, MOST_LEFT):
        await fetch(path, connection, sql)
    return level


async def _check(path: Path, connection: aiosqlite.Connection) -> None:
    [[application]] = await connection.execute_fetchall("PRAGMA application_id")
    [[version]] = await connection.execute_fetchall("PRAGMA user_version")
    found = await connection.execute_fetchall(sqlite_schema.TABLES)
    sqlite_schema.check(path, application, version, map(tuple, found))


async def _with_log(connection: aiosqlite.Connection) -> bool:
    """Return whether the database has a write-ahead log now; not every file system can have one."""
    [[mode]] = await connection.execute_fetchall("PRAGMA journal_mode = WAL")
    return str(mode) == "wal"
