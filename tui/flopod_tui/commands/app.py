"""The full-screen app as a command. Textual is loaded only here, and only to draw."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Coroutine, Mapping
from typing import Any

from flopod.errors import RunNotFoundError
from flopod_backends import open_backend
from flopod_tui import discover
from flopod_tui.arguments import Args, Commands, Parser, add_workflows
from flopod_tui.commands.display import add_display, prepare, settings_of
from flopod_tui.commands.listing import print_once, understood
from flopod_tui.commands.runs import show
from flopod_tui.exits import OK
from flopod_tui.output.printing import put, say
from flopod_tui.settings.file import Loaded, shown


def add(commands: Commands) -> None:
    """Add this command."""
    made = commands.add(
        "tui",
        tui,
        "Open the full-screen app; `flopod` alone does so too.",
        examples="""flopod
        flopod tui RUN
        flopod --filter 'status:failed age<1d' --read-only
        flopod --low-bandwidth                # over a slow link
        flopod --backend file:/srv/runs -w shop.orders
        flopod tui --show-config > ~/.config/flopod/tui.toml""",
    )
    made.add_argument("run", metavar="RUN", nargs="?", help="open on this run")
    add_workflows(made)
    add_options(made, argparse.SUPPRESS)


def add_options(parser: Parser, default: Any = False) -> None:
    """Let a parser take the options of the app."""
    for flag, text in (
        ("--no-worker", "start no worker, even if none is alive"),
        ("--read-only", "only look, change nothing"),
    ):
        parser.add_argument(flag, action="store_true", default=default, help=text)
    parser.add_argument(
        "--filter", metavar="QUERY", default=default or None, help="list only runs that it takes"
    )
    add_display(parser, default)
    for flag, text in (
        ("--exit-on-lost", "leave with exit code 4 once the store is lost for 30 s"),
        ("--once", "print the list and leave"),
        ("--show-config", "print the settings, and where each is from"),
        ("--keys", "print all keys, screen by screen"),
    ):
        parser.add_argument(flag, action="store_true", default=default, help=text)
    parser.add_argument(
        "--screenshot",
        metavar="FILE",
        default=default or None,
        help="write a picture (SVG) of the first screen to a new file and leave",
    )


def tui(args: Args) -> int:
    """Open the app; without a terminal, print the list once."""
    loaded = settings_of(args)
    if args.show_config:
        return _show_config(loaded)
    if args.keys:
        return _show_keys(loaded)
    for warning in loaded.warnings:
        say(warning)
    saved = loaded.settings.saved_filters
    if args.filter is not None:
        understood(args.filter, saved)
    if args.once or not (has_terminal() or args.screenshot):
        return asyncio.run(_print_once(args, saved))
    return _draw(args, loaded)


def _print_once(args: Args, saved: Mapping[str, str]) -> Coroutine[Any, Any, int]:
    """Print what the app would open on: a run, or the list."""
    if getattr(args, "run", None) is None:
        return print_once(args.backend, args.filter or "", saved)
    args.at, args.json = None, False
    return show(args)


def _draw(args: Args, loaded: Loaded) -> int:
    run = getattr(args, "run", None)
    url, workers = asyncio.run(_look(args.backend, run))
    starts_worker = not (args.no_worker or args.read_only or args.screenshot)
    if args.workflows or (starts_worker and not workers and discover.sources()):
        # What the worker would die of belongs on the terminal, not only into its log.
        discover.workflows(args.workflows)
    say(f"opening {url}")
    prepare(loaded.settings)
    # Textual takes longer to load than all the rest, and only this draws.
    from flopod_tui.launch import Opening, open_app
    from flopod_tui.terminal.picture import take_picture

    opening = Opening(
        url,
        loaded=loaded,
        run_id=run,
        workflows=args.workflows,
        start_worker=starts_worker,
        read_only=args.read_only or bool(args.screenshot),
    )
    return take_picture(opening, args.screenshot) if args.screenshot else open_app(opening)


def _show_config(loaded: Loaded) -> int:
    for line in shown(loaded):
        put(line)
    for warning in loaded.warnings:
        say(warning)
    return OK


def _show_keys(loaded: Loaded) -> int:
    from flopod_tui.key_list import key_lines

    for line in key_lines(loaded.settings.keymap):
        put(line)
    return OK


def has_terminal() -> bool:
    """Say whether there is a terminal that can be drawn on."""
    # Textual draws on stderr. A stream that was closed is None.
    streams = (sys.stdin, sys.stdout, sys.stderr)
    return os.environ.get("TERM", "dumb") != "dumb" and all(one and one.isatty() for one in streams)


async def _look(given: str | None, run_id: str | None) -> tuple[str, int]:
    """Return the URL of the store, once it is sure that there is one, and how many work on it.

    Raises:
        BackendError: it can't be opened.
        RunNotFoundError: it has no such run.
    """
    backend = open_backend(given)
    try:
        if run_id is not None and await backend.summary(run_id) is None:
            raise RunNotFoundError(run_id)
        return backend.url, len(await backend.workers())
    finally:
        await backend.close()
