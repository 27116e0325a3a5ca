"""What a screen that was left still meant to draw.

Textual takes the widgets of a closed screen away before it stops the screen's timers, callbacks and
workers. One that wakes in between looks for a widget in vain: that is no error of the app.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual.css.query import NoMatches
from textual.screen import Screen


def of_a_left_screen(error: BaseException, opened: Sequence[Screen[Any]]) -> bool:
    """Say whether the error is that of a screen that is open no longer, and finds itself empty."""
    step = error.__traceback__ if isinstance(error, NoMatches) else None
    while step:
        owner = step.tb_frame.f_locals.get("self")
        if isinstance(owner, Screen) and not any(owner is one for one in opened):
            return True
        step = step.tb_next
    return False
