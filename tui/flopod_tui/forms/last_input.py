"""The input of the newest run of a workflow, from the first event of its log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flopod import events as ev
from flopod.control import Control
from flopod.errors import FlopodError
from flopod.records import json_part
from flopod.stored import Encoded
from flopod.summary import RunSummary


@dataclass(frozen=True, slots=True)
class LastInput:
    """What a run was started with."""

    run_id: str
    value: Any


async def last_input(control: Control, runs: Sequence[RunSummary]) -> LastInput | None:
    """Return the input of the newest of these runs."""
    if not runs:
        return None
    stored = await submitted(control, runs[0].run_id)
    return LastInput(runs[0].run_id, json_part(stored)) if stored else None


async def submitted(control: Control, run_id: str) -> Encoded | None:
    """Return what a run was started with, as the log holds it; None where it cannot be read."""
    try:
        events = await control.backend.events(run_id, 0, 1)
    except FlopodError:
        return None
    fact = events[0].fact if events else None
    return fact.input if isinstance(fact, ev.RunSubmitted) else None
