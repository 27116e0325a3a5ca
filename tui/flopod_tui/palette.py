"""What the command palette offers: keys of the screen, places, settings, each by a typed name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the palette."""

    name: str
    """What is typed: `goto`, `theme`, `retry`."""
    label: str
    run: Callable[[str], object]
    """Does it; takes what was typed after the name."""
    key: str = ""
    """The key that does the same."""
    argument: str = ""
    """What is typed after the name, as `SEQ`; empty: nothing."""
    why_not: str = ""
    """Why it makes no sense now; such an entry is listed last."""
