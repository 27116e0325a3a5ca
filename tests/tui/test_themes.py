"""Every role can be read on every ground, in every theme; and every glyph has an ASCII form."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from rich._palettes import EIGHT_BIT_PALETTE
from rich.cells import cell_len
from rich.color import Color as RichColor
from rich.color import ColorSystem
from textual.color import Color
from textual.theme import Theme

import flopod_tui
from flopod_tui.settings.fields import THEMES as NAMES
from flopod_tui.terminal import themes
from flopod_tui.terminal.themes import ANSI, ANSI_LIGHT, DARK, LIGHT, MONO, THEMES, choose
from flopod_tui.text.glyphs import PLAIN, STATUS, shows_glyphs
from flopod_tui.widgets.painted import ROLES, WITHOUT_COLOUR

READABLE, SEEN = 4.5, 3.0
"""The contrasts that WCAG asks for: of text, and of what is no text."""
BARE = {"PATH": "/bin"}
ROOM = Path(flopod_tui.__file__).parent
NOT_DRAWN = {"format.py", "glyphs.py"}
"""Rooms whose odd characters are looked for or replaced, not shown."""


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21."""
    darker, lighter = sorted((light_of(one), light_of(other)))
    return (lighter + 0.05) / (darker + 0.05)


def light_of(colour: str) -> float:
    """Return the relative luminance."""
    parts = (part / 255 for part in Color.parse(colour).rgb)
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def colour_of(theme: Theme, variable: str) -> str:
    """Return the colour of a variable of the theme."""
    return str(theme.variables.get(variable) or getattr(theme, variable or "foreground"))


def grounds(theme: Theme) -> list[str]:
    """Return the colours that stand behind text."""
    return [str(theme.background), str(theme.panel), str(theme.surface), theme.variables["cursor"]]


def of_256(colour: str) -> str:
    """Return the colour that a terminal with 256 of them shows instead."""
    number = RichColor.parse(colour).downgrade(ColorSystem.EIGHT_BIT).number
    assert number is not None
    return "#{:02x}{:02x}{:02x}".format(*EIGHT_BIT_PALETTE[number])


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
@pytest.mark.parametrize("role", sorted(set(ROLES) - {"rule"}))
def test_every_role_can_be_read_on_every_ground(theme: Theme, role: str) -> None:
    ink = colour_of(theme, ROLES[role][0])
    assert min(contrast(ink, ground) for ground in grounds(theme)) >= READABLE
    assert min(contrast(of_256(ink), of_256(g)) for g in grounds(theme)) >= READABLE


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_with_256_colours_the_grounds_are_still_told_apart(theme: Theme) -> None:
    background, panel, _, cursor = map(of_256, grounds(theme))
    assert len({background, panel, cursor}) == 3


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_rules_and_the_row_with_the_cursor_are_seen(theme: Theme) -> None:
    rule = theme.variables["rule"]
    assert min(contrast(rule, ground) for ground in grounds(theme)[:3]) >= SEEN
    assert contrast(colour_of(theme, "accent"), str(theme.background)) >= READABLE
    assert contrast(theme.variables["cursor"], str(theme.background)) > 1.15


@pytest.mark.parametrize("theme", [ANSI, ANSI_LIGHT, MONO], ids=lambda theme: theme.name)
def test_a_theme_of_the_terminals_own_colours_names_no_other(theme: Theme) -> None:
    colours = [value for value in theme.variables.values() if not value.islower() or "#" in value]
    assert colours == []
    assert str(theme.background) == str(theme.foreground) == "ansi_default"


def test_on_a_light_terminal_no_role_is_bright_and_on_a_dark_one_none_is_blue() -> None:
    roles = {variable for variable, _ in ROLES.values()} & set(themes.ANSI_VARIABLES)
    dark = {colour_of(ANSI, variable) for variable in roles}
    light = {colour_of(ANSI_LIGHT, variable) for variable in roles}
    assert not dark & {"ansi_blue", "ansi_black"}
    assert not light & {f"ansi_bright_{name}" for name in ("yellow", "cyan", "green", "white")}


def test_mono_has_no_colour_at_all() -> None:
    colours = {value for value in MONO.variables.values() if value.startswith("ansi_")}
    colours |= {str(getattr(MONO, name)) for name in ("primary", "accent", "warning", "error")}
    assert colours == {"ansi_default"}


def test_without_colour_what_asks_for_a_person_stands_out() -> None:
    for role in ("failed", "waiting", "trouble", "retrying"):
        assert WITHOUT_COLOUR[role]
    assert WITHOUT_COLOUR["waiting"] == WITHOUT_COLOUR["trouble"] == "reverse"
    assert WITHOUT_COLOUR["failed"] == "bold underline"
    assert ROLES["running"][1] or WITHOUT_COLOUR["running"] == "bold"


@pytest.mark.parametrize(
    ("environ", "wanted", "theme"),
    [
        ({"TERM": "xterm-256color"}, "auto", DARK),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "auto", DARK),
        ({"TERM": "xterm-direct"}, "auto", DARK),
        ({"TERM": "xterm-256color", "COLORFGBG": "0;15"}, "auto", LIGHT),
        ({"TERM": "xterm-256color", "COLORFGBG": "15;default;0"}, "auto", DARK),
        ({"TERM": "xterm"}, "auto", ANSI),
        ({"TERM": "linux"}, "auto", ANSI),
        ({"TERM": "vt100"}, "auto", ANSI),
        ({"TERM": "rxvt", "COLORFGBG": "0;default;15"}, "auto", ANSI_LIGHT),
        ({"TERM": "rxvt", "COLORFGBG": "0;7"}, "ansi", ANSI_LIGHT),
        ({"TERM": "xterm-256color"}, "ansi", ANSI),
        ({"TERM": "xterm"}, "light", LIGHT),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, "auto", MONO),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, "dark", MONO),
        ({"TERM": "xterm-256color"}, "mono", MONO),
        ({}, "auto", ANSI),
    ],
)
def test_the_theme_is_what_the_terminal_can_show(
    environ: dict[str, str], wanted: str, theme: Theme
) -> None:
    assert choose(wanted, BARE | environ).name == theme.name


def test_every_theme_can_be_asked_for() -> None:
    assert set(NAMES) - {"auto"} <= set(THEMES)


@pytest.mark.parametrize(
    ("environ", "shows"),
    [
        ({}, True),
        ({"LANG": "de_DE.UTF-8"}, True),
        ({"LANG": "C.utf8"}, True),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "C"}, False),
        ({"LANG": "de_DE.UTF-8", "LC_CTYPE": "POSIX"}, False),
        ({"LANG": "de_DE.ISO-8859-1"}, False),
        ({"LC_ALL": "", "LANG": "en_US.UTF-8"}, True),
        ({"LANG": "en_US.UTF-8", "TERM": "linux"}, False),
    ],
)
def test_the_console_and_other_encodings_get_ascii(environ: dict[str, str], shows: bool) -> None:
    assert shows_glyphs(environ) is shows


def drawn() -> Iterator[tuple[str, str]]:
    """Yield each character beyond ASCII in a text of the app, with its room."""
    for file in (one for one in ROOM.rglob("*.py") if one.name not in NOT_DRAWN):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        notes = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        texts = (node for node in ast.walk(tree) if isinstance(node, ast.Constant))
        for node in texts:
            if isinstance(node.value, str) and id(node) not in notes:
                yield from ((char, file.name) for char in node.value if not char.isascii())


def test_every_glyph_of_ours_has_an_ascii_form() -> None:
    assert {(char, room) for char, room in drawn() if ord(char) not in PLAIN} == set()


def test_every_glyph_and_its_ascii_form_take_one_cell() -> None:
    for code, plain in PLAIN.items():
        assert cell_len(chr(code)) == len(plain) == 1, chr(code)
        assert plain.isascii() and plain.isprintable()


def test_every_status_looks_another_way_in_ascii_too() -> None:
    looks = {status: look for status, look in STATUS.items() if status != "skipped"}
    for one, other in pairwise(sorted(looks.values(), key=lambda look: look.ascii)):
        assert one.ascii != other.ascii
    assert all(PLAIN[ord(look.glyph)] == look.ascii for look in looks.values())
