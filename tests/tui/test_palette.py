"""The command palette: what it finds, what it takes as arguments, and what does not apply."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flopod_backends import MemoryBackend
from flopod_tui.frame.palette import Entry, find, score
from flopod_tui.screens.palette import PaletteScreen
from flopod_tui.screens.run import RunScreen
from flopod_tui.screens.runs import RunsScreen
from flopod_tui.terminal.themes import THEMES
from tui.looking import text_of, until, until_gone, until_seen
from tui.store import Story, app_over

WIDE, NORMAL = (120, 36), (80, 24)
ALL = "research-2026-0142"
ENTRIES = [
    Entry("open", "Open the run", lambda _: None, "Enter"),
    Entry("goto", "Go to an event or a time", lambda _: None, argument="SEQ"),
    Entry("retry", "Retry the run", lambda _: None, "R", why_not="it is running"),
    Entry("report", "Copy a report", lambda _: None),
]


def names(typed: str) -> list[str]:
    return [found.entry.name for found in find(ENTRIES, typed)]


def test_letters_in_order_find_an_entry_the_beginning_of_a_word_before_its_middle() -> None:
    assert names("rep") == ["report"]
    assert names("gt") == ["goto"]
    assert names("zz") == []
    assert score("run", "Retry the run") > score("un", "Retry the run") > score("rn", "Retry run")


def test_what_does_not_apply_comes_last() -> None:
    assert names("")[-1] == "retry"
    assert names("re")[-1] == "retry"


def test_a_name_with_its_argument_means_that_entry_alone() -> None:
    (found,) = find(ENTRIES, "goto 8 12 ")
    assert (found.entry.name, found.argument, found.is_ready) == ("goto", "8 12", True)
    assert not find(ENTRIES, "goto")[0].is_ready


@pytest.mark.parametrize("key", ["colon", "ctrl+p"])
async def test_both_keys_open_the_same_list(store: MemoryBackend, key: str) -> None:
    app = app_over(store)
    async with app.run_test(size=NORMAL) as pilot:
        await until_seen(pilot, ALL)
        await pilot.press(key)
        await until_seen(pilot, "Commands", "Start")
        await pilot.press("escape")
        await until_gone(pilot, "Commands")


async def test_a_few_letters_and_enter_run_an_action(store: MemoryBackend) -> None:
    app = app_over(store)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, ALL)
        await pilot.press("colon", *"messa")
        await until_seen(pilot, "Message log")
        await pilot.press("enter")
        await until_seen(pilot, "▸ messages")


async def test_what_does_not_apply_says_why_and_is_not_run(store: MemoryBackend) -> None:
    app = app_over(store, read_only=True)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, ALL)
        await pilot.press("colon", *"deliver")
        await until_seen(pilot, "not offered: opened read-only")
        while "▌ Deliver" not in text_of(app):
            await pilot.press("down")
        await pilot.press("enter")
        assert isinstance(app.screen, PaletteScreen)


async def test_a_run_is_gone_to_by_its_id_or_its_beginning(store: MemoryBackend) -> None:
    app = app_over(store)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, ALL)
        await pilot.press("colon", *"run research-2026-014")
        await until_seen(pilot, "Go to a run: research-2026-0141")
        await pilot.press("escape", "colon", *"run import-batch-77", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        await until_seen(pilot, "▸ import-batch-77")
        await pilot.press("colon", *"run nightly-0611", "enter")
        await until_seen(pilot, "▸ nightly-0611")
        assert len(app.screen_stack) == 3


async def test_an_id_that_no_run_has_is_said(store: MemoryBackend) -> None:
    app = app_over(store)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, ALL)
        await pilot.press("colon", *"run nosuch", "enter")
        await until_seen(pilot, "no run begins with 'nosuch'")
        await pilot.press("colon", *"run research", "enter")
        await until_seen(pilot, "runs begin with 'research'")


async def test_what_is_typed_before_the_palette_is_there_is_not_lost(
    store: MemoryBackend,
) -> None:
    app = app_over(store)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, ALL)
        app.action_palette()
        for letter in "runs":
            app.simulate_key(letter)
        await until_seen(pilot, ":  runs")


async def test_tab_takes_the_line_into_the_field(store: MemoryBackend) -> None:
    app = app_over(store)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, ALL)
        await pilot.press("colon", *"run char")
        await until_seen(pilot, "Go to a run: char")
        await pilot.press("down", "tab", "enter")
        await until_seen(pilot, "▸ charge-0044")


async def test_the_list_of_runs_is_one_command_away(store: MemoryBackend) -> None:
    app = app_over(store, run_id=ALL)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "35 · live")
        await pilot.press("L")
        await until_seen(pilot, "▸ messages")
        await pilot.press("colon", *"runs", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))


@pytest.mark.parametrize("name", THEMES)
async def test_a_theme_is_chosen_by_its_name(
    store: MemoryBackend, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.delenv("COLORFGBG", raising=False)
    app = app_over(store)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, ALL)
        await pilot.press("colon", *f"theme {name}", "enter")
        await until(pilot, lambda: app.theme == THEMES[name].name)


async def test_secrets_are_revealed_and_masked_again_by_name(backend: MemoryBackend) -> None:
    secret = {"region": "kanto", "password": "hunter2"}
    await Story("logs-in", timedelta(minutes=2)).begin("research", secret).record(backend)
    app = app_over(backend, run_id="logs-in")
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "▸ logs-in", "•••")
        assert "hunter2" not in text_of(app)
        await pilot.press("colon", *"reveal", "enter")
        await until_seen(pilot, "secrets are shown", "hunter2")
        await pilot.press("colon", *"hide", "enter")
        await until_seen(pilot, "secrets are masked", "•••")
        await until_gone(pilot, "hunter2")
        await pilot.press("q")
        await until_seen(pilot, "Input", "•••")
        await pilot.press("colon", *"reveal", "enter")
        await until_seen(pilot, "hunter2")


async def test_a_report_names_versions_and_settings_and_no_url(
    store: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[str] = []
    app = app_over(store)
    monkeypatch.setattr("flopod_tui.everywhere.copy", lambda _, text: copied.append(text) or "kept")
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, ALL)
        await pilot.press("colon", *"copy-report", "enter")
        await until_seen(pilot, "report: kept")
    assert "textual 8." in copied[0]
    assert "terminal 120 x 36" in copied[0]
    assert "memory:" not in copied[0]


async def test_the_settings_are_shown(store: MemoryBackend) -> None:
    app = app_over(store)
    async with app.run_test(size=NORMAL) as pilot:
        await until_seen(pilot, ALL)
        await pilot.press("colon", *"settings", "enter")
        await until_seen(pilot, "clipboard", "auto", "token, secret")
        await pilot.press("q")
        await until_gone(pilot, "token, secret")


async def test_a_form_with_typed_text_is_not_left_by_a_command(store: MemoryBackend) -> None:
    app = app_over(store, run_id=ALL)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "35 · live")
        await pilot.press("D")
        await until_seen(pilot, "is waited for")
        await pilot.press("enter", *"ann")
        await until_seen(pilot, '"ann"')
        await pilot.press("ctrl+p", *"list of runs")
        await until_seen(pilot, "what you typed would be lost")
