"""What a SQLite store is made of: how an empty one looks, and whether a file is one.

An empty store is built in memory and written as a whole, so a file is a store from the first
moment that it is there. What a file says of its tables is compared word for word: SQLite has no
checksums, and a trigger of which one letter has changed would guard nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from flopod.errors import BackendError

APPLICATION_ID = 0x666C6F70
VERSION = 1
TABLES = "SELECT name, CAST(sql AS BLOB) FROM sqlite_master WHERE sql IS NOT NULL"


def empty() -> bytes:
    """Return the bytes of a store without any run."""
    connection = _built()
    try:
        return connection.serialize()
    finally:
        connection.close()


def check(path: Path, application: int, version: int, found: Iterable[tuple[Any, ...]]) -> None:
    """Refuse a database that is not a store of this format.

    Args:
        found: what `TABLES` gives.

    Raises:
        BackendError: it is of another program, another version, or damaged.
    """
    if application != APPLICATION_ID:
        raise BackendError(f"{path} is a database of another program; name another file")
    if version > VERSION:
        raise BackendError(
            f"{path} was written by a newer flopod (format {version}, this one reads {VERSION}); "
            "update flopod"
        )
    if version < VERSION:
        raise BackendError(
            f"{path} was written by an older flopod (format {version}, this one reads {VERSION}); "
            "open it with that one, or name another file"
        )
    there = dict(found)
    for name, sql in _tables().items():
        if there.get(name) != sql:
            raise BackendError(
                f"{path} is damaged: {name!r} is not as flopod makes it; "
                "keep a copy of it and of its -wal file, then see `flopod doctor`"
            )


@cache
def _tables() -> Mapping[str, bytes]:
    connection = _built()
    try:
        return dict(connection.execute(TABLES).fetchall())
    finally:
        connection.close()


def _built() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    script = Path(__file__).with_name("schema.sql").read_text(encoding="utf-8")
    connection.executescript(script)
    return connection
