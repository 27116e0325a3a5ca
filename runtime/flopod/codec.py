"""The stored form of a value: the text that a log holds, and the value again.

The form is superjson's, `{"json": …, "meta": {"values": …, "v": 1}}`, so that other languages can
read it. Most values need no tags: for these one quick look decides, and msgspec does the rest.
"""

from __future__ import annotations

import json as stdlib_json
import os
import re
from collections.abc import Iterable
from typing import Any, Final, NoReturn

import msgspec

from flopod.errors import FlopodError, SerializableError, brief
from flopod.refusal import MAX_DEPTH, Refused
from flopod.superjson_reader import MAX_JSON_DEPTH, Malformed, read
from flopod.superjson_writer import TooLarge, Writer
from flopod.tags import SAFE, is_plain_float

MAX_BYTES: Final = 16 * 2**20
"""The largest encoded value, unless FLOPOD_MAX_VALUE_BYTES says otherwise."""

_UNPAIRED = re.compile(r"\\u[dD][89a-fA-F]")
_LIMIT_DIGITS = 19
_write: Final = msgspec.json.Encoder().encode
_read: Final = msgspec.json.Decoder().decode


def encode(value: object, where: str = "value") -> str:
    """Return the stored form of `value` as JSON text.

    Args:
        where: what an error calls the value, as `result`.

    Raises:
        SerializableError: a part of it cannot be stored; the message names the place.
    """
    limit = _limit() if hasattr(value, "__len__") else MAX_BYTES
    try:
        return _encoded(value, limit)
    except Refused as refused:
        raise refused.told(where) from None
    except TooLarge:
        raise SerializableError(
            where,
            f"takes more than {limit} bytes when stored (FLOPOD_MAX_VALUE_BYTES); "
            "keep large data in a file and store its name",
        ) from None
    except RecursionError:
        raise SerializableError(where, "is nested too deeply to be stored from here") from None


def decode(text: str) -> Any:
    """Return the value of a stored form.

    Raises:
        SerializableError: the text is not a stored form, or nothing here can read a part of it.
    """
    try:
        return _decoded(text)
    except Malformed as malformed:
        reason = str(malformed)
    except RecursionError:
        reason = "is nested too deeply"
    except ValueError as error:
        reason = f"is not JSON: {error}"
    raise SerializableError("the stored value", reason)


def _encoded(value: object, limit: int) -> str:
    size = _plain_size(value, MAX_DEPTH, limit)
    if size > limit:
        raise TooLarge
    if size >= 0:
        try:
            return f'{{"json":{_within(limit, _write(value))}}}'
        except UnicodeEncodeError:
            pass  # A lone surrogate: only a tag takes it through UTF-8.
    json, tags = Writer(limit).write(value)
    envelope = {"json": json, "meta": {"values": tags, "v": 1}} if tags else {"json": json}
    return _within(limit, _write(envelope))


def _within(limit: int, text: bytes) -> str:
    if len(text) > limit:
        raise TooLarge
    return text.decode()


def _limit() -> int:
    setting = os.environ.get("FLOPOD_MAX_VALUE_BYTES")
    if not setting:
        return MAX_BYTES
    if not (setting.isascii() and setting.isdecimal() and len(setting) < _LIMIT_DIGITS):
        raise FlopodError(
            f"FLOPOD_MAX_VALUE_BYTES is {brief(setting)}; give a number of bytes, as {MAX_BYTES}"
        )
    return int(setting)


def _plain_size(value: Any, depth: int, limit: int) -> int:
    """Return at least how many bytes the value takes, or -1 if it is not plain JSON.

    Above the limit it stops counting: parts that are shared may explode when written out.
    """
    kind = type(value)
    if kind is str:
        return len(value)
    if kind is int:
        return 1 if -SAFE <= value <= SAFE else -1
    if value is None or kind is bool:
        return 4
    if kind is float:
        return 1 if is_plain_float(value) else -1
    if kind is dict:
        return _plain_dict_size(value, depth, limit)
    if kind is list:
        return _plain_list_size(value, depth, limit)
    return -1


def _plain_dict_size(value: dict[Any, object], depth: int, limit: int) -> int:
    if not depth:
        return -1
    size = 2
    for key, item in value.items():
        inner = _plain_size(item, depth - 1, limit) if type(key) is str else -1
        if inner < 0:
            return -1
        size += len(key) + inner + 4
        if size > limit:
            break
    return size


def _plain_list_size(value: list[object], depth: int, limit: int) -> int:
    if not depth:
        return -1
    size = 2
    for item in value:
        inner = _plain_size(item, depth - 1, limit)
        if inner < 0:
            return -1
        size += inner + 1
        if size > limit:
            break
    return size


def _decoded(text: str) -> Any:
    envelope = _loaded(text)
    if text.count("[") + text.count("{") > MAX_JSON_DEPTH:
        _check_depth(envelope)
    if type(envelope) is not dict or "json" not in envelope:
        raise Malformed('is not of the form {"json": …}')
    if len(envelope) == 1:
        return envelope["json"]
    if envelope.keys() != {"json", "meta"}:
        raise Malformed(f"has unknown parts: {brief(sorted(envelope))}")
    return read(envelope["json"], envelope["meta"])


def _loaded(text: str) -> Any:
    try:
        return _read(text)
    except (msgspec.DecodeError, UnicodeEncodeError):
        if not _UNPAIRED.search(text):
            raise
    return stdlib_json.loads(text, parse_constant=_no_constant)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number of JSON")


def _check_depth(value: object) -> None:
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MAX_JSON_DEPTH:
            raise Malformed("is nested too deeply")
        level = [child for each in level for child in _children(each)]


def _children(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
