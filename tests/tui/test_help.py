"""The help: which keys it names, how it is searched, and that it can be used as a menu."""

from __future__ import annotations

import re

import pytest

from flopod_backends import MemoryBackend
from flopod_tui.frame.help_text import CHANGE, EVERYWHERE, LOOK, HelpKey, Row, layout
from flopod_tui.screens.help import HelpScreen
from flopod_tui.screens.run import RunScreen
from flopod_tui.settings.keys import key_name, keys_in_short
from flopod_tui.settings.model import Settings
from flopod_tui.text.spans import span_width
from tui.looking import text_of, until, until_gone, until_seen
from tui.store import app_over

WIDE, NORMAL = (120, 36), (80, 24)
ALL = "research-2026-0142"
KEYS = [
    HelpKey(LOOK, "j k ↓ ↑", "Move"),
    HelpKey(LOOK, "Enter l → Ctrl+Space Ctrl+Enter", "Open what stands under the cursor, whatever"),
    HelpKey(CHANGE, "D", "Deliver an event"),
    HelpKey(EVERYWHERE, "?", "This help"),
]


def text(rows: list[Row]) -> str:
    return "\n".join("".join(t for cell in row for t, _ in cell.spans).rstrip() for row in rows)


async def test_the_help_names_the_keys_of_the_screen_by_what_they_change(
    store: MemoryBackend,
) -> None:
    app = app_over(store)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, ALL)
        await pilot.press("question_mark")
        await until_seen(pilot, "LOOK (nothing", "CHANGE (only", "EVERYWHERE", "Message log")
        change = text_of(app).partition("CHANGE")[2].partition("EVERYWHERE")[0]
        assert set(re.findall(r"│  (\w) +\w+", change)) - {"F"} == {"D", "R", "S", "X"}
        await pilot.press("escape")
        await until_gone(pilot, "EVERYWHERE")


@pytest.mark.parametrize("key", ["question_mark", "f1", "escape"])
async def test_the_help_is_closed_by_the_key_that_opened_it(store: MemoryBackend, key: str) -> None:
    app = app_over(store)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, ALL)
        await pilot.press("question_mark")
        await until_seen(pilot, "EVERYWHERE")
        await pilot.press(key)
        await until_gone(pilot, "EVERYWHERE")


async def test_the_help_of_the_run_list_explains_the_filter(store: MemoryBackend) -> None:
    app = app_over(store)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, ALL)
        await pilot.press("question_mark")
        await until_seen(pilot, "EVERYWHERE")
        await pilot.press("pagedown")
        await until_seen(pilot, "FILTER", "status:", "-word", "GLYPHS")


async def test_typing_searches_the_help_and_enter_does_what_the_line_says(
    store: MemoryBackend,
) -> None:
    app = app_over(store)
    async with app.run_test(size=NORMAL) as pilot:
        await until_seen(pilot, ALL)
        await pilot.press("question_mark")
        await until_seen(pilot, "type to search")
        await pilot.press(*"mess")
        await until_gone(pilot, "CHANGE")
        await pilot.press("enter")
        await until_seen(pilot, "▸ messages")


async def test_escape_clears_the_search_before_it_closes_the_help(store: MemoryBackend) -> None:
    app = app_over(store)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, ALL)
        await pilot.press("question_mark", *"mess")
        await until_gone(pilot, "CHANGE")
        await pilot.press("escape")
        await until_seen(pilot, "CHANGE")
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, HelpScreen))


async def test_what_sends_a_form_is_not_among_what_changes_nothing(store: MemoryBackend) -> None:
    app = app_over(store, run_id=ALL)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "35 · live")
        await pilot.press("D")
        await until_seen(pilot, "is waited for")
        await pilot.press("f1")
        await until_seen(pilot, "Help: Deliver", "CHANGE (only")
        assert "Ctrl+S" in text_of(app).partition("CHANGE")[2]


async def test_tab_goes_to_the_other_column(store: MemoryBackend) -> None:
    app = app_over(store, run_id=ALL)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "35 · live")
        await pilot.press("question_mark")
        await until_seen(pilot, "CHANGE")
        await pilot.press("tab")
        await until_seen(pilot, "│ ▌D ")
        await pilot.press("tab", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))


async def test_a_key_that_was_given_to_another_action_is_right_in_the_help(
    store: MemoryBackend,
) -> None:
    settings = Settings(keymap={"retry": "ctrl+r", "log": "f9"})
    app = app_over(store, settings=settings)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, ALL)
        await pilot.press("question_mark")
        await until_seen(pilot, "Ctrl+R  ", "F9  ")
        assert not re.search(r"│  R +Retry", text_of(app))
        await pilot.press("escape", "f9")
        await until_seen(pilot, "▸ messages")


def test_on_a_wide_screen_the_help_has_two_columns_and_on_a_narrow_one_one() -> None:
    wide, narrow = text(layout(KEYS, [], 110)), text(layout(KEYS, [], 72))
    assert re.search(r"LOOK.+│ CHANGE", wide)
    assert "│" not in narrow
    for key in KEYS:
        assert key.label.split()[0] in wide
        assert key.label.split()[0] in narrow


@pytest.mark.parametrize("width", [56, 72, 87, 88, 110])
def test_no_word_of_the_help_is_cut(width: int) -> None:
    rows = layout(KEYS, [], width)
    assert max(sum(span_width(cell.spans) for cell in row) for row in rows) <= width
    words = set(text(rows).split())
    assert {word for key in KEYS for word in f"{key.keys} {key.label}".split()} <= words


def test_the_help_explains_every_glyph_and_its_form_in_ascii() -> None:
    shown = text(layout(KEYS, [], 72)).partition("GLYPHS")[2]
    assert "● running >" in shown
    assert "■ damaged #" in shown


def test_a_letter_finds_its_key_and_a_word_what_it_does() -> None:
    assert "Deliver" in text(layout(KEYS, [], 72, "D"))
    assert "Move" not in text(layout(KEYS, [], 72, "D"))
    assert text(layout(KEYS, [], 72, "deliver")).splitlines()[0] == CHANGE


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("question_mark", "?"),
        ("ctrl+l", "Ctrl+L"),
        ("ctrl+shift+up", "Ctrl+Shift+↑"),
        ("f10", "F10"),
        ("full_stop", "."),
        ("G", "G"),
        ("less_than_sign", "<"),
    ],
)
def test_a_key_is_named_as_people_write_it(key: str, name: str) -> None:
    assert key_name(key) == name


def test_keys_in_a_row_are_named_in_short() -> None:
    assert keys_in_short(["1", "2", "3", "4"]) == "1..4"
    assert keys_in_short(["j", "down"]) == "j down"
    assert keys_in_short(["1", "3", "5"]) == "1 3 5"
