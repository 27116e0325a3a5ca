"""Appends on their way into a database: what each makes of its run, before anything is sent.

What each run was folded to last is remembered, so an append needs no read first. Where that turns
out to be no longer true, because another process appended, the run is read and planned anew.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

from flopod.backend import Guard, Lease
from flopod.errors import FlopodError, RunExistsError
from flopod.events import Event
from flopod.summary import RunSummary, haystack
from flopod_backends import claims
from flopod_backends.claims import Hold, steady_due_at
from flopod_backends.listing import submitted
from flopod_backends.moments import milliseconds, milliseconds_up
from flopod_backends.recording import Text, check_end, folded, numbered

_MOST_KNOWN = 1_000


@dataclass(slots=True, eq=False)
class Append:
    """Events that wait to be recorded."""

    run_id: str
    texts: Sequence[Text]
    lease: Lease | None
    expect: int | None
    guard: Guard | None
    done: asyncio.Future[list[Event]] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    @property
    def size(self) -> int:
        """About how many bytes it adds to a batch."""
        return sum(len(text.data) for text in self.texts)


class Plan(NamedTuple):
    """An append, and what it makes of its run."""

    append: Append
    expected: int
    events: list[Event]
    summary: RunSummary


class Unsure(Exception):
    """An append does not fit what is remembered: that has to be read before it is refused."""


class Standing(NamedTuple):
    """Where a run stands before an append."""

    summary: RunSummary | None = None
    hold: Hold | None = None
    read: bool = False
    """Just read, with its hold; otherwise remembered, and perhaps no longer true."""
    refusal: FlopodError | None = None
    """Why nothing may follow, whoever asks."""


class Known:
    """What the runs appended to last were folded to."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, RunSummary] = OrderedDict()

    def get(self, run_id: str) -> RunSummary | None:
        """Return what is remembered of a run."""
        return self._known.get(run_id)

    def last_seq(self, run_id: str) -> int:
        """Return the last event of the run that is remembered; 0 when nothing is."""
        known = self._known.get(run_id)
        return known.last_seq if known else 0

    def remember(self, summary: RunSummary) -> None:
        """Remember where a run stands, and forget the run that was used longest ago."""
        self._known[summary.run_id] = summary
        self._known.move_to_end(summary.run_id)
        if len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)

    def forget(self, run_id: str) -> None:
        """Remember the run no longer."""
        self._known.pop(run_id, None)


def planned(appends: Iterable[Append], standings: Mapping[str, Standing]) -> list[Plan]:
    """Return what each append makes of its run, one after the other; refuse what cannot be.

    Raises:
        Unsure: one of them does not fit what is remembered of its run.
    """
    standings, plans = dict(standings), []
    begun: dict[str, str] = {}
    for append in appends:
        # One whose caller was cancelled is done all the same: the next may build on it.
        if append.done.done() and not append.done.cancelled():
            continue
        standing = standings[append.run_id]
        try:
            plan = _plan(append, standing, begun)
        except FlopodError as error:
            if not standing.read:
                raise Unsure from error
            refuse(append.done, error)
        else:
            plans.append(plan)
            begun.setdefault(append.run_id.lower(), append.run_id)
            standings[append.run_id] = Standing(plan.summary, standing.hold, standing.read)
    return plans


def refuse(done: asyncio.Future[Any], error: BaseException) -> None:
    """Answer that it was not done, if anybody still waits."""
    if done.done():
        return
    if isinstance(error, Exception):
        done.set_exception(error)
    else:
        done.cancel()


def other_case(run_id: str, other: str) -> RunExistsError:
    """Return the refusal of an id that another run has in other letters."""
    return RunExistsError(run_id, f"as {other!r}: only upper and lower case differ")


def columns(summary: RunSummary) -> tuple[Any, ...]:
    """Return what a run's row holds beside its id and `rev`."""
    due = steady_due_at(summary)
    return (
        summary.workflow,
        summary.status,
        milliseconds(submitted(summary)),
        milliseconds_up(due) if due else None,
        summary.last_seq,
        haystack(summary),
        _json(summary),
    )


def _plan(append: Append, standing: Standing, begun: Mapping[str, str]) -> Plan:
    if standing.refusal:
        raise standing.refusal
    if begun.get(append.run_id.lower(), append.run_id) != append.run_id:
        raise other_case(append.run_id, begun[append.run_id.lower()])
    if standing.read:
        claims.check_lease(standing.hold, append.lease)
    last = check_end(append.run_id, standing.summary, append.expect, append.guard)
    events = numbered(append.texts, last)
    return Plan(append, last, events, folded(append.run_id, standing.summary, events))


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
