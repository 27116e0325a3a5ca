"""What the deliver form says: beside its fields, before it sends, and of what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flopod import events as ev
from flopod.backend import WorkerInfo
from flopod.delivering import Delivered
from flopod.events import Event
from flopod.inner import OpenWait
from flopod.summary import STOPPED, RunSummary, Status
from flopod_tui.run.detail_text import deliver_command
from flopod_tui.text.format import moment, plural, safe, size
from flopod_tui.text.glyphs import look
from flopod_tui.text.spans import Span, Spans

SETTLES = (ev.EventDelivered, ev.WaitCompleted, ev.WaitTimedOut)
ENDS = (ev.RunCompleted, ev.RunFailed, ev.RunCancelled, ev.RunNeedsAttention)


@dataclass(frozen=True, slots=True)
class Target:
    """Where an event goes."""

    run_id: str
    path: str
    event: str

    @property
    def complete(self) -> bool:
        """All three are given."""
        return bool(self.run_id and self.path and self.event)

    def of(self, field: str) -> str:
        """Return one of the three: `run`, `path` or `event`."""
        return {"run": self.run_id, "path": self.path, "event": self.event}[field]

    def command(self, payload: str) -> str:
        """Return the shell line that delivers; `payload` is quoted already."""
        return deliver_command(
            self.run_id or "RUN", self.path or "PATH", self.event or "EVENT", payload
        )


@dataclass(frozen=True, slots=True)
class DeliveredEvent:
    """What the form gives."""

    delivered: Delivered
    text: str
    """The same for people."""
    shell: str


def closed(run: RunSummary) -> bool:
    """Say whether a run takes no event any more."""
    return run.status in STOPPED and run.status is not Status.NEEDS_ATTENTION


def run_note(run_id: str, run: RunSummary | None, trouble: str) -> list[Span]:
    """Return what is known of the run."""
    if trouble:
        return [("✗ ", "error"), (safe(trouble, 200), "")]
    if run is None:
        return [("✗ ", "error"), ("no such run", "")] if run_id else [("which run?", "quiet")]
    shown = look(run.status)
    found = ("✗ ", "error") if closed(run) else ("✓ ", "ok")
    return [found, (f"{shown.glyph} {shown.word}", shown.role)]


def path_note(target: Target, run: RunSummary | None, wait: OpenWait | None) -> list[Span]:
    """Return whether something waits at the path."""
    if run is None:
        return []
    if wait is not None:
        return [("✓ ", "ok"), ("open wait", "")]
    if closed(run):
        return [("✗ ", "error"), (f"the run is {look(run.status).word}", "")]
    if not target.path:
        return [("which wait?", "quiet")]
    others = [one for one in run.open_waits if not one.delivered]
    told = f"{plural(len(others), 'other')} open" if others else "no wait is open"
    return [("! ", "trouble"), (f"nothing waits here; {told}", "")]


def event_note(target: Target, run: RunSummary | None, wait: OpenWait | None) -> list[Span]:
    """Return whether the event is what is waited for."""
    if run is None or not target.event:
        return []
    if wait is not None:
        return [("✓ ", "ok"), ("is waited for", "")]
    here = next((one for one in run.open_waits if one.path == target.path), None)
    if here is not None and not here.delivered:
        return [("! ", "trouble"), (f"here it is {safe(here.event, 60)}", "")]
    return [] if closed(run) else [("kept until a wait opens", "quiet")]


def problem(target: Target, run: RunSummary | None) -> str:
    """Return why nothing can be delivered there; empty when it can."""
    if not target.complete:
        return "run, path and event are needed"
    if run is None:
        return f"there is no run {safe(target.run_id, 80)}"
    return f"the run is {look(run.status).word}: it takes no event" if closed(run) else ""


def effect(wait: OpenWait | None, workers: Sequence[WorkerInfo] | None) -> Spans:
    """Return what will happen."""
    spans: list[Span] = [(" Appends one EventDelivered", "")]
    if wait is None:
        spans.append(("; kept until a wait opens there.", ""))
    elif workers:
        spans.append((f"; worker {workers[0].pid} resumes the run.", ""))
    else:
        spans += [("; ", ""), ("▲ no worker", "trouble"), (" is alive: the run waits.", "")]
    return [*spans, (" Cannot be undone.", "quiet")]


def would_write(target: Target, count: int) -> str:
    """Return what a check has found nothing wrong with."""
    where = f"{safe(target.path, 100)} of {safe(target.run_id, 100)}"
    what = f"{safe(target.event, 60)}, {size(count)}"
    return f"nothing was written; would append EventDelivered ({what}) at {where}"


def told(done: Delivered, target: Target, workers: Sequence[WorkerInfo] | None) -> str:
    """Return what came of a delivery."""
    if not done.new or not done.waiting:
        return f"event {done.seq}: {done.note}" if done.new else done.note
    resumes = "a worker resumes the run" if workers else "no worker is alive: the run waits for one"
    what = f"{safe(target.event, 60)} to {safe(target.path, 80)}"
    return f"delivered as event {done.seq}: {what}; {resumes}"


def answered_by(events: Sequence[Event], path: str, now: datetime) -> str:
    """Return what has closed the wait at a path."""
    for event in reversed(events):
        at = f"event {event.seq}, {moment(event.at, now)}"
        if isinstance(event.fact, ENDS):
            return f"the run ended meanwhile ({event.type}, {at}); nothing was sent"
        if event.path == path and isinstance(event.fact, ev.WaitTimedOut):
            return f"this wait timed out meanwhile ({at}); nothing was sent"
        if event.path == path and isinstance(event.fact, SETTLES):
            name = getattr(event.fact, "event", "")
            what = f"by {safe(name, 60)} ({at})" if name else f"({at})"
            return f"this wait was answered meanwhile {what}; nothing was sent"
    return "this wait is no longer open; nothing was sent"


def last_payload(events: Sequence[Event], name: str) -> ev.EventDelivered | None:
    """Return the newest delivery of an event of this name."""
    for event in reversed(events):
        if isinstance(event.fact, ev.EventDelivered) and event.fact.event == name:
            return event.fact
    return None
