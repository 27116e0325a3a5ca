"""An event in a few words, for the list of events."""

from __future__ import annotations

from typing import assert_never

from flopod import events as ev
from flopod import kin
from flopod.errors import ErrorInfo
from flopod.events import Event
from flopod.stored import Encoded
from flopod.summary import Status
from flopod_tui.text.format import clock, json_line, safe
from flopod_tui.text.glyphs import Look, look
from flopod_tui.values.masking import MASKED, Masking

NONE = Look(" ", " ", "", "")
WORDS = 160
"""Characters of a value in the list; the whole value stands in the detail."""


def event_look(event: Event) -> Look:
    """Return the glyph of an event: that of the status it leads to, if to any."""
    match event.fact:
        case ev.ActivityCompleted() | ev.RunCompleted() | ev.EachItemCompleted():
            return look(Status.OK)
        case ev.ParallelBranchCompleted() | ev.SleepCompleted() | ev.WaitCompleted():
            return look(Status.OK)
        case kin.ChildCompleted() | kin.ChildStarted():
            return look(Status.OK)
        case kin.ChildFailed() | kin.StartRefused():
            return look(Status.ERROR)
        case kin.ChildCalled() | kin.ChildEnded():
            return look(Status.WAITING)
        case ev.RunFailed() | ev.ActivityFailed() | ev.EachItemFailed():
            return look(Status.ERROR)
        case ev.ParallelBranchFailed():
            return look(Status.ERROR)
        case ev.RunCancelled() | ev.RunCancelRequested():
            return look(Status.CANCELLED)
        case ev.ActivityRetrying() | ev.RunRetried():
            return look(Status.RETRYING)
        case ev.WaitStarted() | ev.WaitTimedOut() | ev.EventDelivered():
            return look(Status.WAITING)
        case ev.SleepStarted():
            return look(Status.SLEEPING)
        case ev.RunNeedsAttention():
            return look(Status.NEEDS_ATTENTION)
        case ev.RunStarted() | ev.ActivityStarted():
            return look(Status.RUNNING)
        case _:
            return NONE


def event_words(event: Event, masking: Masking = MASKED) -> str:
    """Return what the event says beyond its type and path, secrets masked."""
    fact = masking.masked_event(event).fact
    match fact:
        case ev.RunSubmitted():
            return safe(f"{fact.workflow} {_value(fact.input, masking)}".strip(), WORDS)
        case ev.RunStarted():
            changed = "with changed source" if fact.was else ""
            by = f"by {fact.worker}" if fact.worker else ""
            return safe(f"{by} {changed}".strip(), WORDS)
        case ev.RunCompleted() | ev.ActivityCompleted():
            return f"→ {_value(fact.output, masking)}"
        case kin.ChildStarted() | kin.ChildCalled():
            return safe(f"→ {fact.workflow} {fact.child}", WORDS)
        case kin.ChildEnded():
            return safe(fact.child, WORDS)
        case kin.ChildFailed() | kin.StartRefused():
            return _error(fact.error)
        case ev.EachItemCompleted() | ev.ParallelBranchCompleted() | kin.ChildCompleted():
            return f"→ {_value(fact.output, masking)}"
        case ev.RunFailed() | ev.ActivityFailed() | ev.EachItemFailed() | ev.RunNeedsAttention():
            return _error(fact.error)
        case ev.ParallelBranchFailed():
            return _error(fact.error)
        case ev.ActivityRetrying():
            return (
                f"try {fact.attempt} failed, next {clock(fact.next_at)[:-4]}: {_error(fact.error)}"
            )
        case ev.ActivityStarted():
            return f"try {fact.attempt}" if fact.attempt > 1 else ""
        case ev.BranchTaken():
            return safe(f"→ {fact.key}{' (default)' if fact.default else ''}", WORDS)
        case ev.EachStarted() | ev.ParallelStarted():
            return f"{fact.total}"
        case ev.RepeatIterationCompleted():
            return "stop" if fact.stop else ""
        case ev.SleepStarted():
            return f"until {clock(fact.wake_at)[:-4]}"
        case ev.WaitStarted():
            return safe(f"⇐ {fact.event}", WORDS)
        case ev.EventDelivered():
            return safe(f"⇐ {fact.event} {_value(fact.payload, masking)}", WORDS)
        case ev.RunRetried():
            return safe(", ".join(fact.voided), WORDS)
        case ev.RunForked():
            return safe(f"from {fact.source} at {fact.source_seq}", WORDS)
        case ev.LogEmitted():
            return safe(f"{fact.level}: {fact.message}", WORDS)
        case ev.VarSet():
            return f"= {_value(fact.value, masking)}"
        case ev.ListSet() | ev.MapSet():
            return _change(fact, masking)
        case (
            ev.RunCancelRequested()
            | ev.RunCancelled()
            | ev.SleepCompleted()
            | ev.WaitCompleted()
            | ev.WaitTimedOut()
            | kin.EndTold()
        ):
            return ""
        case _:
            assert_never(fact)


def _change(fact: ev.ListSet | ev.MapSet, masking: Masking) -> str:
    if fact.value is not None:
        return f"= {_value(fact.value, masking)}"
    if isinstance(fact, ev.MapSet):
        put = f"put {_value(fact.put, masking)}" if fact.put is not None else ""
        return put or f"delete {_value(fact.deleted, masking)}"
    pushed = f"push {_value(fact.pushed, masking)}" if fact.pushed is not None else ""
    return pushed or f"kept {len(fact.kept or ())}"


def _value(value: Encoded | None, masking: Masking) -> str:
    return json_line(value, WORDS, masking) if value is not None else ""


def _error(error: ErrorInfo) -> str:
    return safe(str(error).partition("\n")[0], WORDS)
