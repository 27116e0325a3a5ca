"""The full-screen app as a command. Textual is loaded only here, and only to draw."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from typing import Any

from flopod_backends import open_backend
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
    url = asyncio.run(_url(args.backend))
    # Textual takes longer to load than all the rest, and only this draws.
    from flopod_tui.launch import open_app

    return open_app(
        url,
        workflows=args.workflows,
        start_worker=not (args.no_worker or args.read_only),
        read_only=args.read_only,
        theme=args.theme,
        plain_glyphs=args.ascii,
    )


def has_terminal() -> bool:
    """Say whether there is a terminal that can be drawn on."""
    dumb = os.environ.get("TERM", "dumb") == "dumb"
    return sys.stdin.isatty() and sys.stdout.isatty() and not dumb


async def _url(given: str | None) -> str:
    """Return the URL of the store, once it is sure that there is one.

    Raises:
        BackendError: it can't be opened.
    """
    backend = open_backend(given)
    try:
        await backend.workers()
        return backend.url
    finally:
        await backend.close()
