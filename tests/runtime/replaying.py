"""Recorded runs for the tests of the replay: the log of a body, and why a replay over it fails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest

from flopod import Runtime, Workflow
from flopod.events import Event
from flopod.testing import DivergenceError, WorkflowEnvironment, replay

Body = Callable[[Runtime], Awaitable[Any]]


def nothing() -> None:
    """A step."""


async def recorded(body: Body, *deliveries: str) -> list[Event]:
    """Return the log of a run of `body`, whatever it came to."""
    async with WorkflowEnvironment(replay=False, patience=0.02) as env:
        run = await env.start(Workflow(body, "job"))
        for event in deliveries:
            await run.deliver(event)
        with suppress(Exception):
            await run.result()
        return await run.events()


async def diverges(body: Body, events: list[Event]) -> str:
    """Return why a replay over `events` fails."""
    with pytest.raises(DivergenceError) as failed:
        await replay(Workflow(body, "job"), events)
    return failed.value.what
