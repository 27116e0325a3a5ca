"""Whole processes: how long they take to start, to resume a run, and what memory they need.

Each figure has a bare program beside it that does the same work with the standard library alone.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from rounds import medians

from flopod import Runtime, run_workflow, workflow
from flopod_backends import SqliteBackend

FINISHED = 1000
STEPS = 10_000

IMPORT = "import time; a = time.perf_counter(); import {}; print(time.perf_counter() - a)"
FLOPOD = "flopod.context, flopod.worker, flopod.running, flopod.control"
"""All of it: `flopod` alone loads each part when it is used."""
FLOW = """
import asyncio, sys
from flopod import run_workflow, workflow
from flopod_backends import SqliteBackend

@workflow(name="steps")
async def steps(wf, count):
    async def one():
        return 1
    for number in range(count):
        await wf.activity(f"step-{number}", one)

async def main(path, run_id, count, synchronous):
    backend = SqliteBackend(path, synchronous)
    await run_workflow(steps, count, backend=backend, run_id=run_id)
    await backend.close()
    print(open("/proc/self/status").read().split("VmHWM:")[1].split()[0])

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]))
"""
ROWS = """
import asyncio, json, sqlite3, sys
async def main(path):
    rows = sqlite3.connect(path).execute("SELECT path, data FROM events WHERE run_id = 'run'")
    known = {path: json.loads(data) for path, data in rows}
    for number in range(int(sys.argv[2])):
        known[f"step-{number}"]
asyncio.run(main(sys.argv[1]))
"""
BARE = """
import asyncio, sqlite3, sys
async def main(path):
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE steps (seq INTEGER PRIMARY KEY, data TEXT)")
    for number in range(int(sys.argv[2])):
        connection.execute("INSERT INTO steps (data) VALUES ('{}')")
        await asyncio.sleep(0)
    print(open("/proc/self/status").read().split("VmHWM:")[1].split()[0])
asyncio.run(main(sys.argv[1]))
"""


@workflow(name="steps")
async def steps(wf: Runtime, count: int) -> None:
    """As many steps, and then one that does not end."""

    async def one() -> int:
        return 1

    for number in range(count):
        await wf.activity(f"step-{number}", one)


def measure(scratch: Path, rounds: int) -> dict[str, Any]:
    """Return seconds, milliseconds and MiB, beside those of the bare programs."""
    path = scratch / "runs.db"
    asyncio.run(_unfinished(path))
    return medians(_round(scratch, path, number) for number in range(rounds))


async def _unfinished(path: Path) -> None:
    """Leave a run with its steps done and no end."""
    whole, cut = SqliteBackend(f"{path}.whole", "normal"), SqliteBackend(path, "normal")
    await run_workflow(steps, FINISHED, backend=whole, run_id="run")
    await cut.append("run", (await whole.events("run"))[:-1])
    await whole.close()
    await cut.close()


def _round(scratch: Path, path: Path, number: int) -> dict[str, float]:
    taken_up = scratch / f"{number}.db"
    taken_up.write_bytes(path.read_bytes())
    resumed, _ = _run(FLOW, taken_up, "run", FINISHED, "full")
    bare, _ = _run(ROWS, path, FINISHED)
    _, peak = _run(FLOW, scratch / f"peak-{number}.db", "peak", STEPS, "normal")
    _, bare_peak = _run(BARE, scratch / f"bare-{number}.db", STEPS)
    ours, theirs = (float(_run(IMPORT.format(name))[1]) for name in (FLOPOD, "asyncio"))
    listed, _ = _command("flopod_tui", "runs", "--backend", f"sqlite:{path}")
    return {
        "resume_s": resumed,
        "raw_resume_s": bare,
        "peak_mib": float(peak) / 1024,
        "raw_peak_mib": float(bare_peak) / 1024,
        "import_ms": ours * 1e3,
        "import_to_asyncio": ours / theirs,
        "flopod_runs_ms": listed * 1e3,
    }


def _run(program: str, *arguments: object) -> tuple[float, str]:
    return _timed([sys.executable, "-c", program, *map(str, arguments)])


def _command(module: str, *arguments: str) -> tuple[float, str]:
    return _timed([sys.executable, "-m", module, *arguments])


def _timed(command: list[str]) -> tuple[float, str]:
    start = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return time.perf_counter() - start, done.stdout
