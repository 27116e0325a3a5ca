"""Keys that come faster than the app deals with them."""

from __future__ import annotations

import asyncio

import pytest
from textual import events

from flopod_backends import MemoryBackend
from flopod_tui.app import FlopodApp
from flopod_tui.screens.runs import RunsScreen
from flopod_tui.text.glyphs import STATUS
from tui.looking import until_seen
from tui.store import app_over

WIDE = (120, 36)
NAMES = {"/": "slash", "-": "minus", "\r": "enter"}


def burst(app: FlopodApp, text: str) -> None:
    """Have all keys come in at once, as one packet brings them."""
    for char in text:
        app.post_message(events.Key(NAMES.get(char, char), char if char.isprintable() else None))


async def test_letters_after_a_slash_are_what_is_looked_for(store: MemoryBackend) -> None:
    app = app_over(store)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "All 28")
        burst(app, "/import-batch-77")
        await until_seen(pilot, "import-batch-77", " 1 run")
        assert isinstance(app.screen, RunsScreen)


async def test_keys_of_a_burst_act_in_their_order(store: MemoryBackend) -> None:
    app = app_over(store)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "All 28")
        burst(app, "jjjjjjjjjjkkkkkkkkk")
        await until_seen(pilot, f"▌{STATUS['running'].glyph} import-batch-77")


async def test_a_text_in_several_packets_keeps_its_order(store: MemoryBackend) -> None:
    app = app_over(store)
    text = "abcdefghijklmnopqrstuvwxyz"
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "All 28")
        burst(app, f"/{text[:5]}")
        for start in range(5, len(text), 3):
            await asyncio.sleep(0)
            burst(app, text[start : start + 3])
        await until_seen(pilot, text)


@pytest.mark.parametrize("comes_back", [False, True])
async def test_a_key_that_comes_while_the_app_closes_is_dropped(
    store: MemoryBackend, comes_back: bool
) -> None:
    app, key = app_over(store), events.Key("j", "j")
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "All 28")
    assert not app.screen_stack
    if comes_back:
        key._set_forwarded()
    await app.on_event(key)
