"""What the preview shows beyond the summary: last events, state, input; read when asked for.

Of a long log only the end is read, so a glance at a run costs the same however long it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flopod.control import Control
from flopod.errors import CorruptLogError, FlopodError
from flopod.events import Event, RunSubmitted
from flopod.records import json_part
from flopod.state import Variable, fold_state
from flopod.stored import Encoded
from flopod.summary import RunSummary
from flopod_tui.text.format import compact, safe, size
from flopod_tui.values.glance import brief_value, count_of
from flopod_tui.values.masking import Masking

WHOLE = 100
"""A log of so many events is read from its beginning."""
LAST = 20
"""Events that are read of a longer one."""
SHORT = 20_000
"""Bytes of a value above which only its size is told."""
BRIEF = 200
"""Characters of the input."""


@dataclass(frozen=True, slots=True)
class Glimpse:
    """A look at the end of a log."""

    run_id: str
    last_seq: int
    events: Sequence[Event] = ()
    """The last ones, the newest last."""
    state: str = ""
    """The variables in brief; empty where none is known."""
    input: str = ""
    """The input in brief; empty where it was not read."""
    error: str = ""
    """Why the log cannot be read."""

    def is_of(self, run: RunSummary) -> bool:
        """Say whether it shows the run as it is now."""
        return (self.run_id, self.last_seq) == (run.run_id, run.last_seq)


async def glimpse(control: Control, run: RunSummary, masking: Masking) -> Glimpse:
    """Read the end of a run's log."""
    whole = run.last_seq <= WHOLE
    try:
        events = await control.events(run.run_id, 0 if whole else run.last_seq - LAST)
    except CorruptLogError as error:
        events = [event for event in error.events if isinstance(event, Event)]
    except (FlopodError, OSError) as error:
        return Glimpse(run.run_id, run.last_seq, error=str(error))
    try:
        state = _state(events, masking) if whole else ""
        return Glimpse(run.run_id, run.last_seq, events[-LAST:], state, _input(events, masking))
    except (FlopodError, RecursionError) as error:  # a value that is nested too deeply
        return Glimpse(run.run_id, run.last_seq, events[-LAST:], error=str(error))


def _input(events: Iterable[Event], masking: Masking) -> str:
    for event in events:
        if isinstance(event.fact, RunSubmitted) and event.fact.input is not None:
            return brief(event.fact.input, masking)
    return ""


def brief(value: Encoded, masking: Masking) -> str:
    """Return a stored value as one short line, secrets masked."""
    length = len(bytes(value))
    if length > SHORT:
        return f"{size(length)} of JSON"
    return safe(compact(masking.masked(json_part(value))), BRIEF)


def _state(events: Sequence[Event], masking: Masking) -> str:
    if sum(_length(event) for event in events) > SHORT:
        return "too long to be read here"
    variables = fold_state(events)
    told = (f"{safe(path, 60)} {_variable(path, one, masking)}" for path, one in variables.items())
    return " · ".join(told)


def _length(event: Event) -> int:
    """Return how many bytes the values of an event hold."""
    names = ("value", "pushed", "put")
    values: Iterable[Any] = (getattr(event.fact, name, None) for name in names)
    return sum(len(bytes(value)) for value in values if isinstance(value, Encoded))


def _variable(path: str, variable: Variable, masking: Masking) -> str:
    if variable.kind != "var":
        return count_of(variable).removeprefix(variable.kind)
    shown = masking.masked({path: variable.value})[path]
    return safe(brief_value(shown), 40)
