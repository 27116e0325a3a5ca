"""What can be asked for on every screen: help, palette, reasons, messages, mouse, theme, places.

Screens that are seldom asked for are loaded when they are: a third of the time until the first run
stood on the screen went into loading them.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from textual import work
from textual.app import App
from textual.binding import Binding

from flopod.errors import FlopodError
from flopod_tui.frame.palette import Entry, Found
from flopod_tui.screens.actions import RunActions
from flopod_tui.screens.page import Page
from flopod_tui.session import Session
from flopod_tui.settings.keys import Remappable
from flopod_tui.terminal.clipboard import copy
from flopod_tui.terminal.driver import QuietMouseDriver
from flopod_tui.terminal.themes import THEMES, choose

if TYPE_CHECKING:
    from flopod_tui.screens.offers import Offer

COMPLETIONS = 8
KEY = 10
"""Cells for keys in the palette."""
HIDDEN = ("palette", "interrupt")
"""Actions that make no sense from the palette."""


class Everywhere(Remappable, App[None]):
    """The app, as far as it is the same on every screen."""

    BINDINGS = [
        Binding("question_mark,f1", "help", "Help", tooltip="this help"),
        Binding("colon,ctrl+p", "palette", "Cmd", tooltip="command palette"),
        Binding("i", "why", "Why not", show=False, tooltip="why is an action not offered here"),
        Binding("L", "log", "Messages", show=False, tooltip="message log"),
        Binding("f10", "mouse", "Mouse", show=False, tooltip="mouse on, off (off: select text)"),
    ]
    session: Session
    plain_glyphs = False
    """Show ASCII in place of every other glyph of ours."""

    @property
    def page(self) -> Page[Any] | None:
        """The full screen on top, dialogs aside."""
        pages = [screen for screen in self.screen_stack if isinstance(screen, Page)]
        return pages[-1] if pages else None

    def tell(self, text: str, role: str = "", shell: str = "") -> None:
        """Show a message on whatever screen is open."""
        if self.page is not None:
            self.page.say(text, role, shell)

    # Keys

    def action_help(self) -> None:
        """List the keys that work here."""
        from flopod_tui.screens.help import HelpScreen
        from flopod_tui.screens.offers import offers

        notes = self.page.HELP_NOTES if self.page else ()
        where = type(self.screen).__name__.removesuffix("Screen")
        self.push_screen(HelpScreen(where, offers(self.screen), notes), self.take_offer)

    def action_why(self) -> None:
        """Say why actions are not offered here."""
        from flopod_tui.frame.why_text import Missing, reasons
        from flopod_tui.screens.notes import NotesScreen
        from flopod_tui.screens.offers import capital, offers

        missing = [
            Missing(" ".join(one.keys), capital(one.label), one.why_not, one.changes)
            for one in offers(self.screen)
            if one.why_not
        ]
        self.push_screen(NotesScreen("Not offered now", lambda width: reasons(missing, width)))

    def action_log(self) -> None:
        """Show what was said in this session."""
        from flopod_tui.screens.log import LogScreen

        if not isinstance(self.screen, LogScreen):
            self.push_screen(LogScreen(self.session))

    def action_palette(self) -> None:
        """Offer everything that can be asked for here."""
        from flopod_tui.screens.palette import PaletteScreen

        self.push_screen(PaletteScreen(self.entries()), self.take_found)

    def action_mouse(self) -> None:
        """Take the mouse, or leave it to the terminal."""
        if not isinstance(self._driver, QuietMouseDriver):
            return self.tell("there is no mouse here")
        self._driver.mouse = not self._driver.mouse
        on = "mouse on: click and scroll here"
        off = "mouse off: select with the terminal; F10 takes it back"
        self.tell(on if self._driver.mouse else off)

    def take_offer(self, offer: Offer | None) -> None:
        """Run an action that was chosen in the help."""
        if offer is not None:
            self.ask(offer)

    def take_found(self, found: Found | None) -> None:
        """Run what was chosen in the palette."""
        if found is not None:
            self.do(found)

    @work(group="ask")
    async def ask(self, offer: Offer) -> None:
        """Run an action, as its key would."""
        await self.run_action(offer.action, offer.node)

    @work(group="ask")
    async def do(self, found: Found) -> None:
        """Run an entry of the palette."""
        try:
            done = found.entry.run(found.argument)
            if isawaitable(done):
                await done
        except (FlopodError, OSError) as error:
            self.tell(str(error), "error")

    # The palette

    def entries(self) -> list[Entry]:
        """Return what the palette offers: actions of this screen, its own entries, ours."""
        own = self.page.palette() if self.page else ()
        found = [*self._actions(), *own, *self._places(), *self._themes(), *self._settings()]
        # Of two with one name the later counts: `filter QUERY` says more than the key `/`.
        return list({entry.name: entry for entry in found}.values())

    def _actions(self) -> list[Entry]:
        from flopod_tui.screens.offers import offers

        found = (offer for offer in offers(self.screen) if "(" not in offer.action)
        return [self._action(one) for one in found if one.name not in HIDDEN and not one.moves]

    def _action(self, offer: Offer) -> Entry:
        from flopod_tui.screens.offers import capital

        name = offer.name.replace("_", "-")
        keys = offer.keys[0] if len(" ".join(offer.keys)) > KEY else " ".join(offer.keys)
        return Entry(
            name, capital(offer.label), lambda _: self.ask(offer), keys, why_not=offer.why_not
        )

    def _places(self) -> list[Entry]:
        stuck = self._stuck()
        read_only = stuck or ("opened read-only" if self.session.read_only else "")
        return [
            Entry("runs", "Go to the list of runs", lambda _: self.go_to_runs(), why_not=stuck),
            Entry(
                *("run", "Go to a run:", self.go_to_run),
                argument="RUN",
                why_not=stuck,
                complete=self.runs_like,
            ),
            Entry(
                "waits", "All open waits: deliver to one", self.deliver_to_any, why_not=read_only
            ),
            Entry("workers", "Who executes the runs", lambda _: self.show_workers()),
            Entry("copy-report", "Copy a report for a bug", lambda _: self.copy_report()),
            Entry("quit", "Quit; the runs go on", lambda _: self.exit(), why_not=stuck),
        ]

    def _stuck(self) -> str:
        """Return why no other screen can be gone to."""
        typed = any(isinstance(one, Page) and one.would_lose() for one in self.screen_stack)
        return "leave this form first: what you typed would be lost" if typed else ""

    def _themes(self) -> list[Entry]:
        return [self._theme(name) for name in THEMES]

    def _theme(self, name: str) -> Entry:
        why = "NO_COLOR is set" if self.no_color and name != "mono" else ""
        label = f"Theme: {name}"
        return Entry(f"theme {name}", label, lambda _: self.use_theme(name), why_not=why)

    def _settings(self) -> list[Entry]:
        masking = self.session.masking
        word, other = ("hide", "reveal") if masking.revealed else ("reveal", "hide")
        said = {"hide": "Mask secrets again", "reveal": "Show secrets in this session"}
        why = f"secrets are {_seen(masking.revealed)}"
        return [
            Entry(word, said[word], lambda _: self.reveal(word == "reveal")),
            Entry(other, said[other], lambda _: None, why_not=why),
            Entry("ascii", "ASCII in place of glyphs, or back", lambda _: self.use_ascii()),
            Entry("settings", "Show the settings", lambda _: self.show_settings()),
        ]

    # What the palette does

    def use_theme(self, name: str) -> None:
        """Draw in another theme, as far as this terminal can."""
        self.theme = choose(name, os.environ).name
        self.tell(f"theme {self.theme.removeprefix('flopod-')}; `theme` in the settings keeps it")

    def use_ascii(self) -> None:
        """Draw with ASCII characters only, or with glyphs again."""
        self.plain_glyphs = not self.plain_glyphs
        for screen in self.screen_stack:
            screen.refresh(layout=True)

    def show_settings(self) -> None:
        """Show how everything is set."""
        from flopod_tui.frame.why_text import settings_lines
        from flopod_tui.screens.notes import NotesScreen

        settings = self.session.settings
        self.push_screen(NotesScreen("Settings", lambda width: settings_lines(settings, width)))

    async def show_workers(self) -> None:
        """Show the workers that are alive."""
        from flopod_tui.runs.worker_text import worker_lines
        from flopod_tui.screens.notes import NotesScreen

        alive, now = await self.session.control.workers(), self.session.now()
        self.push_screen(NotesScreen("Workers", lambda width: worker_lines(alive, now, width)))

    async def deliver_to_any(self, _: str) -> None:
        """Deliver an event to one of all open waits."""
        from flopod_tui.screens.deliver import DeliverScreen

        form = DeliverScreen(self.session, None, None)
        if given := await self.push_screen_wait(form):
            self.tell(given.text, "ok" if given.delivered.new else "", given.shell)

    def reveal(self, wanted: bool) -> None:
        """Show secrets, or mask them again."""
        self.session.masking.revealed = wanted
        self.tell(f"secrets are {_seen(wanted)}")
        for screen in self.screen_stack:
            if isinstance(screen, Page):
                screen.masking_changed()

    def copy_report(self) -> None:
        """Copy what a bug report needs."""
        from flopod_tui.frame.report import report

        self.tell(f"report: {copy(self, report(self.session, self.theme, self.size))}", "ok")

    def go_to_runs(self) -> RunActions | None:
        """Close all screens above the list of runs."""
        first = next((one for one in self.screen_stack if isinstance(one, RunActions)), None)
        while first is not None and self.screen is not first:
            self.screen.dismiss(None)
        return first

    async def go_to_run(self, typed: str) -> None:
        """Look inside the run of this id, or the only one whose id begins so."""
        found = await self.runs_like(typed)
        exact = [run_id for run_id in found if run_id == typed] or found
        if len(exact) != 1:
            many = f"{len(found)} runs begin with" if found else "no run begins with"
            return self.tell(f"{many} {typed!r}", "error")
        if runs := self.go_to_runs():
            runs.open_run(exact[0])

    async def runs_like(self, typed: str) -> Sequence[str]:
        """Return the ids of runs that begin so, the newest first."""
        runs = await self.session.control.list_runs(search=typed or None, limit=200)
        ids = [run.run_id for run in runs]
        return [run_id for run_id in ids if run_id.startswith(typed)][:COMPLETIONS]


def _seen(revealed: bool) -> str:
    return "shown" if revealed else "masked"
