"""The demo: the built-in workflows at work on real files, in a data directory of their own."""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path

import flopod_tui
from flopod.control import Control
from flopod.errors import FlopodError
from flopod.summary import STOPPED, RunSummary, Status
from flopod_tui.arguments import Args, Commands
from flopod_tui.commands.app import has_terminal
from flopod_tui.commands.display import add_display, prepare, settings_of
from flopod_tui.commands.store import opened
from flopod_tui.exits import FAILED, OK, WrongUseError
from flopod_tui.output.plain import plain_summary
from flopod_tui.output.printing import put_json, say
from flopod_tui.settings.file import Loaded
from flopod_tui.terminal import garbage

HERE = str(Path(flopod_tui.__file__).parent)
PATIENCE = 10.0
"""Seconds for the worker to end before it is killed."""


def add(commands: Commands) -> None:
    """Add this command."""
    made = commands.add(
        "demo",
        demo,
        "Open the app on a scratch data directory with the built-in workflows at work.",
        examples="""flopod demo
        flopod demo --theme light
        flopod demo --no-app   # approves the inventory and prints the runs""",
    )
    made.add_argument(
        "--no-app", action="store_true", help="for scripts: one approved inventory, then the end"
    )
    add_display(made, argparse.SUPPRESS)


def demo(args: Args) -> int:
    """Start a worker and runs, and open the app on them."""
    if not args.no_app and not has_terminal():
        raise WrongUseError("the demo draws on a terminal; without one, use flopod demo --no-app")
    loaded = settings_of(args)
    for warning in loaded.warnings:
        say(warning)
    folder = Path(tempfile.mkdtemp(prefix="flopod-demo-"))
    url = args.backend or f"sqlite:{folder / 'flopod.db'}"
    os.environ["FLOPOD_DATA_DIR"] = str(folder)
    say(f"everything the demo writes is in {folder}")
    with _worker(folder, url):
        if args.no_app:
            return asyncio.run(_approved(url, folder))
        asyncio.run(_submit(url, folder))
        prepare(loaded.settings)
        code = asyncio.run(_show(url, loaded))
    say(f"the worker of the demo has ended; look again with: flopod --backend {url}")
    return code


async def _show(url: str, loaded: Loaded) -> int:
    garbage.hold()
    from flopod_tui.launch import Opening, show_app  # Loads Textual.

    async with opened(url) as control:
        return await show_app(Opening(control.backend, loaded, start_worker=False))


async def _submit(url: str, folder: Path) -> None:
    """Start runs of every kind: one works, one waits, one sleeps, one fails until it is helped."""
    # Here, as all that loads the engine: every other command would wait for it.
    from flopod_tui.demo.inventory import inventory
    from flopod_tui.demo.watch_disk import watch_disk

    missing = str(folder / "put-files-here-and-retry")
    async with opened(url, [inventory, watch_disk]) as control:
        await control.start("inventory", {"directory": missing}, "missing-files")
        await control.start("watch-disk", {"every": "2s", "full_above": 50.0}, "disk")
        await control.start("inventory", {"directory": HERE}, "flopod-itself")
        await control.start("inventory", None, "standard-library")


async def _approved(url: str, folder: Path) -> int:
    """Run an inventory of our own files, approve it, and print how it ended."""
    from flopod_tui.demo.inventory import inventory

    async with opened(url, [inventory]) as control:
        run_id = await control.start("inventory", {"directory": HERE})
        run = await _until(control, run_id, Status.WAITING)
        for wait in run.open_waits:
            await control.deliver(run_id, wait.path, wait.event, {"by": "flopod demo"})
        run = await _until(control, run_id, Status.OK)
        put_json(plain_summary(run))
    say(f"the manifest can be checked: sha256sum -c {folder}/manifests/{run_id}.sha256")
    return OK if run.status is Status.OK else FAILED


async def _until(control: Control, run_id: str, status: Status) -> RunSummary:
    """Return the run once it stands so, or is at its end."""
    async with aclosing(control.tail(run_id)) as batches:
        async for _ in batches:
            run = await control.get(run_id)
            if run.status is status or run.status in STOPPED:
                return run
    raise FlopodError(f"the store has ended before run {run_id!r}")


@contextmanager
def _worker(folder: Path, url: str) -> Iterator[None]:
    """Have a worker execute the runs of the store, as long as the block takes."""
    command = [sys.executable, "-m", "flopod_tui", "worker", "--backend", url]
    with (folder / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
