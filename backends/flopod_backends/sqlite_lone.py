"""The commits of a run that appends alone, made on the loop itself.

A hop to a connection's thread and back takes as long as a third of a quick disk's sync. While one
run appends over and over and nobody else does, the loop would only wait for that thread, so it
commits by itself. It never waits here for a lock, and a commit that was slow sends the next ones
to the thread again: the loop stands still for a quick sync, or once for a slow one.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

LEAST = 8
"""How many commits of one run have to follow each other first: a front end never gets there."""
SLOW = 0.002
"""Seconds; a commit that takes longer has to go to the thread."""
APART = 0.05
"""Seconds between two commits after which they do not follow each other any more."""
_TO_THREAD = 32
"""One commit in so many goes to the thread, whose connection then brings the write-ahead log into
the database: that takes longer, and here it is not done."""


class Lone:
    """Knows whether a run appends alone, and commits for it."""

    def __init__(self, path: Path, synchronous: str) -> None:
        self._path = path
        self._synchronous = synchronous
        self._connection: sqlite3.Connection | None = None
        self._run_id = ""
        self._row = 0
        """How many commits of the run have followed each other."""
        self._last = 0.0

    def commit(self, run_id: str, sql: str, parameters: Sequence[Any]) -> bool:
        """Commit here if it should be; tells whether it is done.

        Raises:
            sqlite3.IntegrityError: the statement itself was refused.
        """
        if run_id != self._run_id or self._row < LEAST or self._row % _TO_THREAD == 0:
            return False
        try:
            self._open().execute(sql, parameters).fetchall()
        except sqlite3.IntegrityError:
            raise
        except sqlite3.Error:
            # A lock, a full disk: the thread waits for it, or says what it is.
            self._row = 0
            return False
        return True

    def saw(self, run_id: str, began: float) -> None:
        """Take note of a commit, made here or by the thread; of several runs at once: `''`."""
        now = time.perf_counter()
        quick = now - began < SLOW and began - self._last < APART
        self._row = self._row + 1 if quick and run_id and run_id == self._run_id else 0
        self._run_id, self._last = run_id, now

    def close(self) -> None:
        """Let go of the file."""
        connection, self._connection, self._row = self._connection, None, 0
        if connection is not None:
            connection.close()

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            # Only ever used by the writer's task, whatever thread its loop runs in.
            connection = sqlite3.connect(
                self._path, timeout=0, isolation_level=None, check_same_thread=False
            )
            connection.execute(f"PRAGMA synchronous = {self._synchronous}")
            connection.execute("PRAGMA wal_autocheckpoint = 0")
            self._connection = connection
        return self._connection
