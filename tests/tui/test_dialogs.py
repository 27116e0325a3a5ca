"""Menus, prompts, and taking things out of the app."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from unittest.mock import patch

import pytest
from textual.pilot import Pilot

from flopod.errors import BackendError
from flopod_backends import MemoryBackend
from flopod_tui.screens.menu import MenuScreen
from flopod_tui.screens.prompt import PromptScreen
from flopod_tui.screens.runs import RunsScreen
from flopod_tui.screens.sharing import Takeable, taken
from flopod_tui.widgets.choice_list import Choice
from tui.looking import until, until_seen
from tui.store import app_over

WIDE = (120, 36)
CHOICES = (Choice("a", "Apples", "red"), Choice("b", "Pears", why_not="there are none"))


async def test_a_menu_is_answered_by_its_key_or_by_enter(backend: MemoryBackend) -> None:
    app = app_over(backend)
    answers: list[str | None] = []
    async with app.run_test(size=WIDE) as pilot:
        for keys in (["a"], ["enter"], ["escape"]):
            app.push_screen(MenuScreen("Fruit", CHOICES), answers.append)
            await until_seen(pilot, "Apples", "red")
            await pilot.press(*keys)
            await until(pilot, lambda: not isinstance(app.screen, MenuScreen))
    assert answers == ["a", "a", None]


async def test_a_choice_that_cannot_be_made_says_why(backend: MemoryBackend) -> None:
    app = app_over(backend)
    async with app.run_test(size=WIDE) as pilot:
        app.push_screen(MenuScreen("Fruit", CHOICES))
        await until_seen(pilot, "Pears")
        await pilot.press("j", "enter")
        await until_seen(pilot, "there are none")
        assert isinstance(app.screen, MenuScreen)


async def test_a_prompt_gives_only_what_is_right(backend: MemoryBackend) -> None:
    app = app_over(backend)
    answers: list[str | None] = []
    async with app.run_test(size=WIDE) as pilot:
        prompt = PromptScreen("A number", check=lambda text: "" if text.isdigit() else "no number")
        app.push_screen(prompt, answers.append)
        await until_seen(pilot, "A number")
        await pilot.press("x", "enter")
        await until_seen(pilot, "no number")
        await pilot.press("backspace", "7", "enter")
        await until(pilot, lambda: not isinstance(app.screen, PromptScreen))
    assert answers == ["7"]


@asynccontextmanager
async def written(text: str, target: str) -> AsyncIterator[Pilot[None]]:
    """Have the list of runs offer a text, and write it."""

    def exports(self: RunsScreen) -> Sequence[Takeable]:
        return [Takeable("t", "a text", lambda: text, target)]

    app = app_over(MemoryBackend())
    with patch.object(RunsScreen, "exports", exports):
        async with app.run_test(size=WIDE) as pilot:
            await until_seen(pilot, "No runs in")
            await pilot.press("e")
            await until_seen(pilot, "a text")
            await pilot.press("t")
            await until_seen(pilot, "Write a text to")
            await pilot.press("enter")
            await until_seen(pilot, "wrote a text")
            yield pilot


async def test_what_a_screen_offers_is_written_to_a_new_private_file(tmp_path: Path) -> None:
    target = tmp_path / "out.txt"
    async with written("hello\n", str(target)) as pilot:
        assert target.read_text() == "hello\n"
        assert target.stat().st_mode & 0o077 == 0
        await pilot.press("e", "t")
        await until_seen(pilot, "a file of this name already")


@pytest.mark.parametrize("name", ["", ".", "a/b/c.txt", "x" * 300, "~nosuchuser/x", "a\0b"])
def test_a_name_that_no_file_can_have_says_why_not(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert taken(name)
    assert not taken("new.txt")


async def test_half_a_surrogate_pair_is_written_as_json_writes_it(tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    async with written('"\ud800"', str(target)):
        assert target.read_text() == '"\\ud800"'


async def test_a_text_that_cannot_be_made_is_told_and_the_app_goes_on(
    backend: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails() -> str:
        raise BackendError("the store is gone")

    def copies(self: RunsScreen) -> Sequence[Takeable]:
        return [Takeable("t", "a text", fails)]

    monkeypatch.setattr(RunsScreen, "copies", copies)
    app = app_over(backend)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "No runs in")
        await pilot.press("y")
        await until_seen(pilot, "a text")
        await pilot.press("t")
        await until_seen(pilot, "✗ the store is gone")
