"""The language in which runs are looked for: `status:failed wf:order took>30s -test | @mine`.

Pure: the list of the app and the command `flopod runs` use the same.
"""

from __future__ import annotations

from collections.abc import Mapping

from flopod_tui.query.errors import QueryError
from flopod_tui.query.query import Query
from flopod_tui.query.vocabulary import Vocabulary
from flopod_tui.query.words import searched

__all__ = ["Query", "QueryError", "Vocabulary", "complete", "parse", "searched"]


def parse(text: str, saved: Mapping[str, str] = {}) -> Query:
    """Return the query that a text says; see `parsing.parse`."""
    from flopod_tui.query import parsing  # The first runs are shown before anything is typed.

    return parsing.parse(text, saved)


def complete(text: str, position: int, vocabulary: Vocabulary) -> str:
    """Return what can be added to a text at this place; empty when nothing is known."""
    from flopod_tui.query import completing

    return completing.complete(text, position, vocabulary)
