"""Runs as CSV or JSON, for files: what was stored, byte for byte where JSON can say it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from flopod.summary import RunSummary
from flopod_tui.output.plain import plain_summary
from flopod_tui.terminal.spreading import spread_out

HEADS = (
    *("run_id", "workflow", "status", "done", "total", "submitted_at", "started_at", "ended_at"),
    *("updated_at", "attempt", "events", "worker", "error", "error_path", "waits_for"),
)


def csv_row(run: RunSummary) -> list[Any]:
    """Return a run as the cells of a row."""
    plain = plain_summary(run)
    error = run.error
    times = (plain[name] for name in ("submitted_at", "started_at", "ended_at", "updated_at"))
    return [
        *(run.run_id, run.workflow, run.status.value, run.progress.done, run.progress.total),
        *times,
        *(run.attempt, run.last_seq, run.worker),
        *((str(error), error.path) if error else ("", "")),
        " ".join(wait.event for wait in run.open_waits),
    ]


def json_row(run: RunSummary) -> str:
    """Return a run as one line of JSON."""
    return json.dumps(plain_summary(run), separators=(",", ":"))


async def as_csv(runs: Sequence[RunSummary]) -> str:
    """Return the runs as CSV with a line of heads."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADS)
    await spread_out(_each(runs, lambda run: writer.writerow(csv_row(run))))
    return out.getvalue()


async def as_jsonl(runs: Sequence[RunSummary]) -> str:
    """Return the runs as JSON, a line each."""
    lines: list[str] = []
    await spread_out(_each(runs, lambda run: lines.append(json_row(run))))
    return "".join(f"{line}\n" for line in lines)


async def as_json(runs: Sequence[RunSummary]) -> str:
    """Return the runs as one JSON list."""
    lines = (await as_jsonl(runs)).splitlines()
    inner = ",\n".join(f"  {line}" for line in lines)
    return f"[\n{inner}\n]\n" if lines else "[]\n"


def _each(runs: Iterable[RunSummary], do: Callable[[RunSummary], object]) -> Iterator[None]:
    for run in runs:
        do(run)
        yield
