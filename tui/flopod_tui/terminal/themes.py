"""Our own themes, and the choice between them.

The choice has to be made before `App.__init__` runs: Textual picks its colour filter there, from
the theme of that moment, and a wrong one paints black on black under NO_COLOR. Terminals with
fewer than 256 colours get an `ansi` theme, which uses the terminal's own palette: the bright half
of it on black, the dark half on white (only COLORFGBG tells which). `mono` has no colour at all.
Each colour is chosen so that its nearest of the 256 can be read as well: that is what SSH leaves.
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
    background="#16181c",
    surface="#1b1e23",
    panel="#212429",
    variables={
        "quiet": "#949db4",
        "rule": "#667188",
        "cursor": "#262c48",
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
    secondary="#0f6d89",
    accent="#2e5fb8",
    warning="#724b10",
    error="#ba2f48",
    success="#38711d",
    foreground="#2d3038",
    background="#fbfbfa",
    surface="#f3f3f4",
    panel="#ebecee",
    dark=False,
    variables={
        "quiet": "#525a6e",
        "rule": "#798399",
        "cursor": "#dbe5fa",
        "cursor-style": "none",
        "running": "#0f6d89",
        "waiting": "#724b10",
        "sleeping": "#4a5170",
        "retrying": "#7b2ec1",
        "ok": "#38711d",
        "failed": "#ba2f48",
        "trouble": "#a82f0a",
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
ANSI_LIGHT_VARIABLES = {
    **ANSI_VARIABLES,
    "running": "ansi_blue",
    "waiting": "ansi_magenta",
    "retrying": "ansi_magenta",
    "ok": "ansi_green",
    "failed": "ansi_red",
    "trouble": "ansi_red",
}
"""Bright yellow and bright cyan cannot be read on white."""


def _ansi(name: str, *, dark: bool, accent: str, variables: Mapping[str, str]) -> Theme:
    of_textual = BUILTIN_THEMES["ansi-dark" if dark else "ansi-light"].variables
    plain = accent == "ansi_default"
    if plain:
        of_textual = {
            one: "ansi_default" if value.startswith("ansi_") else value
            for one, value in of_textual.items()
        }
    return Theme(
        name=name,
        ansi=True,
        dark=dark,
        primary=accent,
        secondary=accent,
        accent=accent,
        warning="ansi_default" if plain else "ansi_yellow" if dark else "ansi_magenta",
        error="ansi_default" if plain else "ansi_red",
        success="ansi_default" if plain else "ansi_green",
        foreground="ansi_default",
        background="ansi_default",
        surface="ansi_default",
        panel="ansi_default",
        boost="ansi_default",
        variables={
            **of_textual,
            **variables,
            # Textual's own draws these in black: on a black terminal they would not be there.
            "border-blurred": variables["quiet"],
            "input-cursor-background": "ansi_default",
            "input-cursor-foreground": "ansi_default",
            "input-cursor-text-style": "reverse",
            "scrollbar": accent,
        },
    )


ANSI = _ansi("flopod-ansi", dark=True, accent="ansi_cyan", variables=ANSI_VARIABLES)
ANSI_LIGHT = _ansi(
    "flopod-ansi-light", dark=False, accent="ansi_blue", variables=ANSI_LIGHT_VARIABLES
)
MONO = _ansi(
    "flopod-mono",
    dark=True,
    accent="ansi_default",
    variables={**dict.fromkeys(ANSI_VARIABLES, "ansi_default"), "cursor-style": "reverse"},
)
THEMES = {
    "dark": DARK,
    "light": LIGHT,
    "ansi": ANSI,
    "ansi-light": ANSI_LIGHT,
    "mono": MONO,
}


def choose(wanted: str, environ: Mapping[str, str]) -> Theme:
    """Return the theme for this terminal; `auto` looks at what it can do.

    Args:
        wanted: `auto`, or the name of a theme.
    """
    light = _light_ground(environ)
    if environ.get("NO_COLOR") is not None:
        return MONO
    if wanted == "ansi" or (wanted not in THEMES and not _many_colours(environ)):
        return ANSI_LIGHT if light else ANSI
    if wanted in THEMES:
        return THEMES[wanted]
    return LIGHT if light else DARK


def _many_colours(environ: Mapping[str, str]) -> bool:
    term, colour = environ.get("TERM", ""), environ.get("COLORTERM", "")
    return colour.lower() in ("truecolor", "24bit") or "256color" in term or "direct" in term


def _light_ground(environ: Mapping[str, str]) -> bool:
    """Say whether the terminal says that it is light: `COLORFGBG` is `ink;ground`."""
    return environ.get("COLORFGBG", "").rpartition(";")[2] in ("7", "15")
