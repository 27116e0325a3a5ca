"""Workers as processes of their own, killed while they work."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections import Counter
from pathlib import Path

import pytest

from flopod import Control
from flopod import events as ev
from flopod.events import Event
from flopod_backends import open_backend
from runtime.lives import RUN, finished, until

SOURCES = [
    str(Path(sys.modules[name].__file__ or "").parents[1]) for name in ("flopod", "flopod_backends")
]


PROGRAM = """
    import asyncio, os, sys
    from pathlib import Path
    from flopod import Worker, workflow
    from flopod_backends import open_backend

    @workflow
    async def job(wf):
        def step(n):
            with open(os.environ["CALLS"], "a") as calls:
                calls.write(f"{n}\\n")
            return n

        async def item(n, index):
            await wf.sleep("nap", "20ms")
            return await wf.activity("step", lambda: step(n))

        done = await wf.each("all", range(30), item, concurrency=3)
        approval = await wf.wait("approval", "approve")
        return sum(done.results), approval

    async def main():
        backend = open_backend(sys.argv[1])
        async with Worker(backend, [job]):
            print("ready", flush=True)
            await asyncio.Event().wait()

    asyncio.run(main())
"""


@pytest.mark.parametrize("kind", ["sqlite", "file"])
async def test_a_run_whose_workers_are_killed_ends_as_if_none_had_been(
    kind: str, tmp_path: Path
) -> None:
    url = f"sqlite:{tmp_path}/runs.db" if kind == "sqlite" else f"file:{tmp_path}/runs"
    program, calls = tmp_path / "program.py", tmp_path / "calls"
    program.write_text(textwrap.dedent(PROGRAM))
    calls.touch()
    environment = {
        **os.environ,
        "CALLS": str(calls),
        "PYTHONPATH": os.pathsep.join(SOURCES),
    }

    def worker() -> subprocess.Popen[bytes]:
        command = [sys.executable, str(program), url]
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)

    backend = open_backend(url)
    await backend.append(RUN, [Event(ev.RunSubmitted(workflow="job"))])
    for done in (5, 15):
        process = worker()
        await until(backend, lambda run: run.progress.done >= done)  # noqa: B023
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert (await Control(backend).get(RUN)).worker is None

    await Control(backend).deliver(RUN, "approval", "approve", "while nobody lived")
    process = worker()
    summary = await finished(backend)
    process.send_signal(signal.SIGKILL)
    process.communicate()

    events = await backend.events(RUN)
    assert summary.status == "ok"
    assert events[-1].data["output"] == (sum(range(30)), "while nobody lived")
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    completed = Counter(e.path for e in events if isinstance(e.fact, ev.ActivityCompleted))
    assert set(completed.values()) == {1}
    twice = [n for n, count in Counter(calls.read_text().split()).items() if count > 1]
    assert len(twice) <= 2 * 3, "only steps in flight at a kill may run again"
    await backend.close()
