"""`flopod workers`: who executes the runs of a store."""

from __future__ import annotations

from typing import Any

from flopod.backend import WorkerInfo
from flopod.records import iso
from flopod.stored import utc_now
from flopod_tui.arguments import Args, Commands, add_json
from flopod_tui.commands.store import opened
from flopod_tui.exits import OK
from flopod_tui.output.printing import put_json, put_table, say
from flopod_tui.runs.worker_text import HEADS, worker_cells

EPILOG = """\
--json prints a list, the oldest worker first, of {worker_id, name, host, pid, since, heartbeat,
held, concurrency, workflows, limits}:
  name         host:pid, as other commands tell of it
  since        when it began; heartbeat: when it last said that it lives, by its own clock
  held         how many runs it holds, those that only wait but are still loaded among them
  concurrency  how many runs it takes at once
  workflows    the names of those that it executes
  limits       {name: N} of those of which at most N runs are held at once, by all workers

A worker counts as alive for 30 seconds after its last heartbeat."""


def add(commands: Commands) -> None:
    """Add this command."""
    made = commands.add(
        "workers",
        workers,
        "List the workers that are alive.",
        examples="""flopod workers
        flopod workers --backend postgresql://db/runs
        flopod workers --json | jq 'map(.held) | add'""",
    )
    add_json(made)
    made.epilog = f"{made.epilog}\n\n{EPILOG}"


async def workers(args: Args) -> int:
    """Print who is alive."""
    async with opened(args.backend) as control:
        found = await control.workers()
        url = control.backend.url
    if args.json:
        put_json([plain_worker(info) for info in found])
    elif found:
        now = utc_now()
        put_table(HEADS, (worker_cells(info, now) for info in found))
    else:
        say(f"no live worker in {url}; start one: flopod worker")
    return OK


def plain_worker(info: WorkerInfo) -> dict[str, Any]:
    """Return a worker as JSON-ready data."""
    return {
        "worker_id": info.worker_id,
        "name": info.name,
        "host": info.host,
        "pid": info.pid,
        "since": iso(info.since),
        "heartbeat": iso(info.renewed_at),
        "held": info.held,
        "concurrency": info.concurrency,
        "workflows": [one.name for one in info.workflows],
        "limits": {one.name: one.concurrency for one in info.workflows if one.concurrency},
    }
