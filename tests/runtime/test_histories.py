"""R9: what any release has recorded replays: nothing is called, and the end is the same."""

from __future__ import annotations

from typing import Any

import pytest

from flopod.events import Event
from runtime.corpus import CORPUS, Story, World
from runtime.histories import stored
from runtime.lives import RUN, cut, live

HISTORIES = [pytest.param(story, log, id=f"{of}-{story.name}") for of, story, log in stored()]


@pytest.mark.parametrize(("story", "log"), HISTORIES)
async def test_a_run_of_any_release_replays_to_its_end(story: Story, log: list[Event]) -> None:
    for _ in range(2):
        backend, world = await cut(log[:-1]), World()
        await live(backend, story, world)
        again = await backend.events(RUN)
        assert not world.calls
        assert [event.type for event in again[len(log) - 1 :]] == ["RunStarted", log[-1].type]
        assert end_of(again) == end_of(log)
        log = again


def end_of(log: list[Event]) -> dict[str, Any]:
    told = dict(log[-1].data)
    if "error" in told:
        told["error"] = (told["error"].type, told["error"].message, told["error"].path)
    return told


def test_every_story_has_a_history() -> None:
    assert {story.name for _, story, _ in stored()} == set(CORPUS)
