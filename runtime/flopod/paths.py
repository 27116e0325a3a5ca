"""Where something happened in a run, as text: `expedition[2]/analyze[5]/classify-bulbasaur`.

A path is built from ids that an author chose and from indices and keys in brackets. The ids are
checked, the keys are made safe, so a path splits at `/`, `[` and `]` and nowhere else.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime

from flopod.errors import InvalidIdError, InvalidRunIdError

MAX_ID = 200
_RUN_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9_-])?")
_MAX_RUN_NAME = 100
_NOT_IN_RUN_IDS = re.compile(r"[^A-Za-z0-9._-]+")
_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"
_RANDOM_LETTERS = 4
_MAX_PARENT = 60
_MAX_PLACE = 40
_DIGEST_LETTERS = 12
_UNSAFE = re.compile(r"[/\[\]\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""What splits a path, control characters, and lone surrogates, which no log could hold."""
_ESCAPED = re.compile(r"%(?=[0-9A-F]{2})")
_LABEL = re.compile(r"\[[^\[\]/]*\]|[^\[\]/]+")
_PATH = re.compile(r"[^\[\]/]+(?:\[[^\[\]/]*\])*(?:/[^\[\]/]+(?:\[[^\[\]/]*\])*)*")


def check_id(id: object) -> str:
    """Return `id` as a plain str.

    Raises:
        InvalidIdError: it cannot be a part of a path.
    """
    if not isinstance(id, str):
        raise InvalidIdError(id, f"is of type {type(id).__name__}")
    if not id:
        raise InvalidIdError(id, "is empty")
    if len(id) > MAX_ID:
        raise InvalidIdError(id, f"has {len(id)} characters")
    if unsafe := _UNSAFE.search(id):
        raise InvalidIdError(id, f"has {unsafe[0]!a} in it")
    return str.__str__(id)


def check_path(path: object) -> str:
    """Return `path` as a plain str.

    Raises:
        InvalidIdError: no call of a workflow can have that path.
    """
    if not isinstance(path, str) or not _PATH.fullmatch(path):
        raise InvalidIdError(path, "is not a path such as 'expedition[2]/fetch'")
    for label in filter(_is_id, split(path)):
        check_id(label)
    return str.__str__(path)


def child(parent: str, id: str) -> str:
    """Return the path of the call `id` in the scope `parent`; the run itself is ''."""
    return f"{parent}/{id}" if parent else id


def item(path: str, index_or_key: object) -> str:
    """Return the path of one iteration, item or branch: `path[index]`, `path[key]`."""
    return f"{path}[{key_text(index_or_key)}]"


def key_text(key: object) -> str:
    """Return the key as paths show it: what would break a path is percent-encoded.

    Two keys with the same text before have the same text after, and no others: a key above 200
    characters is cut and ends in a hash of the whole.
    """
    text = _ESCAPED.sub("%25", str(key))
    safe = _UNSAFE.sub(_percent, text)
    if len(safe) <= MAX_ID:
        return safe
    import hashlib  # Few keys are as long, and it loads a library of its own.

    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{safe[: MAX_ID - 17]}~{digest}"


def split(path: str) -> list[str]:
    """Return the labels from the run inwards: `a[2]/b` is `['a', '[2]', 'b']`."""
    return _LABEL.findall(path)


def parent(path: str) -> str:
    """Return the scope around: of `a[2]/b` it is `a[2]`, of that `a`, and of that ''."""
    cut = path.rfind("[") if path.endswith("]") else path.rfind("/")
    return path[: max(cut, 0)]


def child_towards(scope: str, path: str) -> str:
    """Return the call directly in `scope` that `path` is or is inside of; '' if it is not in it."""
    start = len(scope) + 1 if scope else 0
    if scope and not path.startswith(f"{scope}/"):
        return ""
    ends = (end for mark in "/[" if (end := path.find(mark, start)) > 0)
    return path[: min(ends, default=len(path))]


def ancestors(path: str) -> Iterator[str]:
    """Yield the scopes around, the nearest first, the run itself ('') last."""
    while path:
        path = parent(path)
        yield path


def check_run_id(run_id: object) -> str:
    """Return `run_id` as a plain str.

    Raises:
        InvalidRunIdError: it cannot name a run.
    """
    if not isinstance(run_id, str) or not _RUN_ID.fullmatch(run_id):
        raise InvalidRunIdError(run_id)
    return str.__str__(run_id)


def named_run_id(run_id: str | None) -> str | None:
    """Return the run id that was given, else that of FLOPOD_RUN_ID; None where neither is.

    Raises:
        InvalidRunIdError: it cannot name a run; an empty one is most often a mistake in a script.
    """
    named = os.environ.get("FLOPOD_RUN_ID") or None if run_id is None else run_id
    return None if named is None else check_run_id(named)


def new_run_id(workflow: str, now: datetime, entropy: int) -> str:
    """Return a readable id that sorts by time: `order-20261122-143501-k3f9`.

    Args:
        entropy: a random number, of which about 20 bits are used; an id may be taken already.
    """
    name = _NOT_IN_RUN_IDS.sub("-", workflow)[:_MAX_RUN_NAME].strip("-._") or "run"
    return f"{name}-{now.astimezone(UTC):%Y%m%d-%H%M%S}-{_random_letters(entropy)}"


def child_run_id(parent: str, path: str, since: str) -> str:
    """Return the id of the run that a run starts at `path`: `order-7.items-3-pay.k3f9x0q2m7ta`.

    Args:
        since: tells the parent from another one that had its id before.
    """
    import hashlib  # Whoever only looks need not load it.

    whole = hashlib.blake2b(f"{parent}\n{path}\n{since}".encode(), digest_size=8).digest()
    place = _NOT_IN_RUN_IDS.sub("-", path)[-_MAX_PLACE:].strip("-._")
    readable = f"{parent[:_MAX_PARENT]}.{place}".rstrip(".")
    return f"{readable}.{_random_letters(int.from_bytes(whole), _DIGEST_LETTERS)}"


def _random_letters(entropy: int, count: int = _RANDOM_LETTERS) -> str:
    letters = ""
    for _ in range(count):
        entropy, place = divmod(entropy, len(_LETTERS))
        letters += _LETTERS[place]
    return letters


def _is_id(label: str) -> bool:
    return not label.startswith("[")


def _percent(unsafe: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in unsafe[0].encode("utf-8", "surrogatepass"))
