"""The real app over a real store: runs written to a file, and the program opened on them."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from flopod.control import Control
from flopod.stored import utc_now
from flopod_backends import SqliteBackend
from tui.store import NOW, Story, failing, finished, waiting
from tui.terminal import Terminal

WIDE, NORMAL = (120, 36), (80, 24)
SOME = 40


async def fill(path: Path, stories: Iterable[Story]) -> None:
    """Write runs to a store, told as if the time of the tests were now."""
    stories, shift = list(stories), utc_now() - NOW
    backend = SqliteBackend(path, "normal")
    for story in stories:
        for index, event in enumerate(story.events):
            story.events[index] = type(event)(event.fact, event.path, event.at + shift, event.seq)
    for start in range(0, len(stories), 1000):
        part = stories[start : start + 1000]
        await asyncio.gather(*(story.record(backend) for story in part))
    await backend.close()


def some_runs(folder: Path) -> Path:
    """Write 42 runs to a data directory: one waits, one failed, the others are done."""
    minute = timedelta(minutes=1)
    runs = [finished(f"done-{n:02}", (n + 2) * 60 * minute) for n in range(SOME)]
    runs += [waiting("asks", 121 * minute), failing("broken", 181 * minute)]
    asyncio.run(fill(folder / "flopod.db", runs))
    return folder


async def cancel(path: Path, run_id: str) -> None:
    """Cancel a run as another process would."""
    backend = SqliteBackend(path, "normal")
    await Control(backend, workflows=()).cancel(run_id)
    await backend.close()


class opened:
    """The app on a data directory, ended for certain."""

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        size: tuple[int, int] = WIDE,
        ignored: Iterable[signal.Signals] = (),
        program: Any = ("-m", "flopod_tui"),
        **env: str,
    ) -> None:
        # Its settings and what it remembers are not those of whoever runs the tests.
        home = {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "LANG": "C.UTF-8"}
        env = {"FLOPOD_DATA_DIR": str(folder), "COLORTERM": "truecolor", **home, **env}
        given = arguments or ("--no-worker",)
        kept = {name: value for name, value in env.items() if value}
        self.terminal = Terminal(*given, env=kept, size=size, ignored=ignored, program=program)

    def __enter__(self) -> Terminal:
        return self.terminal

    def __exit__(self, *error: object) -> None:
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(self.terminal.pid, signal.SIGKILL)
            os.waitpid(self.terminal.pid, 0)
        os.close(self.terminal.master)
