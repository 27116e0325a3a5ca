"""What the app says: the status line, and the log of all messages with their shell lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flopod_backends import MemoryBackend
from flopod_tui.app import FlopodApp
from flopod_tui.frame.messages import KEPT, MessageLog, Said, as_text
from flopod_tui.screens.log import LogScreen
from flopod_tui.screens.page import Page
from flopod_tui.widgets import status_line
from flopod_tui.widgets.message_list import lines_of
from tui.looking import text_of, until_gone, until_seen
from tui.store import NOW, app_over

WIDE, NORMAL = (120, 36), (80, 24)
ALL = "research-2026-0142"
LONG = "the store cannot be read: " + " ".join(f"reason{n:02}" for n in range(30))


def page(app: FlopodApp) -> Page[Any]:
    """Return the screen on top."""
    assert app.page is not None
    return app.page


async def test_the_log_shows_all_messages_with_their_time_and_shell_line(
    store: MemoryBackend,
) -> None:
    app = app_over(store)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, ALL, "? for keys")
        page(app).say("delivered to it", "ok", "flopod deliver it approve '{}'")
        page(app).say(LONG, "error")
        await pilot.press("L")
        await until_seen(pilot, "3 messages", "? for keys", "14:03:22  ✓ delivered to it")
        await until_seen(pilot, "$ flopod deliver it approve", "✗ the store cannot", "reason29")
        await pilot.press("q")
        await until_seen(pilot, "All 28")


async def test_the_log_is_searched_and_the_search_cleared(store: MemoryBackend) -> None:
    app = app_over(store)
    async with app.run_test(size=NORMAL) as pilot:
        await until_seen(pilot, ALL, "? for keys")
        for name in ("apples", "pears"):
            page(app).say(name, shell=f"flopod eat {name}")
        await pilot.press("L")
        await until_seen(pilot, "eat apples", "eat pears")
        await pilot.press("slash", *"pear")
        await until_gone(pilot, "eat apples")
        await pilot.press("s", "x")
        await until_seen(pilot, "No message holds “pearsx”")
        await pilot.press("escape")
        await until_seen(pilot, "eat apples", "eat pears")
        await pilot.press("escape")
        await until_seen(pilot, "All 28")


async def test_the_shell_line_of_a_message_is_copied(
    store: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[str] = []

    def keep(_: object, text: str) -> str:
        copied.append(text)
        return "kept"

    monkeypatch.setattr("flopod_tui.screens.sharing.copy", keep)
    app = app_over(store)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, ALL, "? for keys")
        page(app).say("started it", "ok", "flopod start research")
        await pilot.press("L")
        await until_seen(pilot, "$ flopod start research")
        await pilot.press("enter")
        await until_seen(pilot, "the shell line, 21 B: kept")
        assert copied == ["flopod start research"]
        await pilot.press("g", "enter")
        await until_seen(pilot, "this message has no shell line")


async def test_the_log_is_written_to_a_file(
    store: MemoryBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = app_over(store)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, ALL, "? for keys")
        page(app).say("started it", "ok", "flopod start research")
        await pilot.press("L", "e")
        await until_seen(pilot, "all messages")
        await pilot.press("m")
        await until_seen(pilot, "Write all messages to")
        await pilot.press("enter")
        await until_seen(pilot, "wrote all messages")
    written = (tmp_path / "flopod-messages.txt").read_text()
    assert "2026-11-22T14:03:22Z ✓ started it\n  $ flopod start research\n" in written


async def test_what_is_said_behind_the_log_comes_into_it(store: MemoryBackend) -> None:
    app = app_over(store)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, ALL, "? for keys")
        below = page(app)
        await pilot.press("L")
        await until_seen(pilot, "1 message")
        below.say("said from below")
        await until_seen(pilot, "2 messages", "said from below")
        assert isinstance(app.screen, LogScreen)


async def test_a_message_for_whoever_looks_is_shown_on_the_screen_on_top(
    store: MemoryBackend,
) -> None:
    app = app_over(store)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, ALL, "? for keys")
        below = page(app)
        app.action_log()
        await until_seen(pilot, "▸ messages")
        below.announce("the last worker is gone", "error")
        await until_seen(pilot, "✗ the last worker is gone")


async def test_an_error_stays_until_a_key_is_pressed(
    store: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status_line, "READ", 0.0)
    app = app_over(store)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, ALL, "? for keys")
        page(app).say("it went wrong", "error")
        page(app).say("something else happened")
        await until_seen(pilot, "✗ it went wrong")
        assert "something else" not in text_of(app)
        await pilot.press("j")
        await until_gone(pilot, "it went wrong")
        page(app).say("and then this")
        await until_seen(pilot, "and then this")


async def test_an_error_that_nobody_could_have_read_outlives_a_key(
    store: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status_line, "READ", 60.0)
    app = app_over(store)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, ALL, "? for keys")
        page(app).say("it went wrong", "error")
        await pilot.press("j")
        await until_seen(pilot, "it went wrong")
        page(app).say("all is well", "ok")
        await until_seen(pilot, "✓ all is well")


@pytest.mark.parametrize("size", [WIDE, NORMAL])
async def test_a_long_message_says_where_the_rest_is(
    store: MemoryBackend, size: tuple[int, int]
) -> None:
    app = app_over(store)
    async with app.run_test(size=size) as pilot:
        await until_seen(pilot, "All 28")
        page(app).say(LONG, "error")
        await until_seen(pilot, "reason02", "… L shows all")
        await pilot.press("L")
        await until_seen(pilot, "reason29")


async def test_what_a_store_holds_reaches_the_log_harmless(store: MemoryBackend) -> None:
    app = app_over(store)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, ALL, "? for keys")
        page(app).say("evil \x1b]52;c;x\x07 [@click=app.quit]text[/]", "error", "a\u202eb")
        await until_seen(pilot, r"evil \x1b]52;c;x\x07 [@click=app.quit]text[/]")
        await pilot.press("L")
        await until_seen(pilot, r"evil \x1b]52", r"$ a\u202eb")


def test_the_log_keeps_the_last_thousand() -> None:
    log = MessageLog()
    for number in range(KEPT + 5):
        log.add(Said(NOW, f"message {number}"))
    assert (len(log.said), log.count, log.said[0].text) == (KEPT, KEPT + 5, "message 5")


def test_a_message_as_text_has_one_line_and_one_for_the_shell() -> None:
    said = Said(NOW, "two\nlines", "error", "flopod retry it")
    assert as_text([said]) == "2026-11-22T14:03:22Z ✗ two\\x0alines\n  $ flopod retry it\n"


@pytest.mark.parametrize("width", [60, 78, 118])
def test_no_line_of_a_message_is_wider_than_the_screen(width: int) -> None:
    lines = lines_of(Said(NOW, LONG, "ok", "flopod " + "x" * 200), width)
    assert max(sum(len(text) for text, _ in line.spans) for line in lines) <= width
    text = "".join(text.strip() for line in lines for text, _ in line.spans)
    assert "reason29" in text
    assert "x" * 200 in text.replace(" ", "")
