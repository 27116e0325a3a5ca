"""A trial: clicks all over a view whose stored texts would have an action run.

`test_hostile.py` does it on three views.
"""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

from textual import events
from textual.pilot import Pilot

from faults.trial import Trial
from flopod_backends import MemoryBackend
from flopod_tui.app import FlopodApp
from tui.payloads import NAMES, Hostile, hostile_store
from tui.scenes import SCENES, Scene, go
from tui.screening import wrongs
from tui.store import app_over, fixed_now

SIZE = (120, 36)
ACTIONS = [number for number, name in enumerate(NAMES) if "action" in name]


async def trial(seed: int) -> Trial:
    """Click on a view."""
    scene = SCENES[seed % len(SCENES)]
    ran = await clicked(scene, ACTIONS[seed // len(SCENES) % len(ACTIONS)], step=1)
    assert not ran, f"{scene.name}: {ran}"
    return Trial(SIZE[0] * SIZE[1])


async def clicked(scene: Scene, payload: int, step: int = 4) -> list[Any]:
    """Click on each cell in so many of a view; return which stored actions ran."""
    ran: list[Any] = []
    backend = MemoryBackend(clock=fixed_now)
    await hostile_store(backend, Hostile(payload, step=0))
    app = app_over(backend, read_only=scene.name.startswith("run"))
    with patch.object(FlopodApp, "action_pwned", ran.append, create=True):
        async with app.run_test(size=SIZE) as pilot:
            await go(pilot, scene)
            assert wrongs(app) == []
            for y in range(SIZE[1]):
                await _click_along(pilot, y, step)
    return ran


async def _click_along(pilot: Pilot[None], y: int, step: int) -> None:
    for x in range(y % step, SIZE[0], step):
        place = {"x": x, "y": y, "screen_x": x, "screen_y": y, "delta_x": 0, "delta_y": 0}
        keys = {"button": 1, "shift": False, "meta": False, "ctrl": False}
        for kind in (events.MouseMove, events.MouseDown, events.MouseUp):
            if not pilot.app._exit:
                pilot.app.screen._forward_event(kind(None, **place, **keys))
    await pilot.pause(0)
