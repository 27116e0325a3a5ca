"""What the commands print. Data goes to stdout, what is said to a person to stderr.

On a terminal a table has colours and fits the width; else it is plain columns with the full text.
JSON is ASCII only, so nothing in it can act upon a terminal.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from flopod_tui.text.format import fit, safe, width_of

Cell = str | tuple[str, str]
"""A text, or a text and its style."""


def say(text: str) -> None:
    """Tell a person something."""
    print(f"flopod: {safe(text)}", file=sys.stderr, flush=True)


def put(text: str = "") -> None:
    """Print a line of data as it is: the caller has made it safe."""
    print(text)


def flush() -> None:
    """Let what was printed be seen now."""
    sys.stdout.flush()


def put_json(value: Any, *, indent: int | None = 2) -> None:
    """Print JSON-ready data."""
    print(json.dumps(value, indent=indent))


def put_json_line(value: Any) -> None:
    """Print JSON-ready data as one line, at once."""
    print(json.dumps(value, separators=(",", ":")), flush=True)


def put_table(heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Print rows under their heads."""
    table = [[(head, "bold") for head in heads], *([_styled(cell) for cell in row] for row in rows)]
    columns = zip(*table, strict=True)
    widths = [max(width_of(text) for text, _ in column) for column in columns]
    # The last column is as wide as its text: what follows would only be blanks.
    filled = [
        [
            *(
                (fit(text, width), style)
                for (text, style), width in zip(row, widths[:-1], strict=False)
            ),
            row[-1],
        ]
        for row in table
    ]
    if sys.stdout.isatty():
        _put_styled(filled)
    else:
        for row in filled:
            print("  ".join(text for text, _ in row).rstrip())


def _put_styled(rows: Iterable[Sequence[tuple[str, str]]]) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    for row in rows:
        line = Text("  ").join(Text(text, style) for text, style in row)
        console.print(line, no_wrap=True, overflow="ellipsis", crop=True)


def _styled(cell: Cell) -> tuple[str, str]:
    text, style = (cell, "") if isinstance(cell, str) else cell
    return safe(text), style
