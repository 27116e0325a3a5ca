"""What all full screens share: header, status line, hint bar, and how a failure is told.

A screen holds what it shows and follows the store in one worker of its own; the widgets show and
report. Nothing here knows the app.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import ClassVar, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.binding import ActiveBinding
from textual.containers import Vertical
from textual.screen import Screen
from textual.widget import Widget

from flopod.errors import FlopodError
from flopod_tui.messages import Said
from flopod_tui.palette import Entry
from flopod_tui.session import Session
from flopod_tui.spans import Spans, spread
from flopod_tui.widgets.hint_bar import Hint, HintBar
from flopod_tui.widgets.painted import Panel
from flopod_tui.widgets.status_line import StatusLine
from flopod_tui.widgets.too_small import TooSmall

Result = TypeVar("Result")
CHANGES = ("deliver", "retry", "start", "cancel", "fork")
"""The only actions that change a run."""
BREAKPOINTS = [(0, "-small"), (80, "-normal"), (110, "-wide")]
TALL = [(0, "-low"), (30, "-tall")]


class Page(Screen[Result]):
    """A full screen."""

    HORIZONTAL_BREAKPOINTS = BREAKPOINTS
    VERTICAL_BREAKPOINTS = TALL
    NEEDS: ClassVar[tuple[int, int]] = (60, 12)
    """Columns and lines without which it shows nothing but that."""
    HINTS: ClassVar[Sequence[str]] = ()
    """Actions that the hint bar names, the most important first."""
    HINTS_END: ClassVar[Sequence[str]] = ("help", "back")
    """Actions that it always names."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.control = session.control

    def compose(self) -> ComposeResult:
        """Lay out the header, what is between, the status line and the hints."""
        yield Panel(id="header")
        with Vertical(id="body"):
            yield from self.compose_body()
        yield StatusLine(id="status")
        yield HintBar(id="hints")
        yield TooSmall()

    def compose_body(self) -> Iterator[Widget]:
        """Lay out what is between header and status line."""
        yield from ()

    def on_mount(self) -> None:
        """Follow the keys that work."""
        self.bindings_updated_signal.subscribe(self, lambda _: self.show_hints())

    def on_resize(self, event: events.Resize) -> None:
        """Fit header and hints to the new width."""
        self.query_one(TooSmall).judge(event.size, self.NEEDS)
        self.call_after_refresh(self.show_lines)

    def show_lines(self) -> None:
        """Fill the lines that depend on the width."""
        self.show_header()
        self.show_hints()

    def now(self) -> datetime:
        """Return the time of this session."""
        return self.session.now()

    # What is said to people

    def say(self, text: str, role: str = "", shell: str = "") -> None:
        """Show a message in the status line, and keep it in the log of this session.

        Args:
            shell: what a person would type to do the same.
        """
        self.session.log.add(Said(self.now(), text, role, shell))
        self.query_one(StatusLine).say(text, self.now(), role)

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Tell a failure of the block in the status line, and go on."""
        try:
            yield
        except FlopodError as error:
            self.say(str(error), "error")

    def show_header(self) -> None:
        """Show the first line."""
        header = self.query_one("#header", Panel)
        left, right = self.header()
        header.show([spread(left, right, header.size.width)])

    def header(self) -> tuple[Spans, Spans]:
        """Return the left and the right part of the first line."""
        return [], []

    # Keys

    def show_hints(self) -> None:
        """Show the keys that work now."""
        found = self.keys_by_action()
        hints = [self.hint(found[name]) for name in self.HINTS if name in found]
        end = [self.hint(found[name]) for name in self.HINTS_END if name in found]
        self.query_one(HintBar).show_hints(hints, end)

    def keys_by_action(self) -> dict[str, ActiveBinding]:
        """Return the active bindings that are offered now, the first one of each action."""
        found: dict[str, ActiveBinding] = {}
        for active in self.active_bindings.values():
            action = active.binding.action.partition("(")[0].rpartition(".")[2]
            if active.enabled and self.offers(action):
                found.setdefault(action, active)
        return found

    def hint(self, active: ActiveBinding) -> Hint:
        """Return how a binding is named in the hint bar."""
        binding = active.binding
        key = binding.key_display or self.app.get_key_display(binding)
        return Hint(key, binding.description, binding.action in CHANGES)

    def palette(self) -> Sequence[Entry]:
        """Return what the command palette offers here beside the keys."""
        return ()

    def why_not(self, action: str) -> str:
        """Return why an action makes no sense now; empty when it does."""
        if self.session.read_only and action in CHANGES:
            return "opened read-only: nothing can be changed from here"
        return ""

    def offers(self, action: str) -> bool:
        """Say whether an action makes sense now; its key works anyway and says why not."""
        return not self.why_not(action)

    def refuses(self, action: str) -> bool:
        """Tell why an action makes no sense now; False when it does."""
        if why := self.why_not(action):
            self.say(why, "error")
        return bool(why)
