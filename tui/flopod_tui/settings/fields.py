"""The settings one by one: what each may be, as it stands in TOML and as it is typed.

A parser takes a TOML value and returns the value of the field, or says what is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flopod.errors import brief

THEMES = ("auto", "dark", "light", "ansi", "mono")
CLIPBOARDS = ("auto", "osc52", "tmux", "file")
QUICKEST, SLOWEST = 0.02, 60.0
_YES, _NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


class WrongSettingError(ValueError):
    """A value that a setting can't take; the text says what it takes."""


@dataclass(frozen=True, slots=True)
class Field:
    """One setting."""

    takes: str
    """What it takes, in words."""
    parse: Callable[[Any], Any]
    """Returns the value for a TOML value.

    Raises:
        TypeError, ValueError: it is none.
    """
    typed: Callable[[str], Any]
    """Returns the TOML value for what stands in an environment variable; raises as `parse`."""

    def of(self, value: Any) -> Any:
        """Return the value of the field.

        Raises:
            WrongSettingError: it can't be this.
        """
        return self._tried(self.parse, value)

    def of_text(self, text: str) -> Any:
        """Return the value of the field from an environment variable; raises as `of`."""
        return self._tried(lambda given: self.parse(self.typed(given)), text)

    def _tried(self, parse: Callable[[Any], Any], given: Any) -> Any:
        try:
            return parse(given)
        except (TypeError, ValueError):
            raise WrongSettingError(f"is {brief(given)}; it takes {self.takes}") from None


def _choice(*names: str) -> Field:
    def parse(value: Any) -> str:
        if value not in names:
            raise ValueError
        return str(value)

    return Field(", ".join(names[:-1]) + f" or {names[-1]}", parse, str)


def _yes_or_no() -> Field:
    def parse(value: Any) -> bool:
        if not isinstance(value, bool):
            raise TypeError
        return value

    def typed(text: str) -> bool:
        if text.lower() not in _YES + _NO:
            raise ValueError
        return text.lower() in _YES

    return Field("true or false", parse, typed)


def _seconds() -> Field:
    def parse(value: Any) -> float:
        if isinstance(value, bool) or not QUICKEST <= float(value) <= SLOWEST:
            raise ValueError
        return float(value)

    return Field(f"seconds, from {QUICKEST} to {SLOWEST:g}", parse, float)


def _text() -> Field:
    return Field("a text", _is_text, str)


def _is_text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _texts(takes: str = "a list of texts", check: Callable[[str], object] = str) -> Field:
    def parse(value: Any) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise TypeError
        for one in value:
            check(_is_text(one))
        return tuple(value)

    return Field(takes, parse, lambda text: [one.strip() for one in text.split(",") if one.strip()])


def _table(takes: str) -> Field:
    def parse(value: Any) -> Mapping[str, str]:
        if not isinstance(value, dict):
            raise TypeError
        return {name: _is_text(one) for name, one in value.items()}

    def typed(text: str) -> Any:
        import tomllib  # Seldom is a table typed.

        return tomllib.loads(f"t = {{{text}}}")["t"]

    return Field(takes, parse, typed)


def _pattern(text: str) -> None:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError from error


FIELDS: Mapping[str, Field] = {
    "theme": _choice(*THEMES),
    "ascii": _yes_or_no(),
    "mouse": _yes_or_no(),
    "refresh": _seconds(),
    "low_bandwidth": _yes_or_no(),
    "columns": _texts("a list of columns"),
    "default_filter": _text(),
    "saved_filters": _table('a table of filters, as broken = "status:failed"'),
    "keymap": _table('a table of keys by action, as filter = "slash,f3"'),
    "mask": _texts("a list of regular expressions", _pattern),
    "clipboard": _choice(*CLIPBOARDS),
    "history": _yes_or_no(),
    "collapse": _texts("a list of path patterns"),
    "exit_on_lost": _yes_or_no(),
}
"""In the order of `Settings`."""


def seconds(text: str) -> float:
    """Return the seconds of `--refresh`.

    Raises:
        WrongSettingError: it can't be this.
    """
    value: float = FIELDS["refresh"].of_text(text)
    return value
