"""The app with one screen on it, opened on its own: for the tests of forms and dialogs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from textual.events import Mount
from textual.screen import Screen

import flopod_tui
from flopod.backend import Backend
from flopod.control import Control
from flopod_tui.app import FlopodApp
from flopod_tui.screens.page import Page
from flopod_tui.session import Session
from tui.store import fixed_now

Make = Callable[[Session], Screen[Any]]


class Bench(FlopodApp):
    """Opens one screen, and keeps what it gives."""

    CSS_PATH = Path(flopod_tui.__path__[0]) / "app.tcss"

    def __init__(self, session: Session, make: Make, **options: Any) -> None:
        super().__init__(session, **options)
        self.make = make
        self.given: list[Any] = []

    def on_mount(self, event: Mount) -> None:
        """Open the screen over an empty page, in place of what the app opens."""
        event.prevent_default()
        self.push_screen(Page[None](self.session))
        self.push_screen(self.make(self.session), self.given.append)
        self.set_timer(0.05, self.draw_first_frame)


def bench(
    backend: Backend, make: Make, *, look: dict[str, Any] | None = None, **more: Any
) -> Bench:
    """Return the app with one screen over a store.

    Args:
        look: options of the app, as its theme.
        more: fields of the session.
    """
    session = Session(Control(backend, workflows=()), **{"now": fixed_now, **more})
    return Bench(session, make, **(look or {}))
