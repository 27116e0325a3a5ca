"""Values of a run's variables as text: a glance for the list, JSON lines for the detail."""

from __future__ import annotations

from itertools import islice
from typing import Any

from flopod.errors import FlopodError
from flopod.state import Variable
from flopod.stored import encoded
from flopod_tui.format import json_line, json_lines

GLANCE = 20
"""Entries of a list or map that the glance looks at."""


def count_of(variable: Variable) -> str:
    """Return the kind and how much is in it: `var`, `list[7]`, `map{2}`."""
    if variable.kind == "list":
        return f"list[{len(variable.value)}]"
    return f"map{{{len(variable.value)}}}" if variable.kind == "map" else "var"


def brief_value(value: Any) -> str:
    """Return the beginning of the value as one line of JSON."""
    if isinstance(value, list):
        value = value[:GLANCE]
    elif isinstance(value, dict):
        value = dict(islice(value.items(), GLANCE))
    try:
        return json_line(encoded(value))
    except FlopodError as error:
        return str(error)


def value_lines(value: Any) -> list[str]:
    """Return the whole value as indented JSON."""
    try:
        return json_lines(encoded(value))
    except FlopodError as error:
        return [str(error)]
