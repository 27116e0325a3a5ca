"""An event as one line of JSON, and back: the form that stores keep and `tail --json` prints.

`{"seq":7,"at":"2026-11-22T13:00:00.123Z","type":"ActivityCompleted","path":"fetch","data":{…}}`
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast, get_type_hints

import msgspec
from msgspec import UNSET, UnsetType

from flopod.errors import FlopodError
from flopod.events import TYPES, Event, Fact
from flopod.stored import Encoded


class Record(msgspec.Struct, frozen=True, gc=False):
    """A line of a log, its fact not yet read."""

    seq: int
    at: datetime
    type: str
    path: str
    data: msgspec.Raw


_OPTIONAL = Encoded | None


def _twin(fact: type[Fact]) -> type[Any] | None:
    # msgspec reads no `Raw | None`, only a `Raw` that may be absent: facts with such fields are
    # read through a twin that says so.
    hints = get_type_hints(fact)
    if _OPTIONAL not in hints.values():
        return None
    absent = {
        name: (name, Encoded | UnsetType, UNSET)
        for name, hint in hints.items()
        if hint == _OPTIONAL
    }
    fields = msgspec.structs.fields(fact)
    return msgspec.defstruct(
        fact.__name__,
        [absent.get(f.name) or (f.name, f.type, f.default) for f in fields],
        kw_only=True,
    )


_read = msgspec.json.Decoder(Record)
_twins: Mapping[str, type[Any]] = {
    name: twin for name, fact in TYPES.items() if (twin := _twin(fact))
}
_facts: Mapping[str, msgspec.json.Decoder[Any]] = {
    name: msgspec.json.Decoder(_twins.get(name, fact)) for name, fact in TYPES.items()
}


class RecordError(FlopodError):
    """A line is no record of an event."""


def iso(at: datetime) -> str:
    """Return `at` as the log writes it: UTC, with milliseconds and a Z."""
    return f"{at.astimezone(UTC).isoformat(timespec='milliseconds')[:-6]}Z"


def data_text(event: Event) -> bytes:
    """Return the `data` of the event's record as JSON."""
    return msgspec.json.encode(event.fact)


def line(event: Event) -> bytes:
    """Return the event's record, without a newline."""
    return (
        f'{{"seq":{event.seq},"at":"{iso(event.at)}","type":"{event.type}","path":'.encode()
        + msgspec.json.encode(event.path)
        + b',"data":'
        + data_text(event)
        + b"}"
    )


def parse(text: bytes | str) -> Event:
    """Return the event that a line records. Other keys of the line are ignored.

    Raises:
        RecordError: it is not JSON, a field is missing or wrong, or the type is unknown.
    """
    try:
        record = _read.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise RecordError(f"not a record: {error}") from None
    return restore(record.seq, record.at, record.type, record.path, bytes(record.data))


def restore(seq: int, at: datetime, type: str, path: str, data: bytes | str) -> Event:
    """Return the event with these parts, `data` as JSON text.

    Raises:
        RecordError: the type is unknown, or the data does not fit it.
    """
    if type not in _facts:
        raise RecordError(f"unknown event type {type!r}; written by a newer version?")
    try:
        return Event(_fact(type, data), path, at, seq)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise RecordError(f"{type}: {error}") from None


def _fact(type: str, data: bytes | str) -> Fact:
    read = _facts[type].decode(data)
    if type not in _twins:
        return cast(Fact, read)
    given = msgspec.structs.asdict(read).items()
    return TYPES[type](**{name: value for name, value in given if value is not UNSET})


def plain(event: Event) -> dict[str, Any]:
    """Return the event as JSON-ready data, each value as the `json` part of its stored form."""
    return {
        "seq": event.seq,
        "at": iso(event.at),
        "type": event.type,
        "path": event.path,
        "data": msgspec.to_builtins(
            {
                name: _json_part(value)
                for name, value in msgspec.structs.asdict(event.fact).items()
                # Most runs have none, and are to look as they always did.
                if name != "parent" or value is not None
            }
        ),
    }


def json_part(value: Encoded) -> Any:
    """Return the `json` part of a stored value: what a JSON reader without our types sees."""
    return msgspec.json.decode(value)["json"]


def _json_part(value: Any) -> Any:
    return json_part(value) if isinstance(value, msgspec.Raw) else value
