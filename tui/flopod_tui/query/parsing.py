"""From the text of a filter to a query; what cannot be understood is told with its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from itertools import groupby

from flopod import durations
from flopod.errors import InvalidDurationError
from flopod.summary import Status
from flopod_tui.query.errors import QueryError
from flopod_tui.query.patterns import REACH, pattern
from flopod_tui.query.query import Query
from flopod_tui.query.terms import (
    FIELDS,
    MEASURES,
    OPERATORS,
    InField,
    Like,
    Measured,
    Not,
    Standing,
)
from flopod_tui.query.tokens import OR, Token, tokens
from flopod_tui.query.words import Term, Word
from flopod_tui.text.glyphs import look

SHORT = {"wf": "workflow", "err": "error"}
NAMES = ("status", *FIELDS)
_ASKS = re.compile(r"(\w+)(:|~|<=|>=|<|>|=)", re.A)
NUMBER = re.compile(r"\d{1,12}", re.A)


def parse(text: str, saved: Mapping[str, str] = {}) -> Query:
    """Return the query that a text says.

    Args:
        saved: filters by name, for `@name`.

    Raises:
        QueryError: it cannot be understood; says where, and what is taken instead.
    """
    return _Parser(saved, ()).query(text)


class _Parser:
    """Knows the saved filters, and in which of them it is."""

    def __init__(self, saved: Mapping[str, str], inside: tuple[str, ...]) -> None:
        self.saved = saved
        self.inside = inside

    def query(self, text: str) -> Query:
        found = list(tokens(text))
        if not found:
            return Query(text)
        _check_groups(found, len(text))
        groups = [list(group) for is_or, group in groupby(found, _is_or) if not is_or]
        return Query(text, tuple(tuple(map(self.term, group)) for group in groups))

    def term(self, token: Token) -> Term:
        """Return the term that a word of the filter says."""
        if token.bare.startswith("-"):
            return Not(self.term(_something(token.cut(1), "after - stands what is left out")))
        if token.bare.startswith("@"):
            return self.named(token)
        asks = _ASKS.match(token.bare)
        if asks is None:
            return Word(_something(token, "nothing stands between the quotes").text.lower())
        name, sign = SHORT.get(asks[1].lower(), asks[1].lower()), asks[2]
        value = token.cut(asks.end())
        if name in MEASURES:
            return _measured(name, sign, value, token)
        if name not in NAMES and sign == "=":
            return Word(token.text.lower())
        return _asked(name, sign, value, token)

    def named(self, token: Token) -> Query:
        """Return a saved filter."""
        name = token.text[1:]
        if name not in self.saved:
            raise QueryError(_unknown_name(name, self.saved), token.start)
        if name in self.inside:
            raise QueryError(f"the saved filter @{name} needs itself", token.start)
        try:
            return _Parser(self.saved, (*self.inside, name)).query(self.saved[name])
        except QueryError as error:
            where = f"in the saved filter @{name}: "
            told = str(error) if str(error).startswith("in the saved") else f"{where}{error}"
            raise QueryError(told, token.start) from None


def _is_or(token: Token) -> bool:
    return token.is_or


def _check_groups(found: list[Token], end: int) -> None:
    """See that there is something on both sides of each `|`."""
    before = True
    for token in found:
        if token.is_or and before:
            raise QueryError(f"something must stand before {OR}", token.start)
        before = token.is_or
    if before:
        raise QueryError(f"something must stand after {OR}", end)


def _something(token: Token, why: str) -> Token:
    if not token.chars:
        raise QueryError(why, token.start)
    return token


def _asked(name: str, sign: str, value: Token, token: Token) -> Term:
    """Return what asks for a field."""
    if name not in NAMES:
        raise QueryError(_unknown_field(name, sign), token.start)
    if sign == "~" and name != "status":
        return Like(name, _pattern(_something(value, "a pattern is missing: id~^imp")), REACH)
    if sign != ":":
        raise QueryError(f"{name} is asked for with a colon: {name}:…", value.start - len(sign))
    values = [_something(one, f"a value is missing: {name}:…") for one in value.split(",")]
    if name == "status":
        return Standing(frozenset(status for one in values for status in _statuses(one)))
    return InField(name, tuple(one.text.lower() for one in values))


def _pattern(value: Token) -> re.Pattern[str]:
    try:
        return pattern(value.text)
    except QueryError as error:
        known = error.position < len(value.chars)
        raise error.shifted(value.chars[error.position].at if known else value.end) from None


def words_of(status: Status) -> tuple[str, str]:
    """Return how a status is called: on the screen, and on disk."""
    return look(status).word, status.value


def _statuses(token: Token) -> list[Status]:
    """Return the statuses that begin so."""
    begun = token.text.lower()
    found = [status for status in Status if any(w.startswith(begun) for w in words_of(status))]
    if not found:
        known = ", ".join(look(status).word for status in Status)
        raise QueryError(f"no status begins so: {known}", token.start)
    return found


def _measured(name: str, sign: str, value: Token, token: Token) -> Term:
    """Return what compares a measure."""
    example = f"{name}>100" if name == "steps" else f"{name}>30s"
    if sign not in OPERATORS:
        raise QueryError(f"{name} is compared with < or >: {example}", value.start - len(sign))
    _something(value, f"something to compare with is missing: {example}")
    return Measured(name, sign, _number(value) if name == "steps" else _seconds(value))


def _number(value: Token) -> float:
    if NUMBER.fullmatch(value.text) is None:
        raise QueryError("not a whole number, such as 100", value.start)
    return float(value.text)


def _seconds(value: Token) -> float:
    try:
        return durations.parse(value.text).total_seconds()
    except InvalidDurationError:
        raise QueryError("not a length of time, such as 30s, 5m, 2h or 1d", value.start) from None


def _unknown_field(name: str, sign: str) -> str:
    close = get_close_matches(name, (*NAMES, *MEASURES), 1, 0.65)
    meant = f"; {close[0]}?" if close else f": there are {', '.join((*NAMES, *MEASURES))}"
    return f'no field {name[:30]}{meant}; a word with {sign} in it goes into "…"'


def _unknown_name(name: str, saved: Iterable[str]) -> str:
    known = ", ".join(f"@{one}" for one in sorted(saved))
    return f"no filter is saved as @{name[:30]}: {known or '`save NAME` saves one'}"
