"""Named places at which a child process kills itself, with no code for it in what is tested.

`arm` wraps the calls around those places inside this process, so it is for children only. A place
is passed many times; the process dies at the n-th.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
from collections.abc import Callable
from itertools import count
from typing import Any

IN_A_STEP = ("before a step", "in a step", "after a step")
POINTS = {
    "sqlite": ("before append", "in append", "after append"),
    "file": (
        "before append",
        "before write",
        "after write",
        "after append",
        "before summary",
        "after summary",
    ),
    "postgresql": (
        "before append",
        "before commit",
        "in commit",
        "after commit",
        "after append",
        "before notice",
        "after notice",
    ),
}
"""The places by the kind of store; those of `IN_A_STEP` are passed by the workflow itself.

SQLite passes `in append` before each of the statements that an append is made of: the events, the
summary, the lease. So its n-th pass is before or after the summary for one n or another. Postgres
passes `in commit` when the statement is on its way: then it may be executed after the death.
"""


class Fuse:
    """Counts how often the process passes the armed place, and kills it in time."""

    def __init__(self) -> None:
        self._point = ""
        self._left = count()

    def set(self, point: str, nth: int) -> None:
        """Die when `point` is passed for the n-th time."""
        self._point, self._left = point, count(nth - 1, -1)

    def passed(self, point: str) -> None:
        """Say that the process is at this place."""
        if point == self._point and next(self._left) == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def arm(fuse: Fuse, backend: type, kind: str) -> None:
    """Let a store of this class, and all that it calls, pass the places of its kind."""
    _around(fuse, backend, "append", "append")
    if kind == "sqlite":
        _trace(fuse)
    elif kind == "postgresql":
        _around_statements(fuse)
    else:
        from flopod_backends.fs import FileSystem
        from flopod_backends.run_log import RunLog

        _before_and_after(fuse, RunLog, "_write", "write")
        _before_and_after(fuse, FileSystem, "replace", "summary")


def _around(fuse: Fuse, owner: Any, name: str, point: str) -> None:
    """Pass the place before and after every call of an async method."""
    call = getattr(owner, name)

    async def passing(*args: Any, **kwargs: Any) -> Any:
        fuse.passed(f"before {point}")
        value = await call(*args, **kwargs)
        fuse.passed(f"after {point}")
        return value

    setattr(owner, name, passing)


def _around_statements(fuse: Fuse) -> None:
    """Pass the places around every statement that appends, or tells others of it."""
    from flopod_backends.postgres_link import Link

    call = Link.fetch

    async def passing(link: Link, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        point = "commit" if "INTO events" in sql else "notice" if "pg_notify" in sql else ""
        fuse.passed(f"before {point}")
        answer = asyncio.create_task(call(link, sql, *parameters))
        for _ in range(3):  # So many turns of the loop until it is sent.
            await asyncio.sleep(0)
        fuse.passed(f"in {point}")
        rows = await answer
        fuse.passed(f"after {point}")
        return rows

    Link.fetch = passing  # type: ignore[method-assign]


def _before_and_after(fuse: Fuse, owner: Any, name: str, point: str) -> None:
    """Pass the place before and after every call of a plain method."""
    call: Callable[..., Any] = getattr(owner, name)

    def passing(*args: Any, **kwargs: Any) -> Any:
        fuse.passed(f"before {point}")
        value = call(*args, **kwargs)
        fuse.passed(f"after {point}")
        return value

    setattr(owner, name, passing)


def _trace(fuse: Fuse) -> None:
    """Pass the places inside the statement of an append, in every connection from now on."""
    connect = sqlite3.connect

    def told(statement: str) -> None:
        if "INSERT INTO append" in statement:
            fuse.passed("in append")

    def traced(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        connection = connect(*args, **kwargs)
        connection.set_trace_callback(told)
        return connection

    sqlite3.connect = traced
