"""Opens the app on an open store, and starts the worker that outlives it.

That worker has a session of its own and writes to a log: it goes on when the terminal is gone.
"""

from __future__ import annotations

import asyncio
import io
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from flopod.backend import Backend
from flopod.control import Control
from flopod_backends import resolve_data_dir
from flopod_tui.app import FlopodApp
from flopod_tui.frame.messages import Said
from flopod_tui.output.printing import say
from flopod_tui.session import Session
from flopod_tui.settings.file import Loaded
from flopod_tui.settings.memory_file import MemoryFile
from flopod_tui.settings.places import state_file
from flopod_tui.text.glyphs import shows_glyphs
from flopod_tui.values.masking import Masking

VARIABLES = ("FLOPOD_DATA_DIR", "FLOPOD_DATA_SCOPE", "FLOPOD_BACKEND")


@dataclass(frozen=True, slots=True)
class WorkerLaunch:
    """How to start the worker of a store."""

    arguments: Sequence[str]
    """What follows `flopod worker`: `--backend URL`, `-w FILE` …"""
    log: Path
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What its environment holds beside ours: a password, which a list of processes would show."""

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
                env={**os.environ, **self.secrets},
            )
        finally:
            os.close(output)


@dataclass(frozen=True, slots=True)
class Opening:
    """What the app is opened on, and how."""

    backend: Backend
    """The store; whoever opened it closes it."""
    loaded: Loaded
    run_id: str | None = None
    workflows: Sequence[str] = ()
    """Modules and files with workflows, for the worker."""
    start_worker: bool = True
    """Start one if none is alive."""
    read_only: bool = False
    named: bool = False
    """The store was named on the command line, not found by the environment."""

    @property
    def launch(self) -> WorkerLaunch | None:
        """How to start a worker; None where none is to be, or could not see the store."""
        url = self.backend.url
        if not self.start_worker or url.startswith("memory:"):
            return None
        named = [word for source in self.workflows for word in ("-w", source)]
        log = resolve_data_dir() / "worker.log"
        return WorkerLaunch(["--backend", url, *named], log, getattr(self.backend, "secrets", {}))


async def show_app(opening: Opening) -> int:
    """Show the app until it is left; return the exit code."""
    settings = opening.loaded.settings
    kept = MemoryFile(state_file())
    app = app_on(opening, kept)
    _fit_output()
    try:
        await app.run_async(mouse=settings.mouse)
    finally:
        kept.save()
    if kept.trouble:
        say(kept.trouble)
    return app.return_code or 0


def app_on(opening: Opening, kept: MemoryFile) -> FlopodApp:
    """Return the app over the store, what it remembers being kept there."""
    settings, backend = opening.loaded.settings, opening.backend
    session = Session(
        # No workflow is known here: what can be started, the workers announce.
        Control(backend, workflows=()),
        read_only=opening.read_only,
        start_worker=opening.launch,
        looked_in=looked_in(backend.url, named=opening.named),
        settings=settings,
        memory=kept.open(backend.url, history=settings.history),
        masking=Masking(settings.mask),
    )
    for warning in (*opening.loaded.warnings, *filter(None, [kept.trouble])):
        session.log.add(Said(session.now(), warning, "error"))
    return FlopodApp(
        session,
        run_id=opening.run_id,
        theme=settings.theme,
        plain_glyphs=settings.ascii or not shows_glyphs(os.environ),
        reports=resolve_data_dir() / "reports",
    )


def _fit_output() -> None:
    """Have a character that the terminal's encoding lacks take one cell, not four."""
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(errors="replace")


def looked_in(url: str, *, named: bool) -> tuple[tuple[str, str], ...]:
    """Return what decided on the store, as name and value; of a URL no password."""
    if named:
        return (("--backend", url),)
    if url.startswith(("postgresql:", "postgres:")):
        return (("DATABASE_URL", url),)
    database = "set, but names no Postgres" if os.environ.get("DATABASE_URL") else "not set"
    values = ((name, os.environ.get(name, "not set")) for name in VARIABLES)
    return ("DATABASE_URL", database), *values
