"""An exception as data: the form in which logs and summaries hold errors."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ErrorInfo:
    """An exception as data: what remains of it in the log, live and on replay alike."""

    type: str
    """The name of its class, as `ValueError`."""
    message: str
    path: str = ""
    """Where it was raised; empty for the body of the run itself."""
    traceback: str = ""
    """The author's own frames, innermost last."""
    attempts: int = 1
    kind: str = ""
    """`activity` or `timeout` where a step failed, `child` where a run did that was called; empty
    for other code."""
    child: str = ""
    """The run that was called."""

    def __str__(self) -> str:
        return f"{self.type}: {self.message}" if self.message else self.type
