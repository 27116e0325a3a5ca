"""Log lines of a run: what the author says with `wf.log`, and what `logging` hears meanwhile.

A line belongs to the scope that emitted it. A replay skips as many lines of a scope as are
recorded, so that a line stands in the log once, however often the body is entered again.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from flopod import events as ev
from flopod.errors import SerializableError
from flopod.scope import Scope, current
from flopod.stored import Encoded, encoded

OWN = ("flopod", "asyncio", "aiosqlite", "watchfiles", "concurrent")
"""Loggers whose lines are about the machinery, not about the run."""


def emit(scope: Scope, level: str, message: str, fields: dict[str, Any]) -> None:
    """Add a line to the log of the run, also from the thread of a step."""
    loop = scope.execution.loop
    if _running_loop() is loop:
        _emit(scope, level, message, fields)
    else:
        loop.call_soon_threadsafe(_emit, scope, level, message, fields)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the loop that calls, if one does: a step may run a loop of its own."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _emit(scope: Scope, level: str, message: str, fields: dict[str, Any]) -> None:
    """Add a line, unless a replay comes by a recorded one, or the run is at its end."""
    if scope.execution.recall.ended is not None:
        return
    scope.logged += 1
    if not scope.leaf and scope.logged <= scope.execution.recall.logged[scope.path]:
        return
    scope.execution.journal.ride(
        ev.LogEmitted(
            level=level,
            message=message.encode("utf-8", "backslashreplace").decode(),
            fields=_storable(fields) if fields else None,
        ),
        scope.path,
    )


def _storable(fields: dict[str, Any]) -> Encoded:
    """Return the fields, those that can't be stored as their `repr`: a log line never fails."""
    kept: dict[str, Any] = {}
    for name, value in fields.items():
        try:
            encoded(value)
            kept[name] = value
        except SerializableError:
            kept[name] = repr(value)[:200]
    return encoded(kept)


class RunHandler(logging.Handler):
    """Takes what `logging` hears inside a run into the log of that run."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)

    def emit(self, record: logging.LogRecord) -> None:
        """Take one record; records from outside any run, or of the machinery, are not ours."""
        scope = current()
        if scope is None or record.name.partition(".")[0] in OWN:
            return
        try:
            level, message = record.levelname.lower(), record.getMessage()
            emit(scope, level, message, {"logger": record.name})
        except Exception:
            self.handleError(record)


_handler = RunHandler()


def listen() -> None:
    """Hear what `logging` says from now on. Once is enough; more does nothing."""
    root = logging.getLogger()
    if _handler not in root.handlers:
        root.addHandler(_handler)
