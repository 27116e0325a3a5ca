"""The full-screen app as a command. Textual is loaded only here, and only to draw."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Coroutine, Mapping
from typing import Any

from flopod.control import Control
from flopod_tui import discover
from flopod_tui.arguments import Args, Commands, Parser, add_workflows
from flopod_tui.commands.display import add_display, prepare, settings_of
from flopod_tui.commands.listing import print_once, understood
from flopod_tui.commands.runs import show
from flopod_tui.commands.store import opened
from flopod_tui.exits import OK
from flopod_tui.output.printing import put, say
from flopod_tui.settings.file import Loaded, shown
from flopod_tui.terminal import garbage


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
    _find_workflows(args)
    return asyncio.run(_draw(args, loaded))


def _print_once(args: Args, saved: Mapping[str, str]) -> Coroutine[Any, Any, int]:
    """Print what the app would open on: a run, or the list."""
    if getattr(args, "run", None) is None:
        return print_once(args.backend, args.filter or "", saved)
    args.at, args.json = None, False
    return show(args)


def _starts_worker(args: Args) -> bool:
    return not (args.no_worker or args.read_only or args.screenshot)


def _find_workflows(args: Args) -> None:
    """See that the workflows load which the worker is to execute.

    What it would die of belongs on the terminal, not only into its log.
    """
    sought = args.workflows or (_starts_worker(args) and discover.sources())
    if sought and (args.workflows or not asyncio.run(_workers(args.backend))):
        discover.workflows(args.workflows)


async def _workers(url: str | None) -> int:
    """Return how many work on a store."""
    async with opened(url) as control:
        return len(await control.workers())


async def _draw(args: Args, loaded: Loaded) -> int:
    """Show the app, once it is sure that there is such a store, and in it the run."""
    run = getattr(args, "run", None)
    async with opened(args.backend) as control:
        await _look(control, run)
        say(f"opening {control.backend.url}")
        prepare(loaded.settings)
        garbage.hold()
        # Textual takes longer to load than all the rest, and only this draws.
        from flopod_tui.launch import Opening, show_app

        opening = Opening(
            control.backend,
            loaded=loaded,
            run_id=run,
            named=args.backend is not None,
            workflows=args.workflows,
            start_worker=_starts_worker(args),
            read_only=args.read_only or bool(args.screenshot),
        )
        if args.screenshot:
            from flopod_tui.terminal.picture import take_picture

            return await take_picture(opening, args.screenshot)
        return await show_app(opening)


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


async def _look(control: Control, run_id: str | None) -> None:
    """See that the store can be read.

    Raises:
        BackendError: it can't.
        RunNotFoundError: it has no such run.
    """
    if run_id is not None:
        await control.get(run_id)
    else:
        await control.workers()
