"""What all full screens share: header, status line, hint bar, and how a failure is told.

A screen holds what it shows and follows the store in one worker of its own; the widgets show and
report. Nothing here knows the app.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import takewhile
from typing import Any, ClassVar, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.binding import ActiveBinding
from textual.containers import Vertical
from textual.geometry import Size
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

from flopod.errors import FlopodError
from flopod_tui.frame.messages import Said
from flopod_tui.frame.palette import Entry
from flopod_tui.session import Session
from flopod_tui.settings.keys import Remappable, action_name, key_name
from flopod_tui.text.spans import Spans, spread
from flopod_tui.widgets.hint_bar import Hint, HintBar
from flopod_tui.widgets.lines import LineList
from flopod_tui.widgets.painted import Panel
from flopod_tui.widgets.status_line import StatusLine
from flopod_tui.widgets.too_small import INSTEAD, TooSmall

Result = TypeVar("Result")
CHANGES = ("deliver", "retry", "start", "cancel", "fork")
"""The only actions that change a run."""
BREAKPOINTS = [(0, "-small"), (80, "-normal"), (110, "-wide")]
TALL = [(0, "-low"), (30, "-tall")]


class Page(Remappable, Screen[Result]):
    """A full screen."""

    class Ready(Message):
        """It shows what it is there for: the first frame need not wait for more."""

    HORIZONTAL_BREAKPOINTS = BREAKPOINTS
    VERTICAL_BREAKPOINTS = TALL
    NEEDS: ClassVar[tuple[int, int]] = (60, 12)
    """Columns and lines without which it shows nothing but that."""
    INSTEAD: ClassVar[Sequence[str]] = INSTEAD
    """Commands that do in a small window what it does in a larger one."""
    HINTS: ClassVar[Sequence[str]] = ()
    """Actions that the hint bar names, the most important first."""
    HINTS_END: ClassVar[Sequence[str]] = ("help", "palette", "back")
    """Actions that it always names; a narrow screen names only these."""
    HELP_NOTES: ClassVar[Sequence[tuple[str, Sequence[str]]]] = ()
    """What the help says below the keys: titles, and lines of text."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.control = session.control

    def compose(self) -> ComposeResult:
        """Lay out the header, what is between, the status line and the hints."""
        self.add_class(*size_classes(self.app.size), update=False)
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
        # By its name: Textual calls this once for each class that has one.
        self.bindings_updated_signal.subscribe(self, self.bindings_changed)
        # Its first tick comes a sixtieth of a second late: let that pass while there is work.
        self._update_timer.resume()

    def on_resize(self, event: events.Resize) -> None:
        """Fit header and hints to the new width."""
        self.query_one(TooSmall).judge(event.size, self.NEEDS, self.instead())
        self.set_class(is_bare(event.size), "-bare")
        self.call_after_refresh(self.show_lines)

    def _compositor_refresh(self) -> None:
        # In a batch Textual makes whole frames as well, and throws them away; and when something
        # changes on a covered screen, it draws the whole one above it again, which hides it.
        if not (self.app._batch_count or self.is_covered):
            super()._compositor_refresh()

    @property
    def is_covered(self) -> bool:
        """Another full screen lies above it: nothing of it can be seen."""
        above = takewhile(lambda screen: screen is not self, reversed(self.app.screen_stack))
        return any(isinstance(screen, Page) for screen in above)

    def instead(self) -> Sequence[str]:
        """Return the commands that are named where this does not fit."""
        return self.INSTEAD

    def paint_every(self) -> float:
        """Return the seconds in which changes are gathered into one repaint now."""
        return self.session.pace.every(self.session.settings)

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
        said = Said(self.now(), text, role, shell)
        self.session.log.add(said)
        self.show_said(said)

    def show_said(self, said: Said) -> None:
        """Show a message that is in the log."""
        for line in self.query(StatusLine):  # none yet, where the screen is just being opened
            line.say(said.text, said.at, said.role)

    def announce(self, text: str, role: str = "") -> None:
        """Show a message on the screen that is on top, if this one is covered."""
        pages = [screen for screen in self.app.screen_stack if isinstance(screen, Page)]
        (pages[-1] if pages else self).say(text, role)

    def key_pressed(self) -> None:
        """Somebody is there, and has seen the error in the status line."""
        for line in self.query(StatusLine):
            line.key_pressed(self.now())

    def masking_changed(self) -> None:
        """Show secrets, or mask them again, in all that is shown."""
        for shown in self.query(LineList):
            shown.refresh()

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Tell a failure of the block in the status line, and go on."""
        try:
            yield
        except (FlopodError, OSError) as error:
            self.say(str(error), "error")

    def show_header(self) -> None:
        """Show the first line."""
        header = self.query_one("#header", Panel)
        left, right = self.header()
        if self.session.pace.slow:
            left = [*left, ("  slow link", "trouble")]
        header.show([spread(left, right, header.size.width)])

    def header(self) -> tuple[Spans, Spans]:
        """Return the left and the right part of the first line."""
        return [], []

    # Keys

    def bindings_changed(self, _: Screen[Any]) -> None:
        """Show the keys that work now."""
        self.show_hints()

    def show_hints(self) -> None:
        """Show the keys that work now."""
        found = self.keys_by_action()
        named = () if is_bare(self.size) else self.HINTS
        hints = [self.hint(found[name]) for name in named if name in found]
        end = [self.hint(found[name]) for name in self.HINTS_END if name in found]
        self.query_one(HintBar).show_hints(hints, end)

    def keys_by_action(self) -> dict[str, ActiveBinding]:
        """Return the active bindings that are offered now, the first one of each action."""
        found: dict[str, ActiveBinding] = {}
        for active in self.active_bindings.values():
            action = action_name(active.binding.action)
            ours = active.binding.id  # The keys of Textual's own fields go without saying.
            if ours and active.enabled and self.offers(action):
                found.setdefault(action, active)
        return found

    def hint(self, active: ActiveBinding) -> Hint:
        """Return how a binding is named in the hint bar."""
        binding = active.binding
        key = binding.key_display or key_name(binding.key)
        return Hint(key, binding.description, action_name(binding.action) in CHANGES)

    def would_lose(self) -> bool:
        """Say whether something was typed that leaving would lose."""
        return False

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


def size_classes(size: Size) -> list[str]:
    """Return the classes of a screen of this size: known before its styles, they are made once."""
    wide = [name for least, name in BREAKPOINTS if size.width >= least][-1:]
    tall = [name for least, name in TALL if size.height >= least][-1:]
    return [*wide, *tall, *(["-bare"] if is_bare(size) else [])]


def is_bare(size: Size) -> bool:
    """Say whether there is room for a list and nothing beside it (class `-bare`)."""
    return size.width < 80 or size.height < 20
