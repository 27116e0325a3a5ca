"""Keeps the garbage collector from looking through a long log again and again.

A full collection visits each node of a path tree: 110 ms for a log of 100,000 events, in which no
key is answered, and several of them while it is read. None of it is garbage while its run is shown.
Nor is the program itself: to look through it took a fifth of the time to the first frame.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """Collect nothing in this block."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def hold() -> None:
    """Collect nothing until `resume`."""
    gc.disable()


def resume() -> None:
    """Collect again, if it was held, but never look at what is there now: the program itself."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def set_aside() -> None:
    """Look at nothing any more that is there now, but what became garbage of late."""
    if gc.isenabled():
        gc.collect(1)  # while it is paused, all that was read is as young
    gc.freeze()


def take_back() -> None:
    """Look at everything again."""
    gc.unfreeze()
