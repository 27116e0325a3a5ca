"""Timers that ring once, whatever holds the process up.

Textual skips a tick that it finds to be late already when the timer begins. Of a timer with one
tick nothing is left then: its callback is never called, and what waits for it waits for ever.
"""

from __future__ import annotations

from collections.abc import Callable

from textual.message_pump import MessagePump
from textual.timer import Timer


def once(pump: MessagePump, seconds: float, call: Callable[[], object]) -> Timer:
    """Call something after so many seconds, late if it must be."""
    timer = pump.set_timer(seconds, call)
    timer._skip = False  # It begins with the loop's next turn.
    return timer
