"""What the app has said in this session, newest last, with the shell line that does the same."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

KEPT = 1000


@dataclass(frozen=True, slots=True)
class Said:
    """One message."""

    at: datetime
    text: str
    role: str = ""
    """`error`, `ok`, or empty."""
    shell: str = ""
    """What a person would type to do the same."""


@dataclass(slots=True)
class MessageLog:
    """The messages that are kept."""

    said: deque[Said] = field(default_factory=lambda: deque(maxlen=KEPT))

    def add(self, one: Said) -> None:
        """Keep a message."""
        self.said.append(one)
