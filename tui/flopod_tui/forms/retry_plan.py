"""What a retry does with what a run has recorded: which steps keep their result, which begin again.

Pure: asked of the log as the engine's own replay reads it, so that the dialog and the run agree.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flopod import events as ev
from flopod.errors import ErrorInfo
from flopod.events import Event
from flopod.kinds import FAILURES, PAUSES
from flopod.recall import Recall, Step, replayed
from flopod_tui.text.format import width_of

SCOPES = ("item", "branch item", "iteration")
"""Kinds of steps that are settled as a whole: what is inside is not asked for again."""
_INDEXED = re.compile(r"(.*)\[(\d+)\]", re.S)
HOPELESS = {
    "NondeterminismError": "its code no longer fits the log: put the ids back as recorded first",
    "SerializableError": "a value that cannot be stored is made again, unless the code changed",
    "DuplicateIdError": "an id is used twice: it fails again, unless the code changed",
    "InvalidIdError": "an id cannot be one: it fails again, unless the code changed",
    "ScopeError": "a primitive stands where none can: it fails again, unless the code changed",
    "UnknownBranchError": "a branch has no such case: it fails again, unless the code changed",
    "InvalidPayloadError": "a value is not of its type: it fails again, unless the code changed",
}
"""What to say first of an error that trying again does not help."""


@dataclass(frozen=True, slots=True)
class CodeChange:
    """Another source took the run up."""

    seq: int
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class RetryPlan:
    """What is recorded of a run, and what that means for its next life."""

    kept: tuple[str, ...] = ()
    """Steps that are over: a replay hands back what they came to."""
    kept_places: tuple[str, ...] = ()
    """The same in few words: a finished item in place of its steps, `items[0..4]`."""
    failed: tuple[str, ...] = ()
    """Of what is kept, the failures: the body is given them again."""
    again: tuple[str, ...] = ()
    """What begins again: the failures that are void, the steps that were cut off."""
    goes_on: tuple[str, ...] = ()
    """Sleeps and waits that are open."""
    code_changes: tuple[CodeChange, ...] = ()
    recorded: tuple[str, ...] = ()
    """Where the code no longer fits the log: what is recorded there."""
    asked: tuple[str, ...] = ()
    """And what the code asked for there."""
    ended: str = ""
    """The type of the event with which the run had ended, if it had."""


def plan_of(events: Sequence[Event], *, retried: bool = True) -> RetryPlan:
    """Return what a next life would find after these events.

    Args:
        retried: it begins with a retry; else the run only goes on, as a fork does.
    """
    recall = replayed(events)
    voided = recall.voided_by_retry() if retried else ()
    ended = type(recall.ended).__name__ if recall.ended else ""
    if retried:
        recall.add(Event(ev.RunRetried(voided=voided), seq=len(events) + 1))
    kept = [path for path, step in recall.steps.items() if _is_step(step) and step.outcome]
    places = dict.fromkeys(_outermost(recall, path) for path in kept)
    failed = [place for place in places if isinstance(recall.steps[place].outcome, FAILURES)]
    stopped = _stop(events)
    return RetryPlan(
        kept=tuple(kept),
        kept_places=tuple(grouped(place for place in places if place not in set(failed))),
        failed=tuple(grouped(failed)),
        again=tuple(dict.fromkeys((*_innermost(voided), *_open(recall, pauses=False)))),
        goes_on=tuple(_open(recall, pauses=True)),
        code_changes=tuple(_code_changes(events)),
        recorded=stopped.recorded if stopped else (),
        asked=stopped.asked if stopped else (),
        ended=ended,
    )


def hopeless(error: ErrorInfo | None) -> str:
    """Return why trying again is of no use by itself; empty where it may be."""
    return HOPELESS.get(error.type, "") if error else ""


def grouped(places: Iterable[str]) -> list[str]:
    """Return places once each, those that differ in their last index as `items[0..4]`."""
    indexes: dict[str, list[int]] = {}
    order: dict[str, None] = {}
    for place in dict.fromkeys(places):
        if match := _INDEXED.fullmatch(place):
            indexes.setdefault(match[1], []).append(int(match[2]))
            order[f"{match[1]}["] = None
        else:
            order[place] = None
    return [
        told
        for name in order
        for told in (_ranges(name[:-1], indexes[name[:-1]]) if name.endswith("[") else [name])
    ]


def listed(places: Sequence[str], width: int) -> str:
    """Return places as a list of at most `width` cells, counting what there is no room for."""
    for shown in range(min(len(places), 50), 0, -1):
        more = len(places) - shown
        text = ", ".join(places[:shown]) + (f" and {more:,} more" if more else "")
        if width_of(text) <= width:
            return text
    return f"{places[0]}{f' and {len(places) - 1:,} more' if places[1:] else ''}" if places else ""


def _is_step(step: Step) -> bool:
    return step.kind == "activity" or step.kind in PAUSES


def _settled_around(recall: Recall, path: str) -> str:
    """Return the outermost scope around `path` that is settled as a whole; empty for none."""
    end = path.find("]")
    while 0 <= end < len(path) - 1:
        step = recall.steps.get(path[: end + 1])
        if step is not None and step.kind in SCOPES and step.outcome is not None:
            return path[: end + 1]
        end = path.find("]", end + 1)
    return ""


def _outermost(recall: Recall, path: str) -> str:
    return _settled_around(recall, path) or path


def _open(recall: Recall, *, pauses: bool) -> list[str]:
    return [
        path
        for path, step in recall.steps.items()
        if _is_step(step) and step.outcome is None and (step.kind in PAUSES) is pauses
        if not _settled_around(recall, path)
    ]


def _innermost(voided: Sequence[str]) -> list[str]:
    """Return the places without those around another one: an item fails because its step did."""
    return [
        place
        for place in voided
        if not any(other.startswith((f"{place}/", f"{place}[")) for other in voided)
    ]


def _code_changes(events: Iterable[Event]) -> list[CodeChange]:
    return [
        CodeChange(event.seq, event.fact.was, event.fact.code)
        for event in events
        if isinstance(event.fact, ev.RunStarted) and event.fact.was
    ]


def _stop(events: Sequence[Event]) -> ev.RunNeedsAttention | None:
    last = events[-1].fact if events else None
    return last if isinstance(last, ev.RunNeedsAttention) else None


def _ranges(name: str, indexes: list[int]) -> list[str]:
    spans: list[list[int]] = []
    for index in sorted(indexes):
        if spans and index == spans[-1][1] + 1:
            spans[-1][1] = index
        else:
            spans.append([index, index])
    return [
        f"{name}[{first}]" if first == last else f"{name}[{first}..{last}]" for first, last in spans
    ]
