"""The worker as a command: executes runs until a signal, or a changed file, stops it."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from argparse import ArgumentTypeError
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from flopod.backend import Backend
from flopod.errors import WorkflowImportError
from flopod.registry import Workflow
from flopod_tui import discover
from flopod_tui.arguments import Args, Commands, add_workflows, count
from flopod_tui.commands.store import opened
from flopod_tui.exits import INTERRUPTED, OK, WrongUseError
from flopod_tui.output.printing import say

if TYPE_CHECKING:
    from flopod.worker import Worker

LOOK_MILLISECONDS = 500
THREADS = 0
"""As a number of processes."""


def add(commands: Commands) -> None:
    """Add this command."""
    made = commands.add(
        "worker",
        worker,
        "Execute runs until stopped; SIGTERM lets steps in flight end.",
        examples="""flopod worker
        flopod worker -w shop.orders -w shop.returns --concurrency 20
        flopod worker -w flows.py --executor processes:4
        flopod worker -w flows.py --reload""",
    )
    add_workflows(made)
    made.add_argument(
        "--concurrency", metavar="N", type=count, default=100, help="runs at once (100)"
    )
    made.add_argument(
        "--executor",
        metavar="KIND",
        type=_executor,
        default=0,
        help="what calls plain functions: threads (the default), processes, or processes:N",
    )
    made.add_argument(
        "--reload", action="store_true", help="begin anew when a file beside the workflows changes"
    )


def worker(args: Args) -> int:
    """Execute runs; after a change of the files, begin anew as another program."""
    logging.basicConfig(level=logging.WARNING, format="flopod: %(message)s")
    watched = _Watched(args.workflows) if args.reload else None
    try:
        found = discover.workflows(args.workflows)
    except WorkflowImportError as error:
        if watched is None:
            raise
        say(f"{error}; waiting for a change of it")
        asyncio.run(watched.changed())
    else:
        code = asyncio.run(_work(args, found, watched))
        if code is not None:
            return code
    say("a file has changed; beginning anew")
    os.execv(sys.executable, [sys.executable, "-m", "flopod_tui", *args.argv])


async def _work(
    args: Args, found: Sequence[Workflow[..., Any]], watched: _Watched | None
) -> int | None:
    """Execute runs until stopped; return the exit code, None after a change of the files."""
    async with (
        opened(args.backend, found) as control,
        _executing(control.backend, args, found) as executing,
    ):
        shift = _Shift(executing)
        shift.heed_signals()
        names = ", ".join(made.name for made in found)
        say(f"worker {executing.info.name} executes {names} of {control.backend.url}")
        watching = asyncio.create_task(shift.end_on_change(watched))
        await executing.finished()
        watching.cancel()
        await asyncio.wait([watching])
    return shift.code


@asynccontextmanager
async def _executing(
    backend: Backend, args: Args, found: Sequence[Workflow[..., Any]]
) -> AsyncIterator[Worker]:
    """Give the worker, and take away the processes of its steps once it has ended."""
    from flopod.worker import Worker  # The engine: no other command waits for it to load.

    executor = None
    if args.executor != THREADS:
        from flopod.processes import Processes

        executor = Processes(args.executor, partial(discover.workflows, args.workflows))
    try:
        async with Worker(
            backend, found, concurrency=args.concurrency, executor=executor
        ) as executing:
            yield executing
    finally:
        if executor is not None:
            executor.shutdown(wait=False, cancel_futures=True)
            executor.end()


def _executor(text: str) -> int | None:
    """Return how many processes call plain functions; None: as many as there are processors."""
    kind, colon, many = text.partition(":")
    if kind == "processes":
        return count(many) if colon else None
    if text == "threads":
        return THREADS
    raise ArgumentTypeError(f"{text!a} is no executor; take threads, processes or processes:N")


class _Shift:
    """One life of the worker: what ends it, and with which exit code."""

    def __init__(self, executing: Worker) -> None:
        self._executing = executing
        self._asked = False
        self.code: int | None = OK

    def heed_signals(self) -> None:
        """Let SIGTERM and Ctrl-C end it: the first gently, the second at once."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._signalled, OK)
        loop.add_signal_handler(signal.SIGINT, self._signalled, INTERRUPTED)

    def _signalled(self, code: int) -> None:
        if self._asked:
            # A step in a thread can't be stopped. Nothing is lost: the log holds what is done.
            os._exit(INTERRUPTED)
        say("stopping once the steps in flight have ended; the same again stops at once")
        self._asked, self.code = True, code
        self._executing.stop()

    async def end_on_change(self, watched: _Watched | None) -> None:
        """End it when a file changes; never, without files to watch."""
        if watched is not None:
            await watched.changed()
            self.code = None
            self._executing.stop()


class _Watched:
    """The files of the workflows, as they were before they were loaded."""

    def __init__(self, given: Sequence[str]) -> None:
        sources = discover.sources(given)
        if not sources:
            raise WrongUseError("--reload has no files to watch; name some with -w")
        self._files = [source.file for source in sources if source.file]
        self._folders = {s.file.parent if s.file else s.base for s in sources}
        self._before = self._times()

    async def changed(self) -> None:
        """Return when a Python file beside them has changed."""
        from watchfiles import PythonFilter, awatch

        watching = awatch(
            *self._folders,
            watch_filter=PythonFilter(),
            rust_timeout=LOOK_MILLISECONDS,
            yield_on_timeout=True,
        )
        async with aclosing(watching) as changes:
            async for seen in changes:
                # A change may have come before the watch was set.
                if seen or self._times() != self._before:
                    return

    def _times(self) -> list[int]:
        return [file.stat().st_mtime_ns if file.exists() else 0 for file in self._files]
