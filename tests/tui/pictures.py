"""What the snapshot tests share: the sizes, and the keys before a picture."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from tui.looking import settled, until_seen

SIZES = [(120, 36), (80, 24)]
WAITING, FAILED = "research-2026-0142", "research-2026-0141"
Run = Callable[[Pilot[None]], Awaitable[None]]
both_sizes = pytest.mark.parametrize("size", SIZES, ids=["wide", "normal"])


def after(*steps: str) -> Run:
    """Return what is done before the picture: keys are pressed, `see:text` is waited for."""

    async def do(pilot: Pilot[None]) -> None:
        for step in steps:
            if step.startswith("see:"):
                await until_seen(pilot, step[4:])
            else:
                await pilot.press(*step.split())
        await settled(pilot)

    return do
