"""Hints that files may have changed, from the operating system, with a slow poll underneath.

A hint is only a reason to look: it may come too early, for nothing, or (where a file system tells
of nothing) not before the poll.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from watchfiles import Change, awatch

POLL = 1.0
"""Seconds after which we look even if nobody told of a change."""
_UNWATCHED_POLL = 0.1
_STEP = 8
"""Milliseconds between looks at what the system told; also what a hint takes to arrive."""
_DEBOUNCE = 25
"""Milliseconds that hints of a busy file are gathered at most."""


async def hints(
    folder: Path, wanted: Callable[[str], bool], poll: float = POLL
) -> AsyncIterator[frozenset[str]]:
    """Yield the paths that may have changed of those `wanted`; none: it is time for the poll."""

    def passes(_: Change, path: str) -> bool:
        return wanted(path)

    try:
        async for changes in awatch(
            folder,
            watch_filter=passes,
            step=_STEP,
            debounce=_DEBOUNCE,
            rust_timeout=int(poll * 1000),
            yield_on_timeout=True,
            recursive=False,
        ):
            yield frozenset(path for _, path in changes)
    except OSError:
        # The system has no watch left to give, or none for this kind of folder.
        while True:
            await asyncio.sleep(_UNWATCHED_POLL)
            yield frozenset()
