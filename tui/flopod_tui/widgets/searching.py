"""Search in a list whose rows are made on demand: the same for a value, a log and a timeline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from textual.message import Message

from flopod_tui.run.sought import Sought
from flopod_tui.terminal.timing import once
from flopod_tui.widgets.lines import LineList

SLICE = 0.03
"""Seconds of a search between which keys are answered."""
REST = 0.01


class Searching(LineList):
    """A list that can be searched; a place in it is whatever its rows are told apart by."""

    @dataclass
    class Found(Message):
        """The search has come further; `found` says how far."""

    found: str = ""
    """How the search stands: `3 of 17`, `nothing`."""
    _sought: Sought[Any] | None = None
    _due: int | None = None
    """The step that waits for a hit."""

    def places(self, text: str) -> Iterator[Any]:
        """Yield each place that has the text in it, and None for any other."""
        raise NotImplementedError

    def place(self) -> Any:
        """Return the place under the cursor."""
        raise NotImplementedError

    def go_to(self, place: Any) -> None:
        """Put the cursor on a place."""
        raise NotImplementedError

    def search(self, text: str, step: int) -> bool:
        """Go to the next hit, the one before, or (step 0) this one or the next.

        Returns:
            Whether there is one, or may be: a long search goes on by itself.
        """
        if not text:
            return self.forget_search()
        if self._sought is None or self._sought.text != text:
            self._sought = Sought(text, self.places(text))
        self._due = step
        self._look()
        return bool(self._sought.hits) or not self._sought.done

    def forget_search(self) -> bool:
        """Search for nothing any more, as when the content is another."""
        self._sought, self._due, self.found = None, None, ""
        return False

    def _look(self) -> None:
        sought = self._sought
        if sought is None:
            return
        sought.look(SLICE)
        if self._due is not None:
            hit = sought.after(self.place(), self._due)
            if hit is not None:
                self.go_to(hit)
            if hit is not None or sought.done:
                self._due = None
        self.found = sought.told(self.place())
        self.post_message(self.Found())
        if not sought.done:
            once(self, REST, self._look)
