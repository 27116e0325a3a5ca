"""Random keys, clicks and sizes: the app lives, and only those who may change anything do."""

from __future__ import annotations

import pytest

from flopod_backends import MemoryBackend
from tui import monkey
from tui.looking import until_seen
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
