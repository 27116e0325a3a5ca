"""The app: opens on the runs of a store, and leaves the terminal as it found it, come what may.

It executes nothing. A worker does, in a process of its own, started here when none is alive: so a
run outlives the terminal, and a stalled terminal stalls no run.
"""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import ExitStack
from pathlib import Path
from time import monotonic

from rich.console import RenderableType
from rich.text import Text
from textual import events, on, work
from textual.app import App, ScreenStackError
from textual.binding import Binding
from textual.driver import Driver
from textual.message_pump import MessagePump
from textual.theme import Theme
from textual.worker import WorkerFailed

from flopod.errors import FlopodError
from flopod_tui.everywhere import Everywhere
from flopod_tui.frame.messages import Said
from flopod_tui.frame.typeahead import TypeAhead
from flopod_tui.screens.left import of_a_left_screen
from flopod_tui.screens.page import Page
from flopod_tui.screens.runs import RunsScreen
from flopod_tui.session import Session
from flopod_tui.settings.keys import unknown_actions
from flopod_tui.terminal import crash, garbage
from flopod_tui.terminal.driver import QuietMouseDriver
from flopod_tui.terminal.themes import ANSI_VARIABLES, THEMES, choose
from flopod_tui.terminal.timing import once

TWICE = 1.0
"""Seconds within which a second Ctrl+C quits."""
FIRST_FRAME = 0.1
"""Seconds after the start until an empty frame is drawn, if nothing has come to fill it."""
SAFE = "nothing changes a run except D R S X"
SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


class FlopodApp(Everywhere):
    """The terminal run manager."""

    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = False
    TITLE = "flopod"
    BINDINGS = [
        Binding("W", "worker", "Start a worker", show=False, tooltip="start a worker"),
        Binding("ctrl+l", "redraw", "Draw again", show=False, tooltip="draw the screen again"),
        Binding("ctrl+z", "suspend_process", "Suspend", show=False, tooltip="suspend"),
        Binding(
            *("ctrl+c", "interrupt", "Twice: quit"),
            show=False,
            priority=True,
            tooltip="twice: quit at once",
        ),
    ]

    def __init__(
        self,
        session: Session,
        *,
        run_id: str | None = None,
        theme: str = "auto",
        plain_glyphs: bool = False,
        reports: Path | None = None,
    ) -> None:
        # Textual chooses its colour filter inside __init__, from the theme of that moment.
        self.set_reactive(App.theme, choose(theme, os.environ).name)
        super().__init__()
        self.session = session
        session.workforce.can_start = session.may_start_worker
        self.first_run = run_id
        self.plain_glyphs = plain_glyphs
        self.reports = reports
        self._typed = TypeAhead(super().on_event, self._focus, self.call_next)
        self.is_starting = True
        """Nothing was drawn yet."""
        self._starting = ExitStack()
        self._interrupted = 0.0

    @property
    def available_themes(self) -> dict[str, Theme]:
        """Our themes beside those of Textual."""
        return {**super().available_themes, **{one.name: one for one in THEMES.values()}}

    def get_driver_class(self) -> type[Driver]:
        """Draw with our driver."""
        return QuietMouseDriver

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Give a theme that is not ours the colours of the terminal."""
        return ANSI_VARIABLES

    def on_load(self) -> None:
        """Heed signals before the terminal is switched over; gather the first frames."""
        if not self.is_headless:
            self._heed_signals()
        self._starting.enter_context(self.batch_update())

    def on_mount(self) -> None:
        """Open the runs, and see that somebody executes them."""
        self.take_keymap()
        if not self.is_headless:
            self.session.pace.measuring = True
            self.session.pace.changed = self.pace_changed
            self.app_suspend_signal.subscribe(self, lambda _: self.session.pace.suspended())
        self.push_screen(RunsScreen(self.session))
        if self.first_run:
            from flopod_tui.screens.run import RunScreen

            self.push_screen(RunScreen(self.session, self.first_run))
        once(self, FIRST_FRAME, self.draw_first_frame)
        self.call_after_refresh(self.greet)
        self.ensure_worker()

    @on(Page.Ready)
    def draw_first_frame(self) -> None:
        """Draw what was gathered until now, and from now on everything at once."""
        if self.is_starting:
            self.is_starting = False
            self._starting.close()
            if not self.screen_stack:
                return  # It was told to close before anything was drawn.
            self.screen.refresh()
            self.call_after_refresh(self.first_frame_drawn)

    def first_frame_drawn(self) -> None:
        """Go on with what has waited for that."""
        garbage.resume()
        self.session.drawn.set()

    def greet(self) -> None:
        """Say which keys are safe; what went wrong before this comes first."""
        if self.session.log.said and self.page is not None:
            return self.page.show_said(self.session.log.said[-1])
        safe = "nothing changes a run" if self.session.read_only else SAFE
        self.tell(f"? for keys · {safe}")

    def take_keymap(self) -> None:
        """Give actions the keys that the settings name."""
        keymap = self.session.settings.keymap
        if not keymap:
            return
        for name in unknown_actions(keymap):
            told = f"keymap: there is no action {name!r}; `flopod tui --keys` lists them"
            self.session.log.add(Said(self.session.now(), told, "error"))
        self.set_keymap(dict(keymap))

    @work
    async def ensure_worker(self, *, asked: bool = False) -> None:
        """Start a worker if none is alive."""
        start = self.session.start_worker
        if start is None or not self.session.may_start_worker:
            return self.tell("no worker is started from here", "error") if asked else None
        try:
            if not await self.session.control.workers():
                started = await start()
                self.session.workforce.started = started.partition(";")[0]
                self.tell(started, shell="flopod worker")
            elif asked:
                self.tell("a worker is alive already")
        except (FlopodError, OSError) as error:
            self.tell(f"no worker could be started: {error}", "error")

    def pace_changed(self) -> None:
        """Say in the header that the link is slow, or no longer."""
        if self.page is not None:
            self.page.show_header()

    # Keys

    def _focus(self) -> MessagePump | None:
        """Return what takes keys, if anything does: not when all screens are closed, at the end."""
        return (self.focused or self.screen) if self.screen_stack else None

    async def on_event(self, event: events.Event) -> None:
        """Take what happens; what comes while the app closes finds no screen any more."""
        try:
            await self._take(event)
        except ScreenStackError:
            if self.screen_stack:
                raise

    async def _take(self, event: events.Event) -> None:
        """Notice that somebody is there; take keys one after the other."""
        if isinstance(event, events.Key | events.MouseDown) and not event.is_forwarded:
            self.session.pace.typed()
            if self.page is not None:
                self.page.key_pressed()
        if not isinstance(event, events.Key):
            await super().on_event(event)
        elif not event.is_forwarded:
            await self._typed.take(event)
        else:
            await super().on_event(event)
            self._typed.done(event)

    def action_worker(self) -> None:
        """Start a worker, after the last one has died."""
        self.ensure_worker(asked=True)

    def action_interrupt(self) -> None:
        """Quit at once, if asked twice."""
        before, self._interrupted = self._interrupted, monotonic()
        if self._interrupted - before < TWICE:
            self.exit(return_code=130)
        else:
            self.tell("Ctrl+C again quits; the runs go on")

    def action_redraw(self) -> None:
        """Draw everything again, after something else wrote to the terminal."""
        if isinstance(self._driver, QuietMouseDriver):
            self._driver.forget()
        self.refresh(repaint=True, layout=True)

    # The end

    def exit(
        self, result: None = None, return_code: int = 0, message: RenderableType | None = None
    ) -> None:
        """Leave; a worker that was started from here goes on, and that is said."""
        left = self.session.workforce.left_behind()
        super().exit(result, return_code, message or (Text(left) if left else None))

    def _heed_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, self._end_by, number)

    def _end_by(self, number: signal.Signals) -> None:
        self.exit(return_code=128 + number)

    def _handle_exception(self, error: Exception) -> None:
        opened = self.screen_stack if self.is_running else []
        if of_a_left_screen(_origin(error), opened):
            return
        # In place of Textual's, which prints a traceback with all local variables.
        self._return_code = 1
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
            self._exit_renderables.append(Text(crash.told(_origin(error), self.reports)))
        self._close_messages_no_wait()


def _origin(error: Exception) -> BaseException:
    return error.error if isinstance(error, WorkerFailed) else error
