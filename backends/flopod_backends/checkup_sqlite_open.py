"""Opens a SQLite store to look at it, without making or changing anything.

A read-only connection to a database with a write-ahead log makes the two files beside it and
leaves them there. So where nobody has the store open (there is no log) it is read as immutable;
where a log was left without its index, a copy is read.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

Seen: TypeAlias = tuple[tuple[int, int, int] | None, ...]
_BUSY = 5.0


def beside(path: Path) -> tuple[Path, Path, Path]:
    """Return the files of a store: the database, its log and the index of that."""
    return path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")


def seen(path: Path) -> Seen:
    """Return what tells whether the store is still as it was."""
    return tuple(_key(file) for file in beside(path))


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the store for reading; all that is read is of the same moment."""
    database, log, index = beside(path)
    if not log.exists():
        with _connected(f"{_uri(database)}?mode=ro&immutable=1") as connection:
            yield connection
    elif index.exists():
        with _connected(f"{_uri(database)}?mode=ro") as connection:
            yield connection
    else:
        with TemporaryDirectory(prefix="flopod-doctor-") as folder:
            for file in (database, log):
                shutil.copyfile(file, Path(folder) / file.name)
            with _connected(_uri(Path(folder) / database.name)) as connection:
                yield connection


def text(stored: bytes) -> str | bytes:
    """Return a text, or what stands there instead: one bad text fails no statement."""
    try:
        return stored.decode()
    except UnicodeDecodeError:
        return stored


@contextmanager
def _connected(uri: str) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=_BUSY)
    with closing(connection):
        connection.text_factory = text
        connection.execute("PRAGMA query_only = ON")
        connection.execute("BEGIN")
        yield connection


def _uri(path: Path) -> str:
    return Path(os.path.abspath(path)).as_uri()


def _key(path: Path) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
