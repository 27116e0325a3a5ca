"""Writing to a terminal that may be slow, may stop reading, and may be gone.

Textual's own writer holds up the event loop once thirty writes wait. Here nothing waits for the
terminal: who writes asks how much is under way, and leaves frames out that would come too late.
"""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable
from queue import Queue
from threading import Thread
from typing import IO

from textual.drivers._writer_thread import WriterThread

PATIENCE = 2.0
"""Seconds for a terminal to take the last bytes."""
GRACE = 3.0
"""Seconds in which the app ends by itself once its terminal is gone."""
HUNG_UP = 129
"""The exit code of a program that SIGHUP has ended."""


class Writer(WriterThread):
    """Writes what it is given, in order, on a thread of its own."""

    def __init__(self, file: IO[str], drained: Callable[[], None]) -> None:
        super().__init__(file)
        self._queue: Queue[str | None] = Queue()
        self._drained = drained
        self._given = self._taken = 0
        self.failed = False
        """The terminal takes nothing any more."""

    @property
    def under_way(self) -> int:
        """How many characters the terminal has not taken yet."""
        return 0 if self.failed else self._given - self._taken

    def write(self, text: str) -> None:
        """Write text, some time."""
        self._given += len(text)
        self._queue.put(text)

    def run(self) -> None:
        """Write until told to stop, or until the terminal is gone."""
        try:
            while (text := self._queue.get()) is not None:
                self._file.write(text)
                if self._queue.empty():
                    self._file.flush()
                self._taken += len(text)
                if not self.under_way:
                    self._drained()
            self._file.flush()
        except (OSError, ValueError):
            self.failed = True

    def stop(self) -> None:
        """Let it write what it has; a terminal that does not read is not waited for."""
        self._queue.put(None)
        self.join(PATIENCE)
        self.failed = self.failed or self.is_alive()


def watch_for_hangup(fileno: int, tell: Callable[[], None]) -> None:
    """Have `tell` called, on another thread, when the terminal is gone; soon after, end for sure.

    A process whose terminal went away without a signal, as under `nohup`, would read its end over
    and over.
    """
    if hasattr(select, "poll"):
        Thread(target=_watch, args=(fileno, tell), daemon=True, name="hangup").start()


def _watch(fileno: int, tell: Callable[[], None]) -> None:
    poll = select.poll()
    # Asked for nothing, it wakes for a hang-up only.
    poll.register(fileno, 0)
    poll.poll()
    tell()
    time.sleep(GRACE)
    os._exit(HUNG_UP)
