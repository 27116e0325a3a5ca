"""Durable workflows as a plain Python library.

Write ordinary functions; `wf.activity`, `each`, `repeat`, `sleep`, `wait` make them durable: killed
anywhere, they go on where they were.
"""

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
