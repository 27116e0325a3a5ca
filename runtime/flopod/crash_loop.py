"""Runs that bring their process down, time after time: they stop, until a person has looked."""

from __future__ import annotations

from flopod.errors import ErrorInfo
from flopod.events import RunNeedsAttention
from flopod.recall import Recall

MAX_CRASHES = 10
"""How often in a row a run is taken up that dies at work each time, recording nothing new."""

MAX_FRUITLESS = 100
"""The same for one that only waited: it hardly was the one that brought the process down."""


def seen_in(recall: Recall) -> RunNeedsAttention | None:
    """Return why a run is not to be taken up again; None: it may be."""
    if recall.crashes < MAX_CRASHES and recall.fruitless < MAX_FRUITLESS:
        return None
    return RunNeedsAttention(
        error=ErrorInfo(
            type="CrashLoop",
            message=f"taken up {recall.fruitless} times in a row, and the process died each time "
            "before anything new was recorded; look at what the run does there, then retry it",
        )
    )
