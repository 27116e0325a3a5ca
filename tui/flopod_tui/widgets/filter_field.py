"""The line in which a filter is typed: ghost text for what could come next, recent ones with ↑."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.suggester import Suggester

from flopod_tui.query import Vocabulary, complete
from flopod_tui.settings.keys import Remappable
from flopod_tui.widgets.fields import TextField


class Completer(Suggester):
    """Shows what could come next."""

    def __init__(self, vocabulary: Callable[[], Vocabulary]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self.vocabulary = vocabulary

    def rest(self, value: str) -> str:
        """Return what can be added."""
        return complete(value, len(value), self.vocabulary())

    async def get_suggestion(self, value: str) -> str | None:
        """Return the text with what can be added."""
        rest = self.rest(value)
        return value + rest if rest else None


class FilterField(Remappable, TextField):
    """A filter."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", "Complete", tooltip="complete, or only highlight"),
        Binding("up", "recall(1)", "Earlier", tooltip="an earlier filter"),
        Binding("down", "recall(-1)", "A later filter", show=False),
    ]

    class Switched(Message):
        """The user asked to narrow, or only to highlight."""

    def __init__(self, vocabulary: Callable[[], Vocabulary], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.completer = Completer(vocabulary)
        self.suggester = self.completer
        self.recent: Sequence[str] = ()
        """Earlier filters, the newest first."""
        self._recalled = -1
        self._typed = ""

    def action_complete(self) -> None:
        """Take the ghost text; where there is none, switch between narrowing and highlighting."""
        rest = self.completer.rest(self.value) if self.cursor_at_end else ""
        if rest:
            self._put(self.value + rest)
        else:
            self.post_message(self.Switched())

    def action_recall(self, step: int) -> None:
        """Show an earlier filter, or go back to what was typed."""
        wanted = max(-1, min(self._recalled + step, len(self.recent) - 1))
        if self._recalled < 0:
            self._typed = self.value
        if wanted != self._recalled:
            self._recalled = wanted
            self._put(self.recent[wanted] if wanted >= 0 else self._typed)

    def forget_recall(self) -> None:
        """Begin with the newest filter again."""
        self._recalled = -1

    def _put(self, value: str) -> None:
        self.value = value
        self.cursor_position = len(value)
