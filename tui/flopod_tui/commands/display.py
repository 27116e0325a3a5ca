"""How the app is drawn: the flags for it, and the settings that they are put over."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from typing import Any

from flopod_tui.arguments import Args, Parser
from flopod_tui.settings.fields import THEMES, WrongSettingError, seconds
from flopod_tui.settings.file import Loaded, load
from flopod_tui.settings.model import Settings
from flopod_tui.settings.places import settings_file

SLOW_LINK = {"TEXTUAL_FPS": "4", "TEXTUAL_ANIMATIONS": "none", "TEXTUAL_SMOOTH_SCROLL": "0"}


def add_display(parser: Parser, default: Any = False) -> None:
    """Let a parser take the flags that say how the app is drawn."""
    parser.add_argument(
        "--theme",
        choices=THEMES,
        default=default or None,
        help=f"{', '.join(THEMES)} (auto: what the terminal can show)",
    )
    _add_switch(parser, "--ascii", default, "draw with ASCII characters only")
    _add_switch(parser, "--no-mouse", default, "leave the mouse to the terminal (F10 switches)")
    _add_switch(
        parser, "--low-bandwidth", default, "for slow links: few colours, no mouse, rare repaints"
    )
    parser.add_argument(
        "--refresh",
        metavar="SECONDS",
        type=_seconds,
        default=default or None,
        help="gather changes this long before a repaint (0.1)",
    )


def _add_switch(parser: Parser, flag: str, default: Any, text: str) -> None:
    parser.add_argument(flag, action="store_true", default=default, help=text)


def _seconds(text: str) -> float:
    try:
        return seconds(text)
    except WrongSettingError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def settings_of(args: Args) -> Loaded:
    """Return the settings: those of the flags over those of the environment and the file."""
    return load(settings_file(), os.environ, dict(_flags(args)))


def _flags(args: Args) -> Iterator[tuple[str, Any]]:
    if args.theme:
        yield "theme", args.theme
    if args.refresh:
        yield "refresh", args.refresh
    if args.no_mouse:
        yield "mouse", False
    if getattr(args, "filter", None) is not None:
        yield "default_filter", args.filter
    for name in ("ascii", "low_bandwidth", "exit_on_lost"):
        if getattr(args, name, False):
            yield name, True


def prepare(settings: Settings) -> None:
    """Have Textual, which reads the environment when it is loaded, draw as the settings ask."""
    if settings.low_bandwidth:
        os.environ.update(SLOW_LINK)
    if settings.theme == "mono":
        os.environ["NO_COLOR"] = "1"
