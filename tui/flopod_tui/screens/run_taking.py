"""What is taken out of a run's screen: copied, written to a file, shown in a pager, opened."""

from __future__ import annotations

import asyncio
import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import replace

from textual import work
from textual.app import SuspendNotSupported
from textual.binding import Binding

from flopod.errors import FlopodError
from flopod_tui.run import subject
from flopod_tui.run.log_lines import whole_line
from flopod_tui.run.subject import Subject
from flopod_tui.screens.run_data import RunData
from flopod_tui.screens.sharing import Takeable
from flopod_tui.screens.value import ValueScreen
from flopod_tui.timeline.view import timeline_text
from flopod_tui.widgets.lines import LineList

WIDE_ENOUGH = 400
"""Cells of a line that is copied."""
MANY = 200
"""Events that are written before keys get a turn."""
COLUMNS = 120
"""Cells of a timeline in a file."""


class RunTaking(RunData):
    """A screen from which a run's parts are taken."""

    BINDINGS = [
        Binding("o", "page_value", "Pager", show=False, tooltip="open the value in $PAGER"),
    ]

    def subject(self) -> Subject | None:
        """Return what is looked at."""
        return None

    def copies(self) -> Sequence[Takeable]:
        """Return the run's id, and what stands under the cursor."""
        looked_at, masking = self.subject(), self.session.masking
        offered = [Takeable("i", "run id", lambda: self.run_id)]
        if looked_at and looked_at.path:
            path = looked_at.path
            offered.append(Takeable("p", "path", lambda: path))
        if looked_at and looked_at.holds:
            value = looked_at.value
            offered.append(Takeable("v", "value", lambda: subject.pretty(value, masking)))
        if looked_at and (trace := looked_at.traceback):
            offered.append(Takeable("t", "traceback", lambda: trace))
        if line := self.line_at_cursor():
            offered.append(Takeable("l", "line", lambda: line))
        if looked_at:
            command = looked_at.command
            offered.append(Takeable("c", "shell command", lambda: command))
        return (*offered, replace(self._state("s"), file=""))

    def exports(self) -> Sequence[Takeable]:
        """Return the log, the state and the timeline, as of the moment that is shown."""
        run = self.run_id
        return (
            Takeable("l", "log as JSON lines", self.log_text, f"{run}.jsonl"),
            self._state("s"),
            Takeable("t", "timeline", self.timeline_text, f"{run}.timeline.txt"),
            Takeable("p", "timeline as a picture", self.timeline_svg, f"{run}.timeline.svg"),
        )

    def _state(self, key: str) -> Takeable:
        shown, masking = self.shown, self.session.masking
        at = self.moment_seq() or 0
        label, file = f"state at seq {at}", f"{self.run_id}.{at}.state.json"
        return Takeable(key, label, lambda: subject.state_text(shown, masking), file)

    async def log_text(self) -> str:
        """Return the log as the file store writes it, but for secrets."""
        lines: list[str] = []
        for number, event in enumerate(list(self.shown.events)):
            lines.append(whole_line(event, self.session.masking))
            if not number % MANY:
                await asyncio.sleep(0)
        return "".join(f"{line}\n" for line in lines)

    async def timeline_text(self) -> str:
        """Return the timeline as text."""
        # In a thread: of a long log it takes seconds.
        events = list(self.shown.events)
        return await asyncio.to_thread(timeline_text, events, self.then(), COLUMNS)

    async def timeline_svg(self) -> str:
        """Return the timeline as a picture, in the colours of the screen."""
        from flopod_tui.timeline.svg import timeline_svg
        from flopod_tui.widgets.inks import palette_of

        events, title = list(self.shown.events), f"{self.run_id} at seq {self.moment_seq() or 0}"
        palette = palette_of(dark=self.app.current_theme.dark)
        return await asyncio.to_thread(timeline_svg, events, self.then(), COLUMNS, title, palette)

    def line_at_cursor(self) -> str:
        """Return the line under the cursor, as it is shown and as wide as it is."""
        source = self.focused
        if not isinstance(source, LineList) or source.cursor >= source.count:
            return ""
        spans = source.row(source.cursor, WIDE_ENOUGH)
        return " ".join("".join(text for text, _ in spans).split())

    # Looking at a value

    def open_value(self) -> None:
        """Show the value or the traceback under the cursor on a screen of its own."""
        looked_at = self.subject()
        if looked_at is None or not looked_at.is_open:
            self.say("there is no value here")
        elif not looked_at.traceback:
            self.open_part(looked_at, "v")
        elif not looked_at.holds:
            self.open_part(looked_at, "t")
        else:
            self.open_either(looked_at)

    @work(group="ask", exclusive=True)
    async def open_either(self, looked_at: Subject) -> None:
        """Ask which of the two it is to be."""
        from flopod_tui.screens.menu import MenuScreen
        from flopod_tui.widgets.choice_list import Choice

        choices = [Choice("t", "traceback"), Choice("v", "value")]
        if chosen := await self.app.push_screen_wait(MenuScreen("Open", choices)):
            self.open_part(looked_at, chosen)

    def open_part(self, looked_at: Subject, part: str) -> None:
        """Show the value (`v`) or the traceback (`t`)."""
        from flopod_tui.screens.text import TextScreen

        title = looked_at.title
        if part == "v":
            self.app.push_screen(ValueScreen(self.session, title, looked_at.value))
        else:
            title, file = f"{title} traceback", f"{self.run_id}.traceback.txt"
            self.app.push_screen(TextScreen(self.session, title, looked_at.traceback, file))

    @work(group="ask", exclusive=True)
    async def action_page_value(self) -> None:
        """Show what is under the cursor in the pager of one's choice, the app out of the way."""
        looked_at = self.subject()
        if looked_at is None or not looked_at.is_open:
            return self.say("there is no value here")
        try:
            text = subject.plain_ascii(looked_at, self.session.masking)
            with self.app.suspend():
                page(text, os.environ)
        except SuspendNotSupported:
            self.say("there is no terminal here to give to a pager", "error")
        except (FlopodError, OSError, ValueError) as error:
            self.say(f"no pager: {error}", "error")


def page(text: str, environ: Mapping[str, str]) -> None:
    """Show ASCII text in the pager, and wait until it ends."""
    command = shlex.split(environ.get("PAGER", "")) or ["less"]
    subprocess.run(command, input=text.encode(), check=False)
