"""What the app has said in this session, newest last, with the shell line that does the same."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from flopod_tui.text.format import safe

KEPT = 1000
MARKS = {"error": "✗ ", "ok": "✓ "}


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
    count: int = 0
    """How many there were in all."""

    def add(self, one: Said) -> None:
        """Keep a message."""
        self.said.append(one)
        self.count += 1


def as_text(messages: Iterable[Said]) -> str:
    """Return messages as plain lines: for a file, for a report."""
    return "".join(f"{line}\n" for one in messages for line in _lines(one))


def _lines(one: Said) -> list[str]:
    mark = MARKS.get(one.role, "")
    at = one.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    first = f"{at} {mark}{safe(one.text, 10_000)}"
    return [first, f"  $ {safe(one.shell, 10_000)}"] if one.shell else [first]
