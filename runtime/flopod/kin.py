"""What can happen between a run and those that it starts, as facts in the logs of both.

The parent's log says which run it called and what that came to, the child's whose child it is. That
a child has ended is appended to its parent's log by whoever ended it, and by a worker's sweep if
that program died just then.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from flopod.error_info import ErrorInfo
from flopod.stored import Encoded, Stored


class Parent(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whose child a run is."""

    run_id: str
    path: str
    """Where in that run it was started."""
    called: bool = False
    """The parent waits for its end, and is told of it."""
    depth: int = 1
    """How many runs are above it."""


class ChildStarted(Stored, frozen=True, kw_only=True):
    """Another run was started, and goes its own way."""

    child: str
    workflow: str


class StartRefused(Stored, frozen=True, kw_only=True):
    """The run was not started: its id is that of another one."""

    error: ErrorInfo


class ChildCalled(Stored, frozen=True, kw_only=True):
    """Another run is called: it is started if it is not there, and its end is waited for.

    Recorded again where the child goes on after its end was told, as it does when it is retried.
    """

    child: str
    workflow: str


class ChildEnded(Stored, frozen=True, kw_only=True):
    """Somebody tells that the run called at this path has ended: it is to be looked at."""

    child: str


class ChildCompleted(Stored, frozen=True, kw_only=True):
    """The run that was called has a result."""

    output: Encoded


class ChildFailed(Stored, frozen=True, kw_only=True):
    """The run that was called failed, or was cancelled."""

    error: ErrorInfo


class EndTold(Stored, frozen=True):
    """Those whom the end of this run concerns know of it: who called it, whom it had called."""


ChildFact: TypeAlias = (
    ChildStarted | StartRefused | ChildCalled | ChildEnded | ChildCompleted | ChildFailed | EndTold
)
