"""Hints that files may have changed, from the operating system, with a slow poll underneath.

A hint is only a reason to look: it may come too early, for nothing, or (where a file system tells
of nothing) not before the poll. On Linux the loop is woken by inotify itself: nothing runs while
nothing happens. Elsewhere watchfiles tells, which has to look every few milliseconds.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from asyncinotify import Event, Inotify

Wanted: TypeAlias = Callable[[str], bool]
Told: TypeAlias = Callable[[Path, Wanted, float], AsyncIterator[frozenset[str]]]

POLL = 1.0
"""Seconds after which we look even if nobody told of a change."""
_UNWATCHED_POLL = 0.1
_SETTLING = 0.001
"""Seconds from a hint until we look: it comes with a write, and the sync is still to come."""
_BUSY = 0.01
"""Seconds between two looks at files that change all the time."""
_STEP = 8
"""Milliseconds between two looks of watchfiles at what the system told it."""
_DEBOUNCE = 25
"""Milliseconds that watchfiles gathers hints of a busy file at most."""


async def hints(folder: Path, wanted: Wanted, poll: float = POLL) -> AsyncIterator[frozenset[str]]:
    """Yield the paths that may have changed of those `wanted`; none: it is time for the poll."""
    told: Told = by_inotify if sys.platform == "linux" else by_watchfiles
    try:
        async for paths in told(folder, wanted, poll):
            yield paths
    except OSError:
        # The system has no watch left to give, or none for this kind of folder.
        while True:
            await asyncio.sleep(_UNWATCHED_POLL)
            yield frozenset()


async def by_inotify(folder: Path, wanted: Wanted, poll: float) -> AsyncIterator[frozenset[str]]:
    """Yield hints as Linux gives them, a moment after the first of several."""
    # Linux has it alone; and whoever only reads a store need not load it.
    from asyncinotify import Inotify, Mask

    clock = asyncio.get_running_loop().time
    looked = -_BUSY
    with Inotify(sync_timeout=0) as inotify:
        inotify.add_watch(folder, Mask.MODIFY | Mask.CREATE | Mask.DELETE | Mask.MOVE)
        while True:
            yield await _next_hints(inotify, wanted, poll, looked + _BUSY)
            looked = clock()


async def _next_hints(
    inotify: Inotify, wanted: Wanted, poll: float, earliest: float
) -> frozenset[str]:
    """Return the paths told of until a moment after the first, and not before `earliest`."""
    events: list[Event] = []
    try:
        async with asyncio.timeout(poll):
            while not any(_is_wanted(event, wanted) for event in events):
                events = [await inotify.get()]
    except TimeoutError:
        return frozenset()
    left = earliest - asyncio.get_running_loop().time()
    await asyncio.sleep(max(left, _SETTLING))
    while (event := inotify.sync_get()) is not None:
        events.append(event)
    if any(event.path is None for event in events):
        return frozenset()  # More was told than the system could keep: look at everything.
    return frozenset(str(event.path) for event in events if _is_wanted(event, wanted))


def _is_wanted(event: Event, wanted: Wanted) -> bool:
    return event.path is None or wanted(str(event.path))


async def by_watchfiles(folder: Path, wanted: Wanted, poll: float) -> AsyncIterator[frozenset[str]]:
    """Yield hints of any system."""
    from watchfiles import Change, awatch

    def passes(_: Change, path: str) -> bool:
        return wanted(path)

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
