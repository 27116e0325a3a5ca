"""Helpers of the app's tests: what stands on the screen, and waiting until something does."""

from __future__ import annotations

import time
from collections.abc import Callable

from textual.app import App
from textual.pilot import Pilot

PATIENCE = 15.0
STILL = 0.18


def text_of(app: App[None]) -> str:
    """Return what stands on the screen, without colours."""
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())


async def until(pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    """Wait until something holds; fail with the screen if it never does."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, f"never came to hold; on the screen:\n{text_of(pilot.app)}"
        await pilot.pause(0.05)


async def until_seen(pilot: Pilot[None], *texts: str) -> None:
    """Wait until all these texts stand on the screen."""
    await until(pilot, lambda: all(text in text_of(pilot.app) for text in texts))


async def until_gone(pilot: Pilot[None], text: str) -> None:
    """Wait until a text no longer stands on the screen."""
    await until(pilot, lambda: text not in text_of(pilot.app))


async def settled(pilot: Pilot[None]) -> None:
    """Wait until the screen has stood still for longer than repaints are gathered."""
    last, since = "", time.monotonic()
    while time.monotonic() - since < STILL:
        await pilot.pause(0.05)
        if (shown := text_of(pilot.app)) != last:
            last, since = shown, time.monotonic()
    # A dialog draws the screen below it once: have it drawn as it is now.
    pilot.app.screen.refresh()
    await pilot.pause(0.05)
