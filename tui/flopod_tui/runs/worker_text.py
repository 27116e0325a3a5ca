"""Live workers as rows and lines of text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from flopod.backend import WorkerInfo
from flopod_tui.text.format import age, cut, fit, moment, safe, width_of
from flopod_tui.text.spans import Spans

HEADS = ("HOST", "PID", "SINCE", "HELD", "OF", "HEARTBEAT", "WORKFLOWS")


def worker_cells(info: WorkerInfo, now: datetime) -> list[str]:
    """Return a worker as a row under `HEADS`."""
    quiet = max(now - info.renewed_at, timedelta(0))
    return [
        safe(info.host, 40),
        str(info.pid),
        moment(info.since, now),
        str(info.held),
        str(info.concurrency),
        f"{age(quiet)} ago",
        _workflows(info),
    ]


def worker_lines(infos: Sequence[WorkerInfo], now: datetime, width: int) -> list[Spans]:
    """Return the workers as a table of lines, the last column cut where the width ends."""
    if not infos:
        return [[(" no live worker; W starts one, or `flopod worker` in a shell", "")]]
    rows = [list(HEADS), *(worker_cells(info, now) for info in infos)]
    widths = [max(map(width_of, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(fit, row[:-1], widths[:-1])) + "  " + row[-1] for row in rows]
    return [
        [(f" {cut(line, width - 1)}", "quiet" if place == 0 else "")]
        for place, line in enumerate(lines)
    ]


def _workflows(info: WorkerInfo) -> str:
    """Return what it executes, with the limit where there is one."""
    named = (
        one.name if one.concurrency is None else f"{one.name} (at most {one.concurrency})"
        for one in info.workflows
    )
    return safe(", ".join(named), 200)
