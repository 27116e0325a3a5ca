"""For what comes back late: a worker may end a moment after its screen was taken down."""

from __future__ import annotations

from contextlib import suppress

from textual.css.query import NoMatches


def unless_gone() -> suppress:
    """Pass over what looks for a widget of a screen that is gone; it has nobody to tell."""
    return suppress(NoMatches)
