"""Runs, waits and workflows as JSON-ready data, in the order in which `--json` prints them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from flopod.backend import WorkflowInfo
from flopod.errors import ErrorInfo
from flopod.inner import OpenWait
from flopod.records import iso
from flopod.summary import RunSummary


def plain_summary(run: RunSummary) -> dict[str, Any]:
    """Return the summary with its public fields."""
    return {
        "run_id": run.run_id,
        "workflow": run.workflow,
        "status": run.status.value,
        "submitted_at": _time(run.submitted_at),
        "started_at": _time(run.started_at),
        "ended_at": _time(run.ended_at),
        "updated_at": _time(run.updated_at),
        "error": _error(run.error),
        "progress": {"done": run.progress.done, "total": run.progress.total},
        "open_waits": [plain_wait(wait) for wait in run.open_waits],
        "wake_at": _time(run.wake_at),
        "attempt": run.attempt,
        "last_seq": run.last_seq,
        "worker": run.worker,
        "parent": run.parent,
    }


def plain_wait(wait: OpenWait) -> dict[str, Any]:
    """Return an open wait."""
    return {
        "path": wait.path,
        "event": wait.event,
        "deadline": _time(wait.deadline),
        "schema": wait.schema,
    }


def plain_workflow(info: WorkflowInfo, source: str) -> dict[str, Any]:
    """Return a workflow, with where it was found."""
    return {
        "name": info.name,
        "doc": info.doc,
        "takes_input": info.takes_input,
        "schema": info.schema,
        "source": source,
    }


def _time(at: datetime | None) -> str | None:
    return iso(at) if at is not None else None


def _error(error: ErrorInfo | None) -> dict[str, Any] | None:
    return msgspec.to_builtins(error) if error is not None else None
