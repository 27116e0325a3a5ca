"""`flopod`: the app, the workers and the runs from a shell.

stdout carries data and nothing else; whatever is said to a person goes to stderr. Exit codes: 0
done, 1 the run failed, 2 wrong use or unknown name, 3 the store can't be reached or read, 4 the app
gave up on a store that stayed lost, 130 interrupted.
"""

from __future__ import annotations

import argparse
import asyncio
import inspect
import io
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from flopod.errors import FlopodError
from flopod_tui.arguments import Args, Commands, Parser, add_backend, add_workflows, one_line
from flopod_tui.commands import app
from flopod_tui.exits import INTERRUPTED, OK, WRONG_USE, code_for

DESCRIPTION = "Durable workflows: the app, the workers and the runs. Alone it opens the app."
EPILOG = """\
examples:
  flopod                                        open the app
  flopod demo                                   … with workflows at work on real files
  flopod run inventory '{"directory": "."}'     run a workflow to its end, here
  flopod start watch-disk                       queue a run for a worker
  flopod worker -w flows.py                     execute runs, those of flows.py too
  flopod deliver RUN approval approve '{"by": "alice"}'

environment:
  FLOPOD_DATA_DIR     where runs are kept (./.flopod)
  FLOPOD_BACKEND      sqlite, file or memory
  DATABASE_URL        postgresql://… to keep the runs there instead
  FLOPOD_WORKFLOWS    modules or files with workflows, with : or , between them
  FLOPOD_TUI_THEME …  the settings of the app; `flopod --show-config` prints them all
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line asks; return the exit code."""
    given = list(sys.argv[1:] if argv is None else argv)
    _have_streams()
    try:
        args = _for_the_app(given) or parser().parse_args(given)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else WRONG_USE
    args.argv, args.workflows = given, args.workflows + getattr(args, "more_workflows", [])
    try:
        return _call(args)
    except FlopodError as error:
        print(f"flopod: {one_line(str(error))}", file=sys.stderr)
        return code_for(error)
    except (KeyboardInterrupt, asyncio.CancelledError):
        return INTERRUPTED
    except BrokenPipeError:
        _let_go_of_stdout()
        return OK


def parser() -> Parser:
    """Return the parser of the whole command line."""
    made = Parser(
        prog="flopod",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.add_argument(
        "--version",
        action=_Version,
        nargs=0,
        default=argparse.SUPPRESS,
        help="print the version",
    )
    commands = _with_the_app(made)
    from flopod_tui import completion
    from flopod_tui.commands import (
        change,
        demo,
        doctor,
        listing,
        prune,
        runs,
        work,
        worker,
        workers,
    )

    for room in (demo, work, change, worker, workers, listing, runs, prune, doctor, completion):
        room.add(commands)
    made.options = tuple({text for texts in commands.options().values() for text in texts})
    return made


def _with_the_app(made: Parser) -> Commands:
    made.set_defaults(call=app.tui)
    add_backend(made)
    add_workflows(made, "workflows")
    app.add_options(made)
    commands = Commands(made)
    app.add(commands)
    return commands


def _for_the_app(given: Sequence[str]) -> Args | None:
    """Return what the command line asks of the app, which need not wait for the other commands.

    None where it asks for another one, or for help, or cannot be understood.
    """
    if given and given[0] != "tui" and not given[0].startswith("-"):
        return None
    made = _Quick(prog="flopod", add_help=False, allow_abbrev=False)
    _with_the_app(made)
    try:
        return made.parse_args(given)
    except _NotOfTheAppError:
        return None


class _NotOfTheAppError(Exception):
    pass


class _Quick(Parser):
    """Leaves it to the whole parser to say what is wrong."""

    def error(self, message: str) -> NoReturn:
        raise _NotOfTheAppError(message)


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"flopod {version('flopod')}")
        parser.exit()


def _call(args: Args) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # A terminal that is not UTF-8.
    done = args.call(args)
    code: int = asyncio.run(done) if inspect.iscoroutine(done) else done
    sys.stdout.flush()
    return code


def _have_streams() -> None:
    """Give what is printed a place to go, where a stream was closed before we began."""
    # Else it would go to whatever file is opened next.
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    if sys.stdout is None:
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115 - it stays open to the end.
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115


def _let_go_of_stdout() -> None:
    """The reader has had enough: let nothing more be said about it, not even at the exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
