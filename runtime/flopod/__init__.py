"""Durable workflows as a plain Python library.

Write ordinary functions; `wf.activity`, `each`, `repeat`, `sleep`, `wait` make them durable: killed
anywhere, they go on where they were.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flopod.context import Runtime
    from flopod.control import Control
    from flopod.delivering import Delivered
    from flopod.errors import (
        ActivityError,
        ActivityTimeoutError,
        BackendError,
        ChildFailedError,
        CorruptLogError,
        DuplicateIdError,
        EventNotFoundError,
        FlopodError,
        InvalidDurationError,
        InvalidIdError,
        InvalidPayloadError,
        InvalidRetryError,
        InvalidRunIdError,
        LeaseLostError,
        NeedsAttentionError,
        NondeterminismError,
        NonRetryable,
        RunBusyError,
        RunCancelledError,
        RunExistsError,
        RunFinishedError,
        RunNotFoundError,
        ScopeError,
        SerializableError,
        UnknownBranchError,
        UnknownWorkflowError,
    )
    from flopod.flow import STOP, EachResult, ItemError
    from flopod.registry import Workflow, workflow
    from flopod.retry import Retry
    from flopod.running import create_runtime, run_workflow
    from flopod.summary import RunSummary, Status
    from flopod.variables import List, Map, Var
    from flopod.worker import Worker

__all__ = [
    "STOP",
    "ActivityError",
    "ActivityTimeoutError",
    "BackendError",
    "ChildFailedError",
    "Control",
    "CorruptLogError",
    "Delivered",
    "DuplicateIdError",
    "EachResult",
    "EventNotFoundError",
    "FlopodError",
    "InvalidDurationError",
    "InvalidIdError",
    "InvalidPayloadError",
    "InvalidRetryError",
    "InvalidRunIdError",
    "ItemError",
    "LeaseLostError",
    "List",
    "Map",
    "NeedsAttentionError",
    "NonRetryable",
    "NondeterminismError",
    "Retry",
    "RunBusyError",
    "RunCancelledError",
    "RunExistsError",
    "RunFinishedError",
    "RunNotFoundError",
    "RunSummary",
    "Runtime",
    "ScopeError",
    "SerializableError",
    "Status",
    "UnknownBranchError",
    "UnknownWorkflowError",
    "Var",
    "Worker",
    "Workflow",
    "create_runtime",
    "run_workflow",
    "workflow",
]

# Loaded at first use: who lists runs, or shows them, needs nothing of what executes them.
_ROOMS = {
    "Runtime": "context",
    "Control": "control",
    "Delivered": "delivering",
    **dict.fromkeys(("STOP", "EachResult", "ItemError"), "flow"),
    **dict.fromkeys(("Workflow", "workflow"), "registry"),
    "Retry": "retry",
    **dict.fromkeys(("create_runtime", "run_workflow"), "running"),
    **dict.fromkeys(("RunSummary", "Status"), "summary"),
    **dict.fromkeys(("List", "Map", "Var"), "variables"),
    "Worker": "worker",
}
"""Where each name is; the others are errors."""

if not TYPE_CHECKING:
    # Hidden from type checkers, to which a name that is not there is an error.
    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{_ROOMS.get(name, 'errors')}"), name)
        globals()[name] = value
        return value
