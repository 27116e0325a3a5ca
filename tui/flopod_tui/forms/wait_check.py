"""The last look before an event is sent: is the wait still open that the form was filled for?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flopod.control import Control
from flopod.errors import FlopodError
from flopod.inner import OpenWait
from flopod.records import json_part
from flopod.summary import RunSummary
from flopod_tui.forms.delivery_text import Target, answered_by, last_payload, problem
from flopod_tui.forms.open_waits import WaitOf
from flopod_tui.text.json_text import Parsed


@dataclass(frozen=True, slots=True)
class Looked:
    """How the run of a form stands just now."""

    run: RunSummary | None = None
    wait: OpenWait | None = None
    why_not: str = ""
    """Why nothing may be sent."""
    gone: bool = False
    """The wait that was chosen is no longer open."""


def target_of(one: WaitOf) -> Target:
    """Return where an event for this wait goes."""
    return Target(one.run_id, one.wait.path, one.wait.event)


async def look_again(
    control: Control,
    target: Target,
    chosen: WaitOf | None,
    wait_in: Callable[[RunSummary], OpenWait | None],
    now: datetime,
) -> Looked:
    """Return how the run stands.

    Raises:
        FlopodError: it cannot be read.
    """
    if not target.complete:
        return Looked(why_not=problem(target, None))
    run = await control.get(target.run_id)
    wait = wait_in(run)
    if wait is None and chosen is not None and target == target_of(chosen):
        events = await control.events(target.run_id)
        return Looked(run, None, answered_by(events, target.path, now), gone=True)
    return Looked(run, wait, problem(target, run))


async def last_delivered(control: Control, run_id: str, event: str) -> Parsed | None:
    """Return the payload of the newest delivery of an event to a run; None where there is none."""
    try:
        found = last_payload(await control.events(run_id), event)
    except FlopodError:
        return None
    return None if found is None else Parsed(json_part(found.payload))
