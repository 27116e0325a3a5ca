"""Runs as CSV (RFC 4180) that a spreadsheet opens without calculating anything in it.

A text that begins like a formula gets a `'` before it; characters that a terminal or a table would
act upon are shown by their number, so a run is always one line.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flopod.records import iso
from flopod.summary import RunSummary
from flopod_tui.text.format import safe

FORMULA = ("=", "+", "-", "@")
HEADS = (
    *("run_id", "workflow", "status", "submitted_at", "started_at", "ended_at", "updated_at"),
    *("done", "total", "attempt", "waiting_at", "waiting_for", "wake_at"),
    *("error_path", "error_type", "error_message", "worker", "last_seq"),
)


def csv_row(cells: Sequence[str]) -> str:
    """Return a line, its end included but for the newline that printing adds."""
    return ",".join(_quoted(_no_formula(safe(cell))) for cell in cells) + "\r"


def summary_row(run: RunSummary | None) -> tuple[str, ...]:
    """Return the cells of a run; without one, their heads."""
    if run is None:
        return HEADS
    error = run.error
    return (
        *(run.run_id, run.workflow, run.status.value),
        *(_time(run.submitted_at), _time(run.started_at), _time(run.ended_at)),
        _time(run.updated_at),
        *(str(run.progress.done), "" if run.progress.total is None else str(run.progress.total)),
        str(run.attempt),
        " ".join(wait.path for wait in run.open_waits),
        " ".join(wait.event for wait in run.open_waits),
        _time(run.wake_at),
        *((error.path or "", error.type, error.message) if error else ("", "", "")),
        *(run.worker or "", str(run.last_seq)),
    )


def _time(at: datetime | None) -> str:
    return iso(at) if at is not None else ""


def _no_formula(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"') else text
