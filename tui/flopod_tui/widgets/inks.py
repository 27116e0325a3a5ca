"""The colours of our roles where no terminal gives them: those of the dark or the light theme."""

from __future__ import annotations

from flopod_tui.terminal.themes import DARK, LIGHT
from flopod_tui.timeline.svg import Palette
from flopod_tui.widgets.painted import ROLES


def palette_of(*, dark: bool) -> Palette:
    """Return the colours for a picture."""
    theme = DARK if dark else LIGHT
    ink, ground = str(theme.foreground), str(theme.background)
    named = {"accent": theme.accent, "warning": theme.warning, "error": theme.error}
    colours = {**named, **theme.variables}
    roles = {role: colours.get(variable) or ink for role, (variable, _) in ROLES.items()}
    return Palette(ink, ground, roles)
