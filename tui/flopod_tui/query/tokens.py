"""A filter cut into words, each character knowing where it stood and whether it was quoted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from flopod_tui.query.errors import QueryError

QUOTE = '"'
OR = "|"


class Char(NamedTuple):
    """One character of a word."""

    text: str
    at: int
    quoted: bool


@dataclass(frozen=True, slots=True)
class Token:
    """A word, or a part of one; quotes are taken off."""

    chars: tuple[Char, ...]
    start: int
    end: int
    """The place after it."""

    @property
    def text(self) -> str:
        """What it says."""
        return "".join(char.text for char in self.chars)

    @property
    def is_or(self) -> bool:
        """It stands between two groups."""
        return self.bare == OR

    @property
    def bare(self) -> str:
        """The characters before the first quote: only there has a sign a meaning."""
        quoted = (index for index, char in enumerate(self.chars) if char.quoted)
        return self.text[: next(quoted, len(self.chars))]

    def cut(self, first: int, end: int | None = None) -> Token:
        """Return a part of it."""
        chars = self.chars[first:end]
        if chars:
            return Token(chars, chars[0].at, chars[-1].at + 1 if end is not None else self.end)
        where = self.chars[first].at if first < len(self.chars) else self.end
        return Token((), where, where)

    def split(self, sign: str) -> list[Token]:
        """Return what stands between the signs that are not quoted."""
        places = [
            index for index, char in enumerate(self.chars) if char.text == sign and not char.quoted
        ]
        starts, ends = [0, *(place + 1 for place in places)], [*places, None]
        return [self.cut(start, end) for start, end in zip(starts, ends, strict=True)]


def tokens(text: str) -> Iterator[Token]:
    """Yield the words of a filter.

    Raises:
        QueryError: a quote is not closed.
    """
    place = 0
    while place < len(text):
        if text[place].isspace():
            place += 1
        elif text[place] == OR:
            yield Token((Char(OR, place, False),), place, place + 1)
            place += 1
        else:
            token = _word(text, place)
            yield token
            place = token.end


def _word(text: str, start: int) -> Token:
    chars: list[Char] = []
    place, opened = start, -1
    while place < len(text) and (opened >= 0 or not (text[place].isspace() or text[place] == OR)):
        if text[place] == QUOTE:
            opened = -1 if opened >= 0 else place
        else:
            chars.append(Char(text[place], place, opened >= 0))
        place += 1
    if opened >= 0:
        raise QueryError("this quote is not closed", opened)
    return Token(tuple(chars), start, place)
