"""What an each or a parallel announces first: of how many it is, and of which items.

Taken up again it must be of the same: an item is known by its index alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterable, Iterable
from typing import Any

from flopod import codec
from flopod import events as ev
from flopod.errors import NondeterminismError, SerializableError
from flopod.execution import Execution
from flopod.recall import Step


async def listed(items: Iterable[Any] | AsyncIterable[Any]) -> list[Any]:
    """Return the items of what may be an async or a plain iterable."""
    if isinstance(items, AsyncIterable):
        return [item async for item in items]
    return list(items)


def announce_items(execution: Execution, path: str, step: Step | None, items: list[Any]) -> None:
    """Record how many items there are, and which; refuse others than those recorded."""
    started = ev.EachStarted(total=len(items), fingerprint=_fingerprint(items))
    if step is None or step.outcome is None:
        execution.journal.ride(started, path)
    elif step.outcome != started:
        known: Any = step.outcome
        recorded = f"an each of {known.total} items"
        same = " others" if known.total == started.total else ""
        raise execution.stopped(
            NondeterminismError(
                path,
                recorded,
                f"{started.total}{same}; keep the list of an each in a step or a variable",
            )
        )


def announce_branches(execution: Execution, path: str, step: Step | None, total: int) -> None:
    """Record how many branches there are; refuse another number than is recorded."""
    if step is None or step.outcome is None:
        execution.journal.ride(ev.ParallelStarted(total=total), path)
    elif (known := getattr(step.outcome, "total", total)) != total:
        recorded = f"a parallel of {known} branches"
        raise execution.stopped(NondeterminismError(path, recorded, f"{total}"))


def _fingerprint(items: list[Any]) -> str:
    """Return a digest of the items, or nothing where they are of a kind that is never stored."""
    try:
        text = codec.encode(items)
    except SerializableError:
        return ""
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
