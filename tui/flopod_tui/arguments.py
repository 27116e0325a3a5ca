"""The command line: one parser per command, all with the same manners.

An error is one line on stderr, with the nearest command where one was misspelt; `--help` teaches
by examples.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Coroutine, Sequence
from difflib import get_close_matches
from typing import Any, NoReturn, TypeAlias

Args: TypeAlias = argparse.Namespace
Call: TypeAlias = Callable[[Args], int | Coroutine[Any, Any, int]]

_UNKNOWN_COMMAND = re.compile(r"argument COMMAND: invalid choice: '(.*?)' ")

_UNKNOWN_OPTION = re.compile(r"unrecognized arguments: (--?[\w-]+)")


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    known: tuple[str, ...] = ()
    """The commands, for a nearest guess."""
    options: tuple[str, ...] = ()
    """The options of all commands, for a nearest guess."""

    def error(self, message: str) -> NoReturn:
        """Say what was wrong and leave with exit code 2."""
        if wrong := _UNKNOWN_COMMAND.match(message):
            guess = _nearest(wrong[1], self.known) or f"; known: {', '.join(self.known)}"
            message = f"no command {wrong[1]!r}{guess}"
        elif wrong := _UNKNOWN_OPTION.match(message):
            message += _nearest(wrong[1], self.options)
        print(f"{self.prog}: {one_line(message)}; see {self.prog} --help", file=sys.stderr)
        raise SystemExit(2)


def _nearest(wrong: str, known: Sequence[str]) -> str:
    near = get_close_matches(wrong, known, n=1)
    return f"; did you mean {near[0]!r}" if near else ""


def one_line(text: str) -> str:
    """Return `text` as one line that a terminal can be shown."""
    from flopod_tui.text.format import safe

    return safe(" ".join(text.splitlines()), 2000)


class Commands:
    """Where each group of commands adds its own."""

    def __init__(self, parser: Parser) -> None:
        self._parser = parser
        self._made: dict[str, Parser] = {}
        self._parsers = parser.add_subparsers(
            metavar="COMMAND", dest="command", parser_class=Parser, title="commands"
        )

    def add(self, name: str, call: Call, summary: str, *, examples: str = "") -> Parser:
        """Add a command and return its parser, for its own arguments."""
        made: Parser = self._parsers.add_parser(
            name,
            help=summary[0].lower() + summary[1:].rstrip("."),
            description=summary,
            epilog=_examples(examples),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        made.set_defaults(call=call)
        add_backend(made, argparse.SUPPRESS)
        self._parser.known = (*self._parser.known, name)
        self._made[name] = made
        return made

    def options(self) -> dict[str, list[str]]:
        """Return the options of every command, as they are written."""
        return {
            name: [text for action in made._actions for text in action.option_strings]
            for name, made in self._made.items()
        }

    def choices(self) -> dict[str, list[str]]:
        """Return for each option that takes one of a few words those words."""
        actions = [action for made in self._made.values() for action in made._actions]
        return {
            text: [str(choice) for choice in action.choices]
            for action in actions
            if action.choices
            for text in action.option_strings
        }


def add_backend(parser: Parser, default: Any = None) -> None:
    """Let a parser take `--backend`."""
    parser.add_argument(
        "--backend",
        metavar="URL",
        default=default,
        help="the store: sqlite:PATH, file:DIR, postgresql://… or memory: "
        "(default: DATABASE_URL if it names Postgres, else the data directory's)",
    )


def add_workflows(parser: Parser, dest: str = "more_workflows") -> None:
    """Let a parser take `-w`."""
    parser.add_argument(
        "-w",
        "--workflows",
        metavar="MODULE_OR_FILE",
        dest=dest,
        action="append",
        default=[],
        help="where workflows are found; may be given several times",
    )


def add_json(parser: Parser) -> None:
    """Let a parser take `--json`."""
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")


def add_run(parser: Parser) -> None:
    """Let a parser take the id of a run."""
    parser.add_argument("run", metavar="RUN", help="the id of a run; `flopod runs` lists them")


def seq(text: str) -> int:
    """Return the number of an event."""
    return _whole(text, 0)


def count(text: str) -> int:
    """Return a number of things, at least one."""
    return _whole(text, 1)


def _whole(text: str, least: int) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 16 and int(text) >= least):
        raise argparse.ArgumentTypeError(f"{text!a} is not a whole number from {least} up")
    return int(text)


def _examples(lines: str) -> str | None:
    text = "\n".join(f"  {line.strip()}" for line in lines.strip().splitlines())
    return f"examples:\n{text}" if text else None
