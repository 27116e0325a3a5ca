"""Values of a run's variables as text: a glance for the list."""

from __future__ import annotations

from itertools import islice
from typing import Any

from flopod.errors import FlopodError
from flopod.state import Variable
from flopod.stored import encoded
from flopod_tui.text.format import json_line
from flopod_tui.values.masking import MASKED, Masking

GLANCE = 20
"""Entries of a list or map that the glance looks at."""


def count_of(variable: Variable) -> str:
    """Return the kind and how much is in it: `var`, `list[7]`, `map{2}`."""
    if variable.kind == "list":
        return f"list[{len(variable.value)}]"
    return f"map{{{len(variable.value)}}}" if variable.kind == "map" else "var"


def brief_value(value: Any, masking: Masking = MASKED) -> str:
    """Return the beginning of the value as one line of JSON, secrets masked."""
    if isinstance(value, list):
        value = value[:GLANCE]
    elif isinstance(value, dict):
        value = dict(islice(value.items(), GLANCE))
    try:
        return json_line(encoded(value), masking=masking)
    except FlopodError as error:
        return str(error)
