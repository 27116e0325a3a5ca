"""Opens the app on a store, and starts the worker that outlives it.

That worker has a session of its own and writes to a log: it goes on when the terminal is gone.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flopod.control import Control
from flopod_backends import open_backend, resolve_data_dir
from flopod_tui.app import FlopodApp
from flopod_tui.session import Session

VARIABLES = ("FLOPOD_DATA_DIR", "FLOPOD_DATA_SCOPE", "FLOPOD_BACKEND")


@dataclass(frozen=True, slots=True)
class WorkerLaunch:
    """How to start the worker of a store."""

    arguments: Sequence[str]
    """What follows `flopod worker`: `--backend URL`, `-w FILE` …"""
    log: Path

    async def __call__(self) -> str:
        """Start it and say so."""
        process = await asyncio.to_thread(self._start)
        return f"started worker {process.pid}; it goes on when you leave (log: {self.log})"

    def _start(self) -> subprocess.Popen[bytes]:
        self.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        output = os.open(self.log, flags, 0o600)
        try:
            return subprocess.Popen(
                [sys.executable, "-m", "flopod_tui", "worker", *self.arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        finally:
            os.close(output)


def open_app(
    url: str,
    *,
    workflows: Sequence[str] = (),
    start_worker: bool = True,
    read_only: bool = False,
    theme: str = "auto",
    plain_glyphs: bool = False,
) -> int:
    """Show the app until it is left; return the exit code.

    Args:
        url: the store.
        workflows: modules and files with workflows, for the worker.
        start_worker: start one if none is alive.

    Raises:
        BackendError: the store cannot be opened.
    """
    return asyncio.run(
        _open(
            url, _launch(url, workflows) if start_worker else None, read_only, theme, plain_glyphs
        )
    )


async def _open(
    url: str, launch: WorkerLaunch | None, read_only: bool, theme: str, plain_glyphs: bool
) -> int:
    backend = open_backend(url)
    try:
        # No workflow is known here: what can be started, the workers announce.
        control = Control(backend, workflows=())
        session = Session(control, read_only=read_only, start_worker=launch, looked_in=looked_in())
        reports = resolve_data_dir() / "reports"
        app = FlopodApp(session, theme=theme, plain_glyphs=plain_glyphs, reports=reports)
        await app.run_async()
        return app.return_code or 0
    finally:
        await backend.close()


def _launch(url: str, workflows: Sequence[str]) -> WorkerLaunch | None:
    """Return how to start a worker; None for a store that only this process sees."""
    if url.startswith("memory:"):
        return None
    named = [word for source in workflows for word in ("-w", source)]
    return WorkerLaunch(["--backend", url, *named], resolve_data_dir() / "worker.log")


def looked_in() -> tuple[tuple[str, str], ...]:
    """Return what decided on the store, as name and value."""
    return tuple((name, os.environ.get(name, "not set")) for name in VARIABLES)
