"""Everything that can go wrong, in one tree.

* FlopodError
  - SerializableError       a value that would not survive a restart
  - InvalidPayloadError     a value that is not of the type that was announced
  - InvalidIdError          an id that cannot be part of a path
  - InvalidRunIdError       an id that cannot name a run
  - InvalidDurationError    not a length of time
  - InvalidRetryError       a retry policy that makes no sense
  - DuplicateIdError        an id used twice in one scope
  - UnknownBranchError      a branch key without a case
  - ScopeError              a primitive called where none can be
  - ActivityError           a step failed, after its last attempt
    - ActivityTimeoutError  … because it took too long
  - ChildFailedError        a run that was called failed or was cancelled
  - RunCancelledError       the run was cancelled
  - NondeterminismError     the code no longer fits what is recorded
  - NeedsAttentionError     only a person can say how this run goes on
  - UnknownWorkflowError    no workflow of that name
  - RunNotFoundError        no such run in this store
  - RunExistsError          that run id is taken
  - RunFinishedError        the run is at its end
  - RunBusyError            another live process holds the run
  - StaleAppendError        the log has moved on since it was read
  - LeaseLostError          the run was taken over by another worker
  - CorruptLogError         the log cannot be read to its end
  - BackendError            the store cannot be reached, read or written
  - WorkflowImportError     a workflow file or module does not import

A constructor takes the parts and writes the sentence. `Suspended` stands apart: it is not an
error but the way a run says "not yet", and it derives from BaseException so that a workflow's own
`except Exception` cannot swallow it (the idea is resonate's).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from flopod.error_info import ErrorInfo as ErrorInfo


class FlopodError(Exception):
    """What every error of flopod is."""


class NonRetryable(Exception):
    """Raise it from a step, or derive from it, to say that trying again is of no use."""


class Suspended(BaseException):
    """A run stops here for now and goes on by replay later."""


class SerializableError(FlopodError):
    """A value that would not survive a restart was about to be stored."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where} {reason}".strip())
        self.where = where
        self.reason = reason


class InvalidPayloadError(FlopodError):
    """A value is not of the type that was announced for it."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")
        self.where = where
        self.reason = reason


class InvalidIdError(FlopodError, ValueError):
    """An id that cannot be part of a path."""

    def __init__(self, id: object, why: str = "") -> None:
        super().__init__(
            f"id {brief(id)} {why or 'cannot be used'}; "
            "an id is 1 to 200 characters without / [ ] or control characters"
        )
        self.id = id


class InvalidRunIdError(FlopodError, ValueError):
    """An id that cannot name a run."""

    def __init__(self, run_id: object) -> None:
        super().__init__(
            f"run id {brief(run_id)} cannot be used; it must match "
            "[A-Za-z0-9][A-Za-z0-9._-]{0,127} and not end with a dot"
        )
        self.run_id = run_id


class InvalidDurationError(FlopodError, ValueError):
    """Not a length of time."""

    def __init__(self, value: object) -> None:
        super().__init__(
            f"{brief(value)} is not a duration; use '250ms', '30s', '5m', '1h', '2d', "
            "a timedelta or seconds as a number, from 0 to 3650 days"
        )
        self.value = value


class InvalidRetryError(FlopodError, ValueError):
    """A retry policy that makes no sense."""

    def __init__(self, field: str, value: object, taken: str) -> None:
        super().__init__(f"Retry: {field} is {brief(value)}; it must be {taken}")
        self.field = field
        self.value = value


class DuplicateIdError(FlopodError):
    """An id was used a second time in one scope."""

    def __init__(self, path: str, first: str = "", second: str = "") -> None:
        places = f" (first at {first}, again at {second})" if first and second else ""
        super().__init__(f"id used twice: {path!r}{places}; give every call in a scope its own id")
        self.path = path


class UnknownBranchError(FlopodError, LookupError):
    """A branch was asked for a key that has no case and no default."""

    def __init__(self, path: str, key: object, cases: Iterable[object]) -> None:
        known = ", ".join(repr(case) for case in cases) or "none"
        super().__init__(f"branch {path!r} has no case {brief(key)} and no default; cases: {known}")
        self.path = path
        self.key = key


class ScopeError(FlopodError):
    """A primitive was called where none can be: in a step, after the end, from elsewhere."""


class ActivityError(FlopodError):
    """A step failed, after its last attempt."""

    def __init__(self, path: str, attempts: int, cause: ErrorInfo) -> None:
        tries = "1 attempt" if attempts == 1 else f"{attempts} attempts"
        super().__init__(f"activity {path!r} failed after {tries}: {cause}")
        self.path = path
        self.attempts = attempts
        self.cause = cause


class ActivityTimeoutError(ActivityError):
    """A step took longer than its timeout."""


class ChildFailedError(FlopodError):
    """A run that was called from here failed, or was cancelled."""

    def __init__(self, path: str, run_id: str, cause: ErrorInfo) -> None:
        super().__init__(
            f"child run {run_id!r} called at {path!r} did not succeed: {cause}; "
            "to go on, retry it and then this run"
        )
        self.path = path
        self.run_id = run_id
        self.cause = cause


class RunCancelledError(FlopodError):
    """The run was cancelled."""

    def __init__(self, run_id: str) -> None:
        super().__init__(f"run {run_id!r} was cancelled")
        self.run_id = run_id


class NondeterminismError(FlopodError):
    """What is recorded does not fit what the code asks."""

    def __init__(self, path: str, recorded: str, asked: str, told: str = "") -> None:
        told = told or f"recorded is {recorded}, asked is {asked}"
        super().__init__(f"the code no longer fits the log at {path!r}: {told}; nothing was run")
        self.path = path
        self.recorded = recorded
        self.asked = asked
        self.columns: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
        """All that is recorded in that scope, and all that was asked there, in order."""


class NeedsAttentionError(FlopodError):
    """Only a person can say how this run goes on."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path or 'the run'}: {reason}")
        self.path = path
        self.reason = reason


class UnknownWorkflowError(FlopodError, LookupError):
    """No workflow of that name is known."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        near = get_close_matches(name, names, n=3)
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        listed = ", ".join(names) or "none"
        super().__init__(f"no workflow {brief(name)}; known: {listed}{hint}")
        self.name = name


class RunNotFoundError(FlopodError, LookupError):
    """No such run in this store."""

    def __init__(self, run_id: str) -> None:
        super().__init__(f"no run {brief(run_id)} in this store; `flopod runs` lists them")
        self.run_id = run_id


class EventNotFoundError(FlopodError, ValueError):
    """A run has no event of this number."""

    def __init__(self, run_id: str, seq: int, last: int) -> None:
        super().__init__(f"run {run_id!r} has events 1 to {last}, not {seq}")


class RunExistsError(FlopodError):
    """That run id is taken."""

    def __init__(self, run_id: str, why: str = "") -> None:
        super().__init__(f"run {run_id!r} exists already{f' ({why})' if why else ''}")
        self.run_id = run_id


class RunFinishedError(FlopodError):
    """The run is at its end; nothing more can be done to it that way."""

    def __init__(self, run_id: str, status: str, refused: str) -> None:
        super().__init__(f"run {run_id!r} is {status}: cannot {refused}")
        self.run_id = run_id
        self.status = status


class RunBusyError(FlopodError):
    """Another live process holds the run."""

    def __init__(self, run_id: str, holder: str) -> None:
        super().__init__(f"run {run_id!r} is held by {holder}; stop that process first")
        self.run_id = run_id
        self.holder = holder


class StaleAppendError(FlopodError):
    """An append expected another last event than the log has; nothing was appended."""

    def __init__(self, run_id: str, expected: int, found: int) -> None:
        super().__init__(f"run {run_id!r}: expected last event {expected}, found {found}")
        self.run_id = run_id
        self.expected = expected
        self.found = found


class LeaseLostError(FlopodError):
    """The run was taken over by another worker; this one may not append to it any more."""

    def __init__(self, run_id: str) -> None:
        super().__init__(f"run {run_id!r} was taken over by another worker")
        self.run_id = run_id


class CorruptLogError(FlopodError):
    """A log cannot be read to its end; what is before the damage is kept."""

    def __init__(self, run_id: str, where: str, why: str, events: Sequence[object] = ()) -> None:
        super().__init__(f"log of run {run_id!r} is damaged at {where}: {why}")
        self.run_id = run_id
        self.where = where
        self.events = events
        """The events before the damage."""


class BackendError(FlopodError):
    """The store cannot be reached, read or written."""


class WorkflowImportError(FlopodError):
    """A workflow file or module does not import."""

    def __init__(self, source: str, why: str) -> None:
        super().__init__(f"cannot load workflows from {source}: {why}")
        self.source = source


def brief(value: object, limit: int = 80) -> str:
    """Return `repr(value)`, ASCII only and cut: an error message is one short line."""
    try:
        shown = ascii(value)
    except ValueError:  # An integer of more digits than Python writes out.
        shown = f"<{type(value).__name__}>"
    return shown if len(shown) <= limit else f"{shown[: limit - 1]}…"
