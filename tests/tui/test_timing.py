"""Timers of the app on a machine that holds the process up."""

from __future__ import annotations

import asyncio
import itertools

import pytest
from textual import timer
from textual.app import App

from flopod_tui.terminal.timing import once


async def test_a_timer_rings_though_the_process_was_held_up_when_it_began(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rung, seconds = asyncio.Event(), itertools.count()
    app: App[None] = App()
    async with app.run_test():
        # Each look at the clock comes a second after the last one.
        monkeypatch.setattr(timer._time, "get_time", lambda: float(next(seconds)))
        once(app, 0.001, rung.set)
        async with asyncio.timeout(5):
            await rung.wait()
        monkeypatch.undo()
