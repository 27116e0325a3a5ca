"""From events to be appended to what a store keeps of them: the one way for every store.

The events handed back are read from the very text that is stored, so the author gets what a later
reader gets by construction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC
from functools import reduce

import msgspec

from flopod import records
from flopod.backend import Guard
from flopod.errors import SerializableError, StaleAppendError
from flopod.events import Event, RunSubmitted
from flopod.stored import whole_ms
from flopod.summary import RunSummary, fold

MAX_RECORD_BYTES = 256 * 1024 * 1024
"""No event takes more: SQLite ends at 10^9 bytes, a reader's memory earlier."""


class Text(msgspec.Struct, frozen=True):
    """An event, and its data as the JSON text that is stored."""

    event: Event
    data: bytes


def texts(events: Iterable[Event]) -> list[Text]:
    """Return the events in their stored form, not numbered yet.

    Raises:
        SerializableError: one of them cannot be stored.
    """
    return [_text(event) for event in events]


def numbered(texts: Sequence[Text], last_seq: int) -> list[Event]:
    """Return the events as a reader will see them when they follow event `last_seq`."""
    return [
        msgspec.structs.replace(text.event, seq=seq) for seq, text in enumerate(texts, last_seq + 1)
    ]


def folded(run_id: str, summary: RunSummary | None, events: Iterable[Event]) -> RunSummary:
    """Return the summary after `events`; None is the summary of a run without any."""
    return reduce(fold, events, summary or RunSummary(run_id=run_id))


def check_end(
    run_id: str, summary: RunSummary | None, expect: int | None, guard: Guard | None
) -> int:
    """Return the number of the last event, after which the caller may append.

    Raises:
        StaleAppendError: `expect` is another number.
        FlopodError: the guard objects.
    """
    last = summary.last_seq if summary else 0
    if expect is not None and expect != last:
        raise StaleAppendError(run_id, expect, last)
    if guard is not None:
        guard(summary)
    return last


def _text(event: Event) -> Text:
    try:
        data = records.data_text(event)
        event.path.encode()
        at = whole_ms(event.at.astimezone(UTC))
    except (msgspec.MsgspecError, TypeError, ValueError, OverflowError) as error:
        raise SerializableError(_place(event), f"cannot be stored: {error}") from error
    _check_names(event)
    if len(data) > MAX_RECORD_BYTES:
        size, most = len(data) >> 20, MAX_RECORD_BYTES >> 20
        raise SerializableError(
            _place(event), f"takes {size} MiB; an event takes at most {most} MiB"
        )
    return Text(records.restore(0, at, event.type, event.path, data), data)


def _check_names(event: Event) -> None:
    """Refuse the one character that a column of text cannot hold; in values it is escaped."""
    fact = event.fact
    if "\0" in event.path:
        field = "path"
    elif isinstance(fact, RunSubmitted) and "\0" in fact.workflow:
        field = "workflow"
    else:
        return
    raise SerializableError(
        _place(event), f"cannot be stored: NUL (\\x00) in its {field}; take another name"
    )


def _place(event: Event) -> str:
    return f"{event.type} at {event.path!a}"
