"""Retry or cancel several runs: asked by a number that must be typed, told one by one."""

from __future__ import annotations

import textwrap
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input

from flopod.errors import FlopodError
from flopod.summary import RunSummary
from flopod_tui.run.detail_text import shell
from flopod_tui.screens.asking import Asking
from flopod_tui.screens.page import is_bare
from flopod_tui.text.format import cut, plural, safe
from flopod_tui.text.spans import Spans
from flopod_tui.widgets.bulk_list import BulkList
from flopod_tui.widgets.fields import TextField
from flopod_tui.widgets.painted import Panel
from flopod_tui.widgets.press import Press
from flopod_tui.widgets.unless_gone import unless_gone

TYPING = 2
"""Lines of the field for the number."""


@dataclass(frozen=True, slots=True)
class Several:
    """An action on several runs."""

    verb: str
    """`retry` or `cancel`, as the command is called."""
    past: str
    """`retried` or `cancelled`."""
    runs: Sequence[RunSummary]
    refused: Mapping[str, str]
    """Why not, by run id, as far as is known before."""
    act: Callable[[str], Awaitable[str]]
    """Does it to one run and says what was done."""

    @property
    def possible(self) -> list[RunSummary]:
        """The runs that it is done to."""
        return [run for run in self.runs if run.run_id not in self.refused]

    def shell_line(self) -> str:
        """Return what does the same from a shell."""
        names = shell(*(run.run_id for run in self.possible))
        return f'for run in {names}; do flopod {self.verb} "$run"; done'


@dataclass(frozen=True, slots=True)
class SeveralTold:
    """What came of it."""

    done: Mapping[str, str]
    refused: Mapping[str, str]
    text: str
    shell: str


class BulkScreen(Asking[SeveralTold | None]):
    """Gives what came of it, None where nothing was done."""

    CSS_PATH: ClassVar[list[str]] = ["confirm.tcss", "bulk.tcss"]
    AROUND = 12
    AUTO_FOCUS = "#count"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Down", show=False),
    ]

    def __init__(self, several: Several) -> None:
        super().__init__()
        self.several = several
        self.wanted = str(len(several.possible))
        self.heading = f"{several.verb.capitalize()} {plural(len(several.possible), 'run')}"
        # Not "Cancel": beside "Cancel 2 runs" it could mean either.
        self.yes_word, self.no_word = self.heading, "Leave them"
        self.done: dict[str, str] = {}
        self.refused = dict(several.refused)
        self.phase = "asking"
        """`asking`, `working` or `told`."""
        self.stopping = False

    def compose_more(self) -> Iterator[Widget]:
        """Lay out the runs."""
        yield BulkList(self.several.runs, self.refused)

    def compose_foot(self) -> Iterator[Widget]:
        """Lay out the field for their number."""
        with Horizontal(id="typing"):
            yield Panel(id="typing-label")
            yield TextField(id="count")

    def on_mount(self) -> None:
        """Ask for the number."""
        label = self.query_one("#typing-label", Panel)
        told = f"type {self.wanted} to {self.several.verb} {plural(int(self.wanted), 'run')}: "
        label.styles.width = len(told)
        label.show([[(told, "")]])

    def keys(self) -> str:
        """Return what the keys do: letters go into the field."""
        return f"Enter go on   Esc {self.no_word}   Up/Down the runs"

    def around(self) -> int:
        """Return how many lines there are beside the list: no field any more, once it is done."""
        return super().around() - (0 if self.phase == "asking" else TYPING)

    def rows(self, width: int) -> Sequence[Spans]:
        """Return how far it is."""
        if self.phase == "working":
            count = len(self.done) + len(self.refused) - len(self.several.refused)
            told = "; stopping…" if self.stopping else "; Esc stops after this one"
            return [[(f"{count:,} of {len(self.several.possible):,}{told}", "")], []]
        if self.phase == "told":
            return [[(self.told(), "")], []]
        refused = len(self.several.refused)
        left_out = f", {refused} cannot be and stay marked" if refused else ""
        marked = f"{plural(len(self.several.runs), 'run')} marked{left_out}"
        return [[(marked, "")], []]

    def rows_after(self, width: int) -> Sequence[Spans]:
        """Return the command that does the same; afterwards, why the run at the cursor was not."""
        if self.phase == "told":
            run = self.query_one(BulkList).current
            why = safe(self.refused.get(run.run_id, ""), 600) if run else ""
            return [[], *([(line, "")] for line in textwrap.wrap(why, width))]
        if self.phase != "asking" or is_bare(self.size):
            return []
        line = cut(safe(self.shell_line()[:500]), width - 4)
        return [[], [("sh: ", "quiet"), (line, "")]]

    def shell_line(self) -> str:
        """Return what does the same from a shell."""
        return self.several.shell_line()

    def unready(self) -> str:
        """Return why it cannot be done yet."""
        if self.phase != "asking":
            return "it is being done"
        if not self.several.possible:
            return f"none of them can be {self.several.past}"
        typed = self.query_one("#count", TextField).value.strip()
        return "" if typed == self.wanted else f"type {self.wanted} first"

    def action_move(self, rows: int) -> None:
        """Move in the list, wherever the focus is."""
        self.query_one(BulkList).action_move(rows)
        self.ask()

    @on(Input.Changed, "#count")
    def typed(self) -> None:
        """Let it be done, if the number is right."""
        self.query_one("#yes", Press).disabled = bool(self.unready())

    @on(Input.Submitted, "#count")
    def entered(self) -> None:
        """Enter after the right number goes on to the button."""
        self.query_one("#no" if self.unready() else "#yes").focus()

    def answer(self) -> None:
        """Do it."""
        self.phase = "working"
        self.add_class("-working")
        self.query_one("#no", Press).rename("Stop")
        self.show_keys("Enter Esc Stop after this one   Up/Down the runs")
        self.query_one("#no").focus()
        self.ask()
        self.do_all()

    @work(group="bulk", exclusive=True)
    async def do_all(self) -> None:
        """Do it to one run after the other."""
        with unless_gone():
            for run in self.several.possible:
                if self.stopping:
                    break
                try:
                    self.done[run.run_id] = await self.several.act(run.run_id)
                except FlopodError as error:
                    self.refused[run.run_id] = str(error)
                self.query_one(BulkList).show(self.done, self.refused)
                self.ask()
            self.finish()

    def finish(self) -> None:
        """Leave, or stay to show what was refused."""
        self.phase = "told"
        if not self.refused:
            self.dismiss(self.result())
            return
        self.remove_class("-working").add_class("-told")
        self.query_one("#no", Press).rename("Close")
        self.query_one(BulkList).show_refused()
        self.show_heading(f"{self.several.past.capitalize()} {plural(len(self.done), 'run')}")
        self.query_one("#no").focus()
        self.show_keys("Enter Esc Close   Up/Down the reasons")
        self.ask()

    def told(self) -> str:
        """Return what came of it in a sentence."""
        parts = [f"{len(self.done):,} {self.several.past}"]
        if self.refused:
            parts.append(f"{len(self.refused):,} refused")
        left = len(self.several.runs) - len(self.done) - len(self.refused)
        return ", ".join(parts) + (f", {left:,} not tried: it was stopped" if left else "")

    def result(self) -> SeveralTold:
        """Return what came of it."""
        why = next(iter(self.refused.items()), None)
        first = f": {why[0]}: {why[1]}" if why else ""
        text = safe(f"{self.told()}{first}", 500)
        return SeveralTold(self.done, self.refused, text, self.shell_line())

    def action_no(self) -> None:
        """Leave; what is being done is stopped after the run at hand."""
        if self.phase == "working":
            self.stopping = True
            self.ask()
        else:
            self.dismiss(self.result() if self.phase == "told" else None)
