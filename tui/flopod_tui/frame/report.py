"""A report for a bug: versions, terminal, settings, and the last messages. No value of any run."""

from __future__ import annotations

import os
from dataclasses import fields

from textual.geometry import Size

from flopod_tui.frame.messages import as_text
from flopod_tui.session import Session
from flopod_tui.settings.model import Settings
from flopod_tui.terminal.crash import versions

VARIABLES = ("TERM", "COLORTERM", "NO_COLOR", "LANG", "LC_ALL", "TMUX", "STY", "SSH_TTY")
MESSAGES = 50


def report(session: Session, theme: str, size: Size) -> str:
    """Return the report as text."""
    terminal = " ".join(f"{name}={os.environ[name]}" for name in VARIABLES if name in os.environ)
    return "\n".join(
        [
            versions(),
            f"store    {session.control.backend.url.partition(':')[0]}",
            f"terminal {size.width} x {size.height}, theme {theme}; {terminal}",
            f"settings {_changed(session.settings)}",
            "",
            as_text(list(session.log.said)[-MESSAGES:]),
        ]
    )


def _changed(settings: Settings) -> str:
    """Return what is set otherwise than by default, by name alone where it may be private."""
    usual = Settings()
    private = ("saved_filters", "default_filter", "mask")
    names = [one.name for one in fields(Settings)]
    changed = [name for name in names if getattr(settings, name) != getattr(usual, name)]
    shown = (n if n in private else f"{n}={getattr(settings, n)!r}" for n in changed)
    return ", ".join(shown) or "as they come"
