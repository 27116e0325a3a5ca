"""Three themes of our own, and the choice between them.

The choice has to be made before `App.__init__` runs: Textual picks its colour filter there, from
the theme of that moment, and a wrong one paints black on black under NO_COLOR. Terminals with
fewer than 256 colours get the `ansi` theme, which uses the terminal's own palette.
"""

from __future__ import annotations

from collections.abc import Mapping

from textual.theme import BUILTIN_THEMES, Theme

DARK = Theme(
    name="flopod-dark",
    primary="#7aa2f7",
    secondary="#7dcfff",
    accent="#7aa2f7",
    warning="#e0af68",
    error="#f7768e",
    success="#9ece6a",
    foreground="#c8d0e0",
    background="#14171f",
    surface="#1a1e28",
    panel="#1f2430",
    variables={
        "quiet": "#7f8aa3",
        "rule": "#333b4d",
        "cursor": "#28324a",
        "cursor-style": "none",
        "running": "#7dcfff",
        "waiting": "#e0af68",
        "sleeping": "#a9b1d6",
        "retrying": "#bb9af7",
        "ok": "#9ece6a",
        "failed": "#f7768e",
        "trouble": "#ff9e64",
    },
)
LIGHT = Theme(
    name="flopod-light",
    primary="#2e5fb8",
    secondary="#0f6f8c",
    accent="#2e5fb8",
    warning="#8f5e15",
    error="#c0304a",
    success="#3f7d20",
    foreground="#2b3040",
    background="#fbfbfa",
    surface="#f2f3f5",
    panel="#e9ebef",
    dark=False,
    variables={
        "quiet": "#68708a",
        "rule": "#c4c9d4",
        "cursor": "#dbe5fa",
        "cursor-style": "none",
        "running": "#0f6f8c",
        "waiting": "#8f5e15",
        "sleeping": "#4a5170",
        "retrying": "#7a3fb0",
        "ok": "#3f7d20",
        "failed": "#c0304a",
        "trouble": "#b5490b",
    },
)
ANSI_VARIABLES = {
    "quiet": "ansi_bright_black",
    "rule": "ansi_bright_black",
    "cursor": "ansi_default",
    "cursor-style": "reverse",
    "running": "ansi_bright_cyan",
    "waiting": "ansi_bright_yellow",
    "sleeping": "ansi_default",
    "retrying": "ansi_bright_magenta",
    "ok": "ansi_bright_green",
    "failed": "ansi_bright_red",
    "trouble": "ansi_bright_yellow",
}
ANSI = Theme(
    name="flopod-ansi",
    ansi=True,
    primary="ansi_cyan",
    secondary="ansi_cyan",
    accent="ansi_cyan",
    warning="ansi_yellow",
    error="ansi_red",
    success="ansi_green",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    variables={
        **BUILTIN_THEMES["ansi-dark"].variables,
        **ANSI_VARIABLES,
        # Textual's own draws these in black: on a black terminal they would not be there.
        "border-blurred": "ansi_bright_black",
        "scrollbar": "ansi_cyan",
    },
)
THEMES = {"dark": DARK, "light": LIGHT, "ansi": ANSI}


def choose(wanted: str, environ: Mapping[str, str]) -> Theme:
    """Return the theme for this terminal; `auto` looks at what it can do.

    Args:
        wanted: `auto`, `dark`, `light` or `ansi`.
    """
    if "NO_COLOR" in environ:
        return ANSI
    if wanted in THEMES:
        return THEMES[wanted]
    return DARK if _many_colours(environ) else ANSI


def _many_colours(environ: Mapping[str, str]) -> bool:
    term, colour = environ.get("TERM", ""), environ.get("COLORTERM", "")
    return colour.lower() in ("truecolor", "24bit") or "256color" in term or "direct" in term
