"""The tokens of a JSON text, without reading it: for colours, and to mask secrets in any text.

It takes texts that are cut short, nested 2,000 levels, or no JSON at all, and loses nothing: the
tokens put together are the text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from flopod_tui.text.spans import Span

_TOKEN = re.compile(
    r'(?P<string>"[^"\\]*(?:\\.[^"\\]*)*"?\\?)'
    r"|(?P<mark>[{}\[\],:])"
    r"|(?P<space>\s+)"
    r"|(?P<word>[^\"{}\[\],:\s]+)",
    re.DOTALL,
)
_NUMBER = re.compile(r"-?[0-9]")
ROLES = {"key": "key", "string": "string", "number": "number", "keyword": "keyword"}


class Token(NamedTuple):
    """A piece of JSON text."""

    kind: str
    """`string`, `mark`, `space` or `word`."""
    text: str


def tokens(text: str) -> list[Token]:
    """Return the pieces of a text."""
    return [Token(found.lastgroup or "", found[0]) for found in _TOKEN.finditer(text)]


def string_of(token: Token) -> str:
    """Return what a string token says; as it is written where it is no whole string."""
    if "\\" in token.text:
        try:
            return str(json.loads(token.text))
        except ValueError:
            pass
    return token.text.strip('"')


def after_value(found: list[Token], start: int) -> int:
    """Return the index after the value that starts at `start`, or that the text ends in."""
    depth = 0
    for index in range(start, len(found)):
        text = found[index].text
        if text in "{[":
            depth += 1
        elif text in "}]":
            depth -= 1
        if depth <= 0 and found[index].kind != "space":
            return index + 1
    return len(found)


def json_spans(text: str) -> list[Span]:
    """Return a JSON text with the role of each piece."""
    return list(_spans(tokens(text)))


def _spans(found: list[Token]) -> Iterator[Span]:
    for index, token in enumerate(found):
        if token.kind == "string":
            follows = found[index + 1].text if index + 1 < len(found) else ""
            yield token.text, ROLES["key" if follows == ":" else "string"]
        elif token.kind == "word":
            yield token.text, ROLES["number" if _NUMBER.match(token.text) else "keyword"]
        else:
            yield token.text, ""
