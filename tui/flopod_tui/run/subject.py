"""What a person looks at: a path, an event or a variable, with the value that it holds."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from typing import Any

import msgspec

from flopod import events as ev
from flopod.errors import ErrorInfo
from flopod.events import Event
from flopod.records import json_part
from flopod.state import Variable
from flopod.stored import Encoded, encoded
from flopod.summary import Status
from flopod.tree import Node
from flopod_tui.run.view import RunView
from flopod_tui.text.format import safe
from flopod_tui.values.masking import MASK, Masking

VALUES = ("output", "payload", "value", "input", "pushed", "put", "deleted", "fields")
"""Fields of facts that hold values of the author, the most telling first."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing that is looked at."""

    title: str
    path: str = ""
    value: object = None
    """An encoded value, or one that could be encoded; None: it holds none."""
    command: str = ""
    """What shows it from a shell, or answers it."""
    holds: bool = False
    """There is a value, and be it null."""
    traceback: str = ""
    """Where it failed, if it did."""

    @property
    def is_open(self) -> bool:
        """Say whether there is something to look into."""
        return self.holds or bool(self.traceback)


def of_event(event: Event, run_id: str, masking: Masking) -> Subject:
    """Return an event."""
    value, error = held(masking.masked_event(event)), getattr(event.fact, "error", None)
    command = shlex.join(["flopod", "show", run_id, "--at", str(event.seq)])
    title = f"{event.seq} {event.type}"
    return Subject(title, event.path, value, command, value is not None, _trace(error))


def of_variable(path: str, variable: Variable, run_id: str, seq: int, masking: Masking) -> Subject:
    """Return a variable as it is after an event."""
    value = MASK if masking.hides_variable(path) else variable.value
    command = shlex.join(["flopod", "show", run_id, "--at", str(seq), "--json"])
    return Subject(f"state {path}", path, value, command, True)


def of_node(node: Node, view: RunView, run_id: str) -> Subject:
    """Return a path, with the newest value that it took or gave."""
    facts = view.events_at(node.path)
    value = next((one for event in reversed(facts) if (one := held(event))), None)
    command = shlex.join(["flopod", "show", run_id])
    wait = next((one.fact for one in facts[::-1] if isinstance(one.fact, ev.WaitStarted)), None)
    if wait is not None and node.status is Status.WAITING:
        command = shlex.join(["flopod", "deliver", run_id, node.path, wait.event])
    title = f"{run_id} {node.path}".strip()
    return Subject(title, node.path, value, command, value is not None, _trace(node.error))


def _trace(error: object) -> str:
    return error.traceback if isinstance(error, ErrorInfo) else ""


def held(event: Event) -> Encoded | None:
    """Return the value that an event holds."""
    found = (getattr(event.fact, name, None) for name in VALUES)
    return next((one for one in found if isinstance(one, msgspec.Raw)), None)


def plain(value: object) -> Any:
    """Return a value as JSON-ready data."""
    stored = value if isinstance(value, msgspec.Raw) else encoded(value)
    return json_part(stored)


def plain_ascii(looked_at: Subject, masking: Masking) -> str:
    """Return the value, or where there is none the traceback, for programs that show it raw."""
    if looked_at.holds:
        return pretty(looked_at.value, masking, ascii_only=True)
    lines = "\n".join(safe(line) for line in looked_at.traceback.split("\n"))
    return lines.encode("ascii", "backslashreplace").decode()


def pretty(value: object, masking: Masking, *, ascii_only: bool = False) -> str:
    """Return a value as indented JSON, secrets masked.

    Args:
        ascii_only: everything else as `\\u202e`, for programs that send it to a terminal as it is.
    """
    return json.dumps(masking.masked(plain(value)), indent=2, ensure_ascii=ascii_only)


def state_text(view: RunView, masking: Masking) -> str:
    """Return all variables as indented JSON by path, secrets masked."""
    state = {
        path: MASK if masking.hides_variable(path) else masking.masked(plain(variable.value))
        for path, variable in view.state.variables.items()
    }
    return json.dumps(state, indent=2, ensure_ascii=False)
