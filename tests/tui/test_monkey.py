"""Random keys, clicks and sizes: the app lives, and only those who may change anything do."""

from __future__ import annotations

import asyncio

import pytest
from textual.worker import WorkerFailed

from flopod_backends import MemoryBackend
from flopod_tui.screens.page import Page
from tui import monkey
from tui.looking import until, until_seen
from tui.pictures import WAITING
from tui.scenes import SCENES, press
from tui.store import app_over


@pytest.mark.parametrize("seed", [1])
async def test_nothing_that_is_pressed_or_clicked_ends_the_app_or_writes_unasked(seed: int) -> None:
    await monkey.trial(seed)


async def test_a_view_that_is_left_before_it_is_drawn_ends_nothing(store: MemoryBackend) -> None:
    app = app_over(store)
    async with app.run_test(size=(120, 36)) as pilot:
        await until_seen(pilot, WAITING)
        for turns in (0, 2):
            for scene in SCENES[turns::5]:
                for key in ("escape", "g", "j", "enter", *scene.keys.split()):
                    press(app, key)
                    for _ in range(turns):
                        await pilot.pause(0)
                while len(app.screen_stack) > 2:
                    app.pop_screen()
        await until_seen(pilot, "RUN ")


class Late(Page[None]):
    """Looks for a widget that is not there, once it is told to."""

    async def look(self, when: asyncio.Event) -> None:
        await when.wait()
        self.query_one("#gone")


async def test_only_what_is_missed_on_a_screen_that_is_open_ends_the_app(
    store: MemoryBackend,
) -> None:
    app, told = app_over(store), asyncio.Event()
    with pytest.raises(WorkerFailed):
        async with app.run_test(size=(120, 36)) as pilot:
            await until_seen(pilot, WAITING)
            await app.push_screen(left := Late(app.session))
            on_left = app.run_worker(left.look(told))
            await app.pop_screen()
            told.set()
            await until(pilot, lambda: on_left.is_finished)
            await pilot.pause()
            spared = app.is_running and app._exception is None
            await app.push_screen(opened := Late(app.session))
            app.run_worker(opened.look(told))
            await until(pilot, lambda: app._exception is not None)
    assert spared
