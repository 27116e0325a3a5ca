"""The flags of the display and the settings, seen from the terminal that the app draws on."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from flopod_tui.terminal.themes import DARK
from tui.opening import opened, some_runs
from tui.terminal import Terminal

RGB, COLOURED = (
    b"38;2;",
    re.compile(rb"\x1b\[[0-9;]*(?:3[0-7]|9[0-7]|4[0-7]|10[0-7]|[34]8;)[0-9;]*m"),
)
Opens = Callable[..., Terminal]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data directory with a few runs."""
    return some_runs(tmp_path)


@pytest.fixture
def opens(folder: Path) -> Iterator[Opens]:
    """Open the app with flags, ready."""
    with ExitStack() as stack:

        def opens(*flags: str, **more: str) -> Terminal:
            app = stack.enter_context(opened(folder, "--no-worker", *flags, **more))
            app.until_seen("done-00", "? for keys")
            app.quiet()
            return app

        yield opens


def state_of(folder: Path) -> Path:
    """Return where the app of a test remembers."""
    return folder / ".local/state/flopod/tui.json"


def test_the_first_line_says_what_is_opened(opens: Opens, folder: Path) -> None:
    first = opens().output.decode().splitlines()[0]
    assert first == f"flopod: opening sqlite:{folder}/flopod.db"


def test_a_slow_line_gets_few_colours_and_no_mouse(opens: Opens) -> None:
    app = opens("--low-bandwidth")
    assert RGB not in app.output
    assert b"\x1b[?1000h" not in app.output
    assert RGB in opens().output


def test_without_the_mouse_the_terminal_is_not_asked_for_it(opens: Opens) -> None:
    app = opens("--no-mouse")
    assert b"\x1b[?1000h" not in app.output
    app.do("f10", "see:mouse on")
    assert b"\x1b[?1000h" in app.output
    app.do("f10", "see:mouse off")
    app.do("q")
    assert app.ended() == 0


@pytest.mark.parametrize("asked", ["--theme", "NO_COLOR"])
def test_mono_has_no_colour_in_any_view(opens: Opens, asked: str) -> None:
    app = opens("--theme", "mono") if asked == "--theme" else opens(NO_COLOR="1")
    assert any(cell.reverse for cell in app.cells())
    app.do("j", "enter", "see:1 Path", "v", "v", "question_mark", "see:Help")
    assert COLOURED.search(app.output) is None


def test_in_ascii_no_view_draws_anything_else(opens: Opens) -> None:
    app = opens("--ascii")
    app.do("question_mark", "see:Help", "escape", "y", "see:Copy", "escape")
    app.do("j", "enter", "see:1 Path", "v", "v", "v", "D", "see:Cancel")
    assert app.output.isascii()


def test_a_locale_that_is_not_utf8_gets_ascii(opens: Opens) -> None:
    assert opens(LC_ALL="C").output.isascii()


def test_a_wrong_setting_is_told_and_the_app_opens(opens: Opens, folder: Path) -> None:
    file = folder / ".config/flopod/tui.toml"
    file.parent.mkdir(parents=True)
    file.write_text('them = "dark"\n')
    with opened(folder, "--no-worker") as app:
        app.until_seen("there is no setting them")
        app.until_seen("done-00")
        app.do("q")
        app.ended()


def test_what_is_remembered_is_not_in_the_data_directory(opens: Opens, folder: Path) -> None:
    before = {file.name for file in folder.iterdir()}
    app = opens()
    app.do("o", "q")
    assert app.ended() == 0
    file = state_of(folder)
    assert "runs.sort" in json.loads(file.read_text())["values"]
    assert file.stat().st_mode & 0o777 == 0o600
    new = {file.name for file in folder.iterdir()} - before
    assert {name for name in new if not name.startswith("flopod.db")} <= {".local", "reports"}


def test_a_state_file_that_is_damaged_is_told_and_the_app_opens(folder: Path) -> None:
    file = state_of(folder)
    file.parent.mkdir(parents=True)
    file.write_text("{")
    with opened(folder, "--no-worker") as app:
        app.until_seen("done-00", "is damaged; it is kept as tui.json.bad")


def test_a_run_that_is_named_is_opened(opens: Opens, folder: Path) -> None:
    with opened(folder, "tui", "asks", "--no-worker") as app:
        app.until_seen("1 Path", "asks")
        app.do("q", "see:All 42")


@pytest.mark.parametrize("theme", ["light", "ansi", "mono"])
def test_another_theme_draws_everything_anew(opens: Opens, theme: str) -> None:
    app = opens()
    app.do("colon", "see: : ")
    app.send(f"theme {theme}\r")
    app.until_seen(f"theme {theme}")
    app.quiet()
    shown = [(cell.fg, cell.bg) for cell in app.cells() if cell.data.strip()]
    old = {str(value).lstrip("#") for value in (DARK.foreground, *DARK.variables.values())}
    assert not {colour for pair in shown for colour in pair} & old
    assert app.unreadable() == []
