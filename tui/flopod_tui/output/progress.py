"""What a person sees while `flopod run` runs: where it is and how far; what it waits for."""

from __future__ import annotations

import asyncio
import shlex
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from typing import Protocol

from flopod.control import Control
from flopod.inner import OpenWait
from flopod.summary import RunSummary
from flopod_tui.output.printing import say
from flopod_tui.text.format import schema_line

OFTEN = 0.1
"""Seconds between two looks at the run, at least."""


class Display(Protocol):
    """Shows a run as it is now."""

    def show(self, run: RunSummary) -> None: ...
    def tell(self, text: str) -> None: ...


@asynccontextmanager
async def following(control: Control, run_id: str) -> AsyncIterator[None]:
    """Show the run on stderr, as long as the block takes."""
    with _display() as display:
        task = asyncio.create_task(_follow(control, run_id, display))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])


async def _follow(control: Control, run_id: str, display: Display) -> None:
    told: set[str] = set()
    async with aclosing(control.watch_runs()) as batches:
        async for _ in batches:
            run = await control.backend.summary(run_id)
            if run is not None:
                display.show(run)
                for wait in run.open_waits:
                    if wait.path not in told:
                        told.add(wait.path)
                        display.tell(_waiting(run_id, wait))
            await asyncio.sleep(OFTEN)


def _waiting(run_id: str, wait: OpenWait) -> str:
    command = shlex.join(["flopod", "deliver", run_id, wait.path, wait.event])
    payload = f" '{schema_line(wait.schema)}'" if wait.schema else ""
    return f"waiting for {wait.event!r}; from another shell: {command}{payload}"


class _Nothing:
    def show(self, run: RunSummary) -> None:
        """Show nothing: nobody looks."""

    def tell(self, text: str) -> None:
        """Say it, for the log of whatever runs us."""
        say(text)


@contextmanager
def _display() -> Iterator[Display]:
    if not sys.stderr.isatty():
        yield _Nothing()
        return
    from flopod_tui.output.live import live_display

    with live_display() as display:
        yield display
