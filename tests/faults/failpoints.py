"""Named places at which a child process kills itself, with no code for it in what is tested.

`arm` wraps the calls around those places inside this process, so it is for children only. A place
is passed many times; the process dies at the n-th.
"""

from __future__ import annotations

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
}
"""The places by the kind of store; those of `IN_A_STEP` are passed by the workflow itself.

SQLite passes `in append` before each of the statements that an append is made of: the events, the
summary, the lease. So its n-th pass is before or after the summary for one n or another.
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
