"""JSON that a person typed: as an argument, from a file (`@file`) or from stdin (`-`)."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, NoReturn

from flopod.errors import InvalidPayloadError, brief

SHELL_HINT = (
    """; for a shell, put it in single quotes with double quotes inside: '{"by": "alice"}'"""
)


def read(text: str | None, what: str) -> Any:
    """Return the value of JSON text, of `@file` or of `-`; None where nothing is given.

    Raises:
        InvalidPayloadError: it is not JSON; the message says where.
    """
    if text is None:
        return None
    if text == "-":
        return parse(_decoded(sys.stdin.buffer.read(), f"{what} from stdin"), f"{what} from stdin")
    if text.startswith("@"):
        return read_file(text[1:], what)
    return parse(text, what)


def read_file(name: str, what: str) -> Any:
    """Return the value of a JSON file.

    Raises:
        InvalidPayloadError: it can't be read, or it is not JSON.
    """
    where = f"{what} from {brief(name)}"
    try:
        data = Path(name).expanduser().read_bytes()
    except OSError as error:
        raise InvalidPayloadError(where, error.strerror or str(error)) from None
    return parse(_decoded(data, where), where)


def parse(text: str, what: str) -> Any:
    """Return the value of JSON text, which must be strict: no NaN, no key twice.

    Raises:
        InvalidPayloadError: it is not.
    """
    if not text.strip():
        raise InvalidPayloadError(what, "is empty; leave it out, or write null")
    try:
        # Bytes of an argument that are not UTF-8 come as lone surrogates.
        text.encode()
        return json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        hint = SHELL_HINT if _looks_misquoted(text) else ""
        place = f"at line {error.lineno} column {error.colno}"
        raise InvalidPayloadError(what, f"not JSON {place}: {error.msg}{hint}") from None
    except UnicodeEncodeError as error:
        raise InvalidPayloadError(what, f"not UTF-8 at character {error.start + 1}") from None
    except RecursionError:
        raise InvalidPayloadError(what, "is nested too deeply") from None
    except ValueError as error:
        raise InvalidPayloadError(what, str(error)) from None


def _decoded(data: bytes, where: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise InvalidPayloadError(where, f"not UTF-8 at byte {error.start + 1}") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {brief(twice)} stands there twice")
    return made


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON; use null or a string")


def _looks_misquoted(text: str) -> bool:
    """Say whether the text has Python's quotes, or lost its own to the shell."""
    return "'" in text or (text.lstrip()[:1] in ("{", "[") and '"' not in text)
