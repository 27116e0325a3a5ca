"""What can happen in a run, one frozen class per fact, and the event that carries it.

The log of a run is a list of events and nothing else; its summary, state and tree are folded from
it. The name of a fact's class is the event's type on disk and never changes once released. Values
stay encoded, so that a log of 100,000 events opens without decoding one of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeAlias, get_args

import msgspec

from flopod.errors import ErrorInfo
from flopod.kin import ChildFact, Parent
from flopod.stored import Encoded, Stored, decoded, utc_now


class RunSubmitted(Stored, frozen=True, kw_only=True):
    """Somebody asked for a run of a workflow (no name: authored by hand); a worker may claim it."""

    workflow: str
    input: Encoded | None = None
    parent: Parent | None = None
    """The run that started this one, if one did."""


class RunStarted(Stored, frozen=True, kw_only=True):
    """A worker (`host:pid`) entered the body: the first time, or again after a break."""

    worker: str = ""
    code: str = ""
    """Fingerprint of the workflow's source."""
    was: str = ""
    """That of the source which executed the run before, where it was another."""


class RunCompleted(Stored, frozen=True, kw_only=True):
    """The body returned."""

    output: Encoded
    unvisited: tuple[str, ...] = ()
    """Recorded paths that the body no longer reached."""


class RunFailed(Stored, frozen=True, kw_only=True):
    """The body raised."""

    error: ErrorInfo
    failed_paths: tuple[str, ...] = ()
    """The steps whose failure ended the run; empty when the body itself raised."""


class RunCancelRequested(Stored, frozen=True, kw_only=True):
    """Somebody asked to cancel a run that a worker holds."""


class RunCancelled(Stored, frozen=True, kw_only=True):
    """The run was cancelled."""


class RunNeedsAttention(Stored, frozen=True, kw_only=True):
    """The run stopped before something that only a person can decide."""

    error: ErrorInfo
    recorded: tuple[str, ...] = ()
    """Where the code no longer fits the log: what is recorded in that scope, in order."""
    asked: tuple[str, ...] = ()
    """And what the code asked for there, in order."""


class RunRetried(Stored, frozen=True, kw_only=True):
    """The run goes on after a failure; the failure records at these paths are void."""

    voided: tuple[str, ...] = ()


class RunForked(Stored, frozen=True, kw_only=True):
    """The events before this one were copied from another run."""

    source: str
    source_seq: int


class ActivityStarted(Stored, frozen=True, kw_only=True):
    """A step is about to be called."""

    attempt: int = 1


class ActivityRetrying(Stored, frozen=True, kw_only=True):
    """An attempt failed; the next one is due at `next_at`."""

    attempt: int
    error: ErrorInfo
    next_at: datetime


class ActivityCompleted(Stored, frozen=True, kw_only=True):
    """A step returned. A replay hands `output` back and never calls the step again."""

    output: Encoded
    attempt: int = 1


class ActivityFailed(Stored, frozen=True, kw_only=True):
    """A step failed for good."""

    error: ErrorInfo


class BranchTaken(Stored, frozen=True, kw_only=True):
    """A branch was decided; a replay takes the same one."""

    key: str
    """The key taken, as it stands in paths: the inside of the branch is `path[key]`."""
    default: bool = False
    """The key had no case of its own."""


class EachStarted(Stored, frozen=True, kw_only=True):
    """An each announced its items."""

    total: int
    fingerprint: str = ""
    """Digest of the encoded items; empty when they cannot be encoded."""


class EachItemCompleted(Stored, frozen=True, kw_only=True):
    """An item (its path is `id[index]`) is done."""

    output: Encoded


class EachItemFailed(Stored, frozen=True, kw_only=True):
    """An item failed: data for the body, not a failure of the run."""

    error: ErrorInfo


class RepeatIterationCompleted(Stored, frozen=True, kw_only=True):
    """An iteration (its path is `id[iteration]`) is done."""

    stop: bool = False


class ParallelStarted(Stored, frozen=True, kw_only=True):
    """A parallel announced its branches."""

    total: int


class ParallelBranchCompleted(Stored, frozen=True, kw_only=True):
    """A branch of a parallel (its path is `id[index]`) is done."""

    output: Encoded


class ParallelBranchFailed(Stored, frozen=True, kw_only=True):
    """A branch of a parallel raised."""

    error: ErrorInfo


class SleepStarted(Stored, frozen=True, kw_only=True):
    """The run sleeps until `wake_at`, which never moves."""

    wake_at: datetime


class SleepCompleted(Stored, frozen=True, kw_only=True):
    """The sleep is over."""


class WaitStarted(Stored, frozen=True, kw_only=True):
    """The run waits here for an event."""

    event: str
    deadline: datetime | None = None
    schema: dict[str, Any] | None = None
    """JSON Schema of the payload, where the author gave a type."""


class EventDelivered(Stored, frozen=True, kw_only=True):
    """Somebody delivered an event for the wait at this path."""

    event: str
    payload: Encoded
    delivery_id: str


class WaitCompleted(Stored, frozen=True, kw_only=True):
    """The wait took a delivery."""

    delivery_id: str


class WaitTimedOut(Stored, frozen=True, kw_only=True):
    """The deadline passed without a delivery."""


class VarSet(Stored, frozen=True, kw_only=True):
    """A variable has a new value."""

    value: Encoded
    by: str = ""
    """The scope whose code made the change: the same scope finds it again on replay."""
    nth: int = 0
    """Which of that scope's calls on the variable made it, those that raised counted too."""


class ListSet(Stored, frozen=True, kw_only=True):
    """A list changed: it is `value` now, or grew by `pushed`, or kept only some indexes."""

    value: Encoded | None = None
    pushed: Encoded | None = None
    kept: tuple[int, ...] | None = None
    by: str = ""
    nth: int = 0


class MapSet(Stored, frozen=True, kw_only=True):
    """A map changed: it is `value` now, or has `[key, value]` put, or a key deleted."""

    value: Encoded | None = None
    put: Encoded | None = None
    deleted: Encoded | None = None
    by: str = ""
    nth: int = 0


class LogEmitted(Stored, frozen=True, kw_only=True):
    """A line in the run's own log."""

    level: str
    message: str
    fields: Encoded | None = None


Fact: TypeAlias = (
    RunSubmitted
    | RunStarted
    | RunCompleted
    | RunFailed
    | RunCancelRequested
    | RunCancelled
    | RunNeedsAttention
    | RunRetried
    | RunForked
    | ActivityStarted
    | ActivityRetrying
    | ActivityCompleted
    | ActivityFailed
    | BranchTaken
    | EachStarted
    | EachItemCompleted
    | EachItemFailed
    | RepeatIterationCompleted
    | ParallelStarted
    | ParallelBranchCompleted
    | ParallelBranchFailed
    | SleepStarted
    | SleepCompleted
    | WaitStarted
    | EventDelivered
    | WaitCompleted
    | WaitTimedOut
    | VarSet
    | ListSet
    | MapSet
    | LogEmitted
    | ChildFact
)

TYPES: Mapping[str, type[Fact]] = {cls.__name__: cls for cls in get_args(Fact)}


class Event(msgspec.Struct, frozen=True, gc=False):
    """A fact, when and where it happened, and its number in the log of its run."""

    fact: Fact
    path: str = ""
    """Where it happened, as `expedition[2]/fetch`; empty for the run itself."""
    at: datetime = msgspec.field(default_factory=utc_now)
    """When it happened, in UTC and whole milliseconds."""
    seq: int = 0
    """1, 2, 3 … per run, without gaps; assigned by the store, 0 until it is recorded."""

    @property
    def type(self) -> str:
        """The name of the fact, as `ActivityCompleted`."""
        return type(self.fact).__name__

    @property
    def data(self) -> dict[str, Any]:
        """What the fact holds, by name, with the author's values decoded."""
        held = msgspec.structs.asdict(self.fact)
        return {k: decoded(v) if isinstance(v, msgspec.Raw) else v for k, v in held.items()}
