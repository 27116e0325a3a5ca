"""A plain question: what it is about, and a yes that is deliberate.

Cancel has the focus, so Enter alone changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flopod_tui.screens.asking import Asking
from flopod_tui.text.format import safe
from flopod_tui.text.spans import Spans


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and the words on the buttons."""

    title: str
    lines: Sequence[Spans]
    yes: str
    no: str = "Cancel"


class ConfirmScreen(Asking[bool]):
    """Gives True only for a deliberate yes."""

    def __init__(self, question: Question) -> None:
        super().__init__()
        self.question = question
        self.heading, self.yes_word, self.no_word = question.title, question.yes, question.no

    def rows(self, width: int) -> Sequence[Spans]:
        """Return the question."""
        return self.question.lines

    def answer(self) -> None:
        """Say yes."""
        self.dismiss(True)

    def action_no(self) -> None:
        """Say no."""
        self.dismiss(False)


def discard_question(what: str) -> Question:
    """Return the question before typed text is thrown away."""
    lines: list[Spans] = [[(f"What you typed into {what} was not sent.", "")]]
    return Question("Throw it away?", lines, "Throw away", no="Keep editing")


def empty_question(event: str) -> Question:
    """Return the question before an event is delivered without a payload."""
    lines: list[Spans] = [
        [(f"The payload of {safe(event, 60)} is empty: it is delivered as null.", "")]
    ]
    return Question("Deliver it without a payload?", lines, "Deliver null", no="Keep editing")
