"""Deliveries: what is checked before one is recorded, and what its sender is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import msgspec

from flopod import events as ev
from flopod import paths, shapes
from flopod.errors import InvalidPayloadError, RunFinishedError, RunNotFoundError
from flopod.events import Event
from flopod.inner import OpenWait
from flopod.records import json_part
from flopod.stored import encoded
from flopod.summary import STOPPED, RunSummary, Status


class Delivered(msgspec.Struct, frozen=True):
    """What became of a delivery."""

    seq: int
    """Its number in the log of the run."""
    new: bool
    """False: a delivery with this id was recorded before, and nothing was done."""
    waiting: bool
    """A wait was open for it."""
    note: str
    """The same in a sentence."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event on its way to a path of a run."""

    path: str
    fact: ev.EventDelivered


def prepare(path: str, event: str, payload: object, delivery_id: str | None) -> Delivery:
    """Return the delivery, its parts checked.

    Raises:
        InvalidIdError: the path or the event's name can't be one.
        SerializableError: the payload can't be stored.
    """
    fact = ev.EventDelivered(
        event=paths.check_id(event),
        payload=encoded(payload, "payload"),
        delivery_id=delivery_id or uuid4().hex,
    )
    return Delivery(paths.check_path(path), fact)


class Guarded:
    """Refuses a delivery that can never be right; remembers how the run stood that took it."""

    def __init__(self, run_id: str, delivery: Delivery) -> None:
        self._run_id = run_id
        self._delivery = delivery
        self._waits: tuple[OpenWait, ...] = ()
        self._waiting = False

    def __call__(self, run: RunSummary | None) -> None:
        """Look at the run that the delivery would go to.

        Raises:
            RunNotFoundError: there is none.
            RunFinishedError: it is at its end.
            InvalidPayloadError: the open wait takes another payload.
        """
        fact = self._delivery.fact
        if run is None:
            raise RunNotFoundError(self._run_id)
        if run.status in STOPPED and run.status is not Status.NEEDS_ATTENTION:
            raise RunFinishedError(self._run_id, run.status, f"deliver {fact.event!r}")
        self._waits = run.open_waits
        self._waiting = _check_payload(run.open_waits, self._delivery)

    def answer(self, seq: int) -> Delivered:
        """Return what to tell the sender of a delivery that was recorded under this number."""
        path, event = self._delivery.path, self._delivery.fact.event
        if self._waiting:
            note = f"delivered {event!r} to {path!r} of run {self._run_id}"
        else:
            waits = ", ".join(f"{wait.path} ⇐ {wait.event}" for wait in self._waits) or "none"
            note = f"kept: nothing waits for {event!r} at {path!r} yet; open waits: {waits}"
        return Delivered(seq, True, self._waiting, note)


def same_again(known: Event, delivery: Delivery) -> Delivered:
    """Return what to tell the sender of a delivery that was recorded before.

    Raises:
        InvalidPayloadError: that one had the same id and another content.
    """
    recorded: Any = known.fact
    fact = delivery.fact
    if (known.path, recorded.event, recorded.payload) != (
        delivery.path,
        fact.event,
        fact.payload,
    ):
        raise InvalidPayloadError(
            f"delivery {fact.delivery_id!r}", f"recorded as event {known.seq} with other content"
        )
    note = f"delivery {fact.delivery_id!r} was accepted before, as event {known.seq}"
    return Delivered(known.seq, False, False, note)


def _check_payload(waits: tuple[OpenWait, ...], delivery: Delivery) -> bool:
    """Say whether a wait is open for the event, and refuse a payload that it does not take."""
    fact = delivery.fact
    for wait in waits:
        if (wait.path, wait.event) == (delivery.path, fact.event):
            if wait.schema is not None:
                shapes.check(json_part(fact.payload), wait.schema, f"payload of {fact.event!r}")
            return True
    return False
