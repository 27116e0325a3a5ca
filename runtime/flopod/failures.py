"""Exceptions as data, and back: what a body catches is the same on the first run and on replay.

A stored error never names a class to load. An exception comes back as the step's failure it was,
as one of Python's own built-in errors where it was one, and else as a `RecordedError`.
"""

from __future__ import annotations

import builtins
import os
import traceback
from pathlib import Path
from types import TracebackType

from flopod.errors import (
    ActivityError,
    ActivityTimeoutError,
    ChildFailedError,
    ErrorInfo,
    FlopodError,
    InvalidPayloadError,
    NonRetryable,
    RunExistsError,
    ScopeError,
    SerializableError,
)
from flopod.threads import StepExit

OWN = f"{Path(__file__).parent}{os.sep}"
LONGEST = 4000
"""Characters of a message, and of a traceback, that are kept."""


POINTLESS = (NonRetryable, SerializableError, InvalidPayloadError, ScopeError)
"""Errors that another attempt would only meet again."""


class RecordedError(FlopodError):
    """An exception of the author's, as the log remembers it."""

    def __init__(self, info: ErrorInfo) -> None:
        super().__init__(str(info))
        self.info = info


def describe(error: BaseException, path: str = "") -> ErrorInfo:
    """Return what the log keeps of an exception raised at `path`."""
    if isinstance(error, ActivityError | ChildFailedError):
        return error.cause
    if isinstance(error, RecordedError):
        return error.info
    if isinstance(error, StepExit):
        return describe(error.error, path)
    return ErrorInfo(
        type=type(error).__name__,
        message=_storable(_message(error)),
        path=path,
        traceback=_storable(_own_frames(error.__traceback__), keep_end=True),
    )


def rebuild(info: ErrorInfo) -> Exception:
    """Return the exception that a body is given for a recorded error."""
    error = _rebuilt(info)
    setattr(error, _PATH, info.path)
    return error


def failed_paths(error: BaseException) -> tuple[str, ...]:
    """Return the paths whose recorded failures make up `error`; none if the body itself raised."""
    if isinstance(error, BaseExceptionGroup):
        return tuple(path for part in error.exceptions for path in failed_paths(part))
    path = getattr(error, _PATH, "")
    return (path,) if path else ()


_PATH = "flopod_path"
"""The attribute by which an error that comes from the log knows its place in it."""


def _rebuilt(info: ErrorInfo) -> Exception:
    if info.type == SerializableError.__name__:
        return SerializableError(info.message, "")
    if info.child and info.type == RunExistsError.__name__:
        return RunExistsError(info.child)
    if info.child:
        return ChildFailedError(info.path, info.child, info)
    if info.kind:
        failure = ActivityTimeoutError if info.kind == "timeout" else ActivityError
        return failure(info.path, info.attempts, info)
    cls = getattr(builtins, info.type, None)
    if isinstance(cls, type) and issubclass(cls, Exception) and cls in PLAIN:
        return cls(info.message)
    return KeyError(_Quoted(info.message)) if info.type == "KeyError" else RecordedError(info)


class _Quoted(str):
    """The message of a KeyError, which would quote it a second time."""

    def __repr__(self) -> str:
        return str(self)


PLAIN = frozenset(
    {
        ArithmeticError,
        AssertionError,
        AttributeError,
        BlockingIOError,
        BrokenPipeError,
        ConnectionAbortedError,
        ConnectionError,
        ConnectionRefusedError,
        ConnectionResetError,
        EOFError,
        Exception,
        FileExistsError,
        FileNotFoundError,
        ImportError,
        IndexError,
        InterruptedError,
        IsADirectoryError,
        LookupError,
        MemoryError,
        ModuleNotFoundError,
        NameError,
        NotADirectoryError,
        NotImplementedError,
        OSError,
        OverflowError,
        PermissionError,
        ProcessLookupError,
        RecursionError,
        RuntimeError,
        TimeoutError,
        TypeError,
        ValueError,
        ZeroDivisionError,
    }
)
"""Built-in errors that one message makes whole again."""


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as worse:
        return f"(its message can't be told: {type(worse).__name__})"


def _own_frames(tb: TracebackType | None) -> str:
    """Return the frames of the author's own code, innermost last."""
    frames = [frame for frame in traceback.extract_tb(tb) if not frame.filename.startswith(OWN)]
    return "".join(traceback.format_list(frames))


def _storable(text: str, keep_end: bool = False) -> str:
    """Return `text` cut, and with what UTF-8 cannot hold (odd file names) written out."""
    clean = text.encode("utf-8", "backslashreplace").decode()
    return clean[-LONGEST:] if keep_end else clean[:LONGEST]
