"""The full-screen app as a command. Textual is loaded only here, and only to draw."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from typing import Any

from flopod_backends import open_backend
from flopod_tui import discover
from flopod_tui.arguments import Args, Commands, Parser, add_workflows
from flopod_tui.commands.runs import runs

THEMES = ("auto", "dark", "light", "ansi")


def add(commands: Commands) -> None:
    """Add this command."""
    made = commands.add(
        "tui",
        tui,
        "Open the full-screen app; `flopod` alone does so too.",
        examples="flopod\nflopod tui --no-worker\nflopod --backend file:/srv/runs -w shop.orders",
    )
    add_workflows(made)
    add_options(made, argparse.SUPPRESS)


def add_options(parser: Parser, default: Any = False) -> None:
    """Let a parser take the options of the app."""
    parser.add_argument(
        "--no-worker",
        action="store_true",
        default=default,
        help="start no worker, even if none is alive",
    )
    parser.add_argument(
        "--read-only", action="store_true", default=default, help="only look, change nothing"
    )
    parser.add_argument(
        "--theme",
        choices=THEMES,
        default=default or "auto",
        help=f"{', '.join(THEMES)} (auto: what the terminal can show)",
    )
    parser.add_argument(
        "--ascii", action="store_true", default=default, help="draw with ASCII characters only"
    )


def tui(args: Args) -> int:
    """Open the app; without a terminal, print the list once."""
    if not has_terminal():
        args.status = args.workflow = args.search = None
        args.limit, args.json = 100, False
        return asyncio.run(runs(args))
    url, workers = asyncio.run(_look(args.backend))
    starts_worker = not (args.no_worker or args.read_only)
    if args.workflows or (starts_worker and not workers and discover.sources()):
        # What the worker would die of belongs on the terminal, not only into its log.
        discover.workflows(args.workflows)
    # Textual takes longer to load than all the rest, and only this draws.
    from flopod_tui.launch import open_app

    return open_app(
        url,
        workflows=args.workflows,
        start_worker=starts_worker,
        read_only=args.read_only,
        theme=args.theme,
        plain_glyphs=args.ascii,
    )


def has_terminal() -> bool:
    """Say whether there is a terminal that can be drawn on."""
    # Textual draws on stderr.
    streams = (sys.stdin, sys.stdout, sys.stderr)
    return os.environ.get("TERM", "dumb") != "dumb" and all(one.isatty() for one in streams)


async def _look(given: str | None) -> tuple[str, int]:
    """Return the URL of the store, once it is sure that there is one, and how many work on it.

    Raises:
        BackendError: it can't be opened.
    """
    backend = open_backend(given)
    try:
        return backend.url, len(await backend.workers())
    finally:
        await backend.close()
