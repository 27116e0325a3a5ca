"""Waits for input and sleeps until there is some: Textual's own loop wakes ten times a second."""

from __future__ import annotations

import os
from codecs import getincrementaldecoder
from collections.abc import Callable
from select import select
from threading import Event

from textual._xterm_parser import XTermParser
from textual.message import Message

UNSURE = 0.05
"""Seconds between two looks at an Esc that may be the beginning of a longer key."""


class Stop(Event):
    """An event that can be waited for together with input."""

    def __init__(self) -> None:
        super().__init__()
        self._ear, self._mouth = os.pipe()

    def fileno(self) -> int:
        """Return what there is something to read from once it is set."""
        return self._ear

    def set(self) -> None:
        """Wake whoever waits."""
        if not self.is_set():
            super().set()
            os.write(self._mouth, b"!")

    def clear(self) -> None:
        """Be as before `set`."""
        if self.is_set():
            os.read(self._ear, 1)
            super().clear()


def listen(fileno: int, stop: Stop, take: Callable[[Message], None], *, debug: bool) -> None:
    """Give what is typed and clicked to `take`, until told to stop or until the input ends."""
    parser = XTermParser(debug)
    decode = getincrementaldecoder("utf-8")().decode
    while not stop.is_set():
        unsure = UNSURE if parser._timeout_time is not None else None
        if fileno in select([fileno, stop.fileno()], [], [], unsure)[0]:
            data = os.read(fileno, 4096)
            if not data:
                return
            for message in parser.feed(decode(data)):
                take(message)
        for message in parser.tick():
            take(message)
