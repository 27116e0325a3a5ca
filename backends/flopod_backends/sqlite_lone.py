"""The commits of a run that appends alone, made on the loop itself (see `alone`).

It never waits here for a lock: the thread does that.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flopod_backends.alone import Alone
from flopod_backends.sqlite_open import ERRORS, MOST_LEFT, address, is_busy, told

_TO_THREAD = 32
"""One commit in so many goes to the thread, whose connection then brings the write-ahead log into
the database: that takes longer, and here it is not done."""


class Lone:
    """Commits for a run while it appends alone."""

    def __init__(self, path: Path, synchronous: str) -> None:
        self._path = path
        self._synchronous = synchronous
        self._connection: sqlite3.Connection | None = None
        self._alone = Alone()

    def commit(self, run_id: str, sql: str, parameters: Sequence[Any]) -> bool:
        """Commit here if it should be; tells whether it is done.

        Raises:
            sqlite3.IntegrityError: the statement itself was refused.
            BackendError: it cannot be written.
        """
        if not self._alone.is_alone(run_id) or self._alone.row % _TO_THREAD == 0:
            return False
        try:
            self._open().execute(sql, parameters).fetchall()
        except sqlite3.IntegrityError:
            raise
        except ERRORS as error:
            self._alone.begin_anew()
            if not is_busy(error):
                raise told(self._path, error) from error
            # The thread waits for the lock.
            return False
        return True

    def saw(self, run_id: str, began: float) -> None:
        """Take note of a commit, made here or by the thread; of several runs at once: `''`."""
        self._alone.saw(run_id, began)

    def close(self) -> None:
        """Let go of the file."""
        connection, self._connection = self._connection, None
        self._alone.begin_anew()
        if connection is not None:
            connection.close()

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            # Only ever used by the writer's task, whatever thread its loop runs in.
            connection = sqlite3.connect(
                address(self._path),
                uri=True,
                timeout=0,
                isolation_level=None,
                check_same_thread=False,
            )
            connection.execute(f"PRAGMA synchronous = {self._synchronous}")
            connection.execute("PRAGMA wal_autocheckpoint = 0")
            connection.execute(MOST_LEFT)
            self._connection = connection
        return self._connection
