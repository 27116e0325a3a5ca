"""The id of a run that is to be: suggested, or typed and looked up while it is typed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from textual import on, work
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from flopod.errors import FlopodError
from flopod.summary import RunSummary
from flopod_tui.forms.start_text import run_id_note, run_id_problem
from flopod_tui.text.format import safe
from flopod_tui.widgets.fields import TextField
from flopod_tui.widgets.painted import Panel
from flopod_tui.widgets.unless_gone import unless_gone

TYPING = 0.15
"""Seconds without a key after which the store is asked."""
LookUp = Callable[[str], Awaitable[RunSummary | None]]


class RunIdField(Horizontal):
    """A label, the id, and whether it is free."""

    DEFAULT_CSS = """
    RunIdField {
        height: 1;
        .run-id-label { width: 9; }
        TextField { width: 1fr; }
        .run-id-note { width: 44%; padding-left: 1; }
    }
    """

    @dataclass
    class Changed(Message):
        """The id, or what is known of it, is another."""

    @dataclass
    class Entered(Message):
        """Enter was pressed on the id of a run that exists."""

        run_id: str

    def __init__(self, label: str, look_up: LookUp, now: Callable[[], datetime]) -> None:
        super().__init__()
        self.label = label
        self.look_up = look_up
        self.now = now
        self.suggested = ""
        """The id that was made up, and not typed."""
        self.taken: RunSummary | None = None
        """The run that has the id already, as far as is known."""
        self.trouble = ""
        """Why it is not known."""

    def compose(self) -> Iterator[Widget]:
        """Lay out the line."""
        label = Panel(classes="run-id-label")
        label.show([[(f" {self.label}", "quiet")]])
        yield label
        yield TextField(id="run-id", placeholder="made up", replaces=True)
        yield Panel(classes="run-id-note")

    @property
    def field(self) -> TextField:
        """What it is typed into."""
        return self.query_one(TextField)

    @property
    def value(self) -> str:
        """The id; empty: one is made up."""
        return self.field.value.strip()

    @property
    def typed(self) -> bool:
        """Somebody typed it."""
        return self.field.value != self.suggested

    @property
    def problem(self) -> str:
        """Why there can be no new run of this id."""
        return run_id_problem(self.value, self._known)

    @property
    def _known(self) -> RunSummary | None:
        return self.taken if self.taken is not None and self.taken.run_id == self.value else None

    def suggest(self, run_id: str) -> None:
        """Hold an id that was made up."""
        self.suggested = run_id
        self.field.value = run_id

    @on(Input.Changed)
    def edited(self, message: Input.Changed) -> None:
        """Look it up."""
        message.stop()
        self.look()
        self._tell()

    @work(group="look", exclusive=True)
    async def look(self) -> None:
        """Ask the store whether there is such a run."""
        with unless_gone():
            if self.typed:
                await asyncio.sleep(TYPING)
            try:
                self.taken = await self.look_up(self.value) if self.value else None
                self.trouble = ""
            except FlopodError as error:
                self.trouble = safe(str(error), 200)
            self._tell()

    def _tell(self) -> None:
        note = run_id_note(self.value, self._known, self.now())
        shown = [("✗ ", "error"), (self.trouble, "")] if self.trouble else note
        self.query_one(".run-id-note", Panel).show([shown])
        self.post_message(self.Changed())

    @on(Input.Submitted)
    def submitted(self, message: Input.Submitted) -> None:
        """Enter on the id of a run that exists is about that run."""
        if self._known is not None:
            message.stop()
            self.post_message(self.Entered(self.value))
