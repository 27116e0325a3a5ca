"""Settings: each from its place, the later place wins, and what is wrong is told and left out."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, fields
from pathlib import Path

import pytest

from flopod_tui.settings.fields import FIELDS
from flopod_tui.settings.file import Loaded, line_of, load, shown, toml
from flopod_tui.settings.model import Settings

FULL = """\
theme = "light"
ascii = true
mouse = false
refresh = 0.5
columns = ["run", "status"]
default_filter = "age<1d"
mask = ["token", "^pin$"]
clipboard = "file"
history = false
collapse = ["notify/*"]
exit_on_lost = true

[saved_filters]
mine = "wf:order"

[keymap]
filter = "f3"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a settings file that says something of everything."""
    path = tmp_path / "tui.toml"
    path.write_text(FULL)
    return path


def wrong(tmp_path: Path, text: str) -> Loaded:
    """Load a file with something wrong in it."""
    path = tmp_path / "tui.toml"
    path.write_text(text)
    return load(path, {}, {})


def test_every_setting_can_be_settled_and_shown() -> None:
    assert list(FIELDS) == [field.name for field in fields(Settings)]


def test_without_a_file_everything_has_its_default(tmp_path: Path) -> None:
    loaded = load(tmp_path / "none.toml", {"HOME": "/"}, {})
    assert (loaded.settings, loaded.warnings) == (Settings(), ())


def test_the_file_settles_everything(file: Path) -> None:
    loaded = load(file, {}, {})
    assert loaded.warnings == ()
    assert loaded.settings == Settings(
        theme="light",
        ascii=True,
        mouse=False,
        refresh=0.5,
        columns=("run", "status"),
        default_filter="age<1d",
        saved_filters={"mine": "wf:order"},
        keymap={"filter": "f3"},
        mask=("token", "^pin$"),
        clipboard="file",
        history=False,
        collapse=("notify/*",),
        exit_on_lost=True,
    )


def test_the_environment_wins_over_the_file_and_a_flag_over_both(file: Path) -> None:
    environ = {
        "FLOPOD_TUI_THEME": "mono",
        "FLOPOD_TUI_ASCII": "off",
        "FLOPOD_TUI_COLUMNS": "run, took",
        "FLOPOD_TUI_KEYMAP": 'filter = "f4"',
        "FLOPOD_TUI_REFRESH": "2",
    }
    loaded = load(file, environ, {"theme": "dark"})
    assert loaded.warnings == ()
    assert loaded.settings.theme == "dark"
    assert loaded.settings.ascii is False
    assert loaded.settings.columns == ("run", "took")
    assert loaded.settings.keymap == {"filter": "f4"}
    assert loaded.settings.refresh == 2.0
    assert loaded.origins["theme"] == "the command line"
    assert loaded.origins["refresh"] == "FLOPOD_TUI_REFRESH"
    assert loaded.origins["clipboard"] == "tui.toml line 8"
    assert loaded.origins["keymap"] == "FLOPOD_TUI_KEYMAP"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('\ntheme = "drak"', "line 2: theme is 'drak'; it takes auto, dark, light, ansi or mono"),
        ("x = 1\nascii = 1", "line 2: ascii is 1; it takes true or false"),
        ("refresh = true", "line 1: refresh is True; it takes seconds"),
        ("refresh = 0", "line 1: refresh is 0; it takes seconds, from 0.02 to 60"),
        ("refresh = nan", "line 1: refresh is nan"),
        ("columns = 3", "line 1: columns is 3; it takes a list of columns"),
        ("columns = [1]", "line 1: columns is [1]"),
        ('mask = ["("]', "line 1: mask is ['(']; it takes a list of regular expressions"),
        ('keymap = "x"', "line 1: keymap is 'x'; it takes a table of keys"),
        ("[keymap]\nopen = 1", "line 1: keymap is {'open': 1}"),
        ('them = "dark"', "line 1: there is no setting them; did you mean theme; it is left out"),
        ("\n[keys]\na = 1", "line 2: there is no setting keys"),
        ("\n\ntheme = ?", "(at line 3, column 9); the defaults are taken"),
        ("a = " + "[" * 5000, "cannot be read"),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_left_out(
    tmp_path: Path, text: str, told: str
) -> None:
    loaded = wrong(tmp_path, text)
    assert loaded.settings == Settings()
    assert any(told in warning for warning in loaded.warnings), loaded.warnings
    assert all("\n" not in warning for warning in loaded.warnings)


def test_what_is_right_beside_it_counts(tmp_path: Path) -> None:
    loaded = wrong(tmp_path, 'theme = "drak"\nascii = true\nnope = 1\n')
    assert loaded.settings == Settings(ascii=True)
    assert len(loaded.warnings) == 2


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "tui.toml"
    path.write_bytes(b"\xff\xfe")
    assert "cannot be read" in load(path, {}, {}).warnings[0]
    assert "cannot be read" in load(tmp_path, {}, {}).warnings[0]


def test_a_wrong_variable_is_told_by_name(tmp_path: Path) -> None:
    environ = {"FLOPOD_TUI_REFRES": "1", "FLOPOD_TUI_MOUSE": "maybe", "FLOPOD_TUI_KEYMAP": "x"}
    loaded = load(tmp_path / "none", environ, {})
    assert loaded.settings == Settings()
    assert [warning.split()[0] for warning in loaded.warnings] == [
        "FLOPOD_TUI_KEYMAP",
        "FLOPOD_TUI_MOUSE",
        "there",
    ]
    assert "did you mean FLOPOD_TUI_REFRESH" in loaded.warnings[2]


def test_a_slow_link_brings_few_colours_no_mouse_and_rare_repaints(tmp_path: Path) -> None:
    loaded = load(tmp_path / "none", {}, {"low_bandwidth": True})
    settings = loaded.settings
    assert (settings.theme, settings.mouse, settings.refresh) == ("ansi", False, 0.25)
    assert loaded.origins["mouse"] == "low_bandwidth (the command line)"
    chosen = load(tmp_path / "none", {}, {"low_bandwidth": True, "theme": "dark", "refresh": 1.0})
    assert (chosen.settings.theme, chosen.settings.refresh) == ("dark", 1.0)


def test_what_is_shown_is_the_same_when_it_is_read_back(file: Path, tmp_path: Path) -> None:
    for loaded in (load(file, {}, {}), load(tmp_path / "none", {}, {})):
        text = "\n".join(shown(loaded))
        back = tmp_path / "back.toml"
        back.write_text(text)
        again = load(back, {}, {})
        assert asdict(again.settings) == asdict(loaded.settings)
        assert again.warnings == ()


@pytest.mark.parametrize(
    "text", ["", 'a "b"', "api[-_]?\\d", "it's \\ and \"", "tab\there", "\u202e"]
)
def test_every_text_is_shown_as_toml_that_says_the_same(text: str) -> None:
    line = f"a = {toml(text)}"
    assert line.isprintable()
    assert tomllib.loads(line)["a"] == text


def test_the_line_of_a_setting_is_where_it_begins() -> None:
    text = '# theme\n\n"theme" = 1\n[keymap]\n  [saved_filters]\na.b = 2'
    assert [line_of(text, name) for name in ("theme", "keymap", "saved_filters", "a", "z")] == [
        *(3, 4, 5, 6, 1)
    ]
