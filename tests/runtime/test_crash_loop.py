"""R32: a body that takes its process down over and over is stopped, and may be retried."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

from flopod import Control
from flopod import events as ev
from flopod.events import Event
from flopod_backends import open_backend
from runtime.lives import RUN, told

SOURCES = [
    str(Path(sys.modules[name].__file__ or "").parents[1]) for name in ("flopod", "flopod_backends")
]

PROGRAM = """
    import asyncio, os, sys
    from flopod import Control, Worker, workflow
    from flopod_backends import open_backend

    @workflow
    async def job(wf):
        await wf.activity("fine", lambda: 1)
        await wf.activity("deadly", lambda: os._exit(9))

    async def main():
        backend = open_backend(sys.argv[1])
        async with Worker(backend, [job]):
            async for _ in Control(backend).watch_runs():
                if (await Control(backend).get("the-run")).status == "needs_attention":
                    return

    asyncio.run(main())
"""


async def test_a_step_that_kills_its_process_is_called_so_often_and_no_more(
    tmp_path: Path,
) -> None:
    url, program = f"file:{tmp_path}/runs", tmp_path / "program.py"
    program.write_text(textwrap.dedent(PROGRAM))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(SOURCES)}
    backend = open_backend(url)
    await backend.append(RUN, [Event(ev.RunSubmitted(workflow="job"))])

    ends = []
    while not ends or ends[-1] == 9:
        command = [sys.executable, str(program), url]
        ends.append(subprocess.run(command, env=environment, timeout=20).returncode)  # noqa: ASYNC221

    # The first life got somewhere, so it does not count: it recorded the step before.
    assert ends == [9] * 11 + [0]
    summary = await Control(backend).get(RUN)
    assert summary.error is not None and "10 times in a row" in summary.error.message
    starts = await told(backend, RUN, "RunStarted", "ActivityCompleted")
    assert starts == ["RunStarted", "ActivityCompleted fine", *["RunStarted"] * 10]
    await backend.close()
