"""Replay: a run cut anywhere and taken up again ends as if nothing had happened."""

from __future__ import annotations

import asyncio
import random
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flopod import events as ev
from flopod.events import Event
from runtime.corpus import CORPUS, Story, World
from runtime.lives import RUN, begun, cut, live, log_lines, settled, shape_of, state_of

pytestmark = pytest.mark.parametrize("story", CORPUS.values(), ids=CORPUS)


RECORDED_AT_ONCE = {"now", "chance", "id"}
"""The paths of `now`, `random` and `uuid` in the corpus: they call nothing of the author's."""


async def whole_run(story: Story) -> tuple[object, list[Event]]:
    """Return the result and the log of an undisturbed run."""
    backend = await begun(story)
    result = await live(backend, story, World())
    return result, await backend.events(RUN)


async def goes_on_as(story: Story, left: list[Event], result: object, log: list[Event]) -> None:
    """Take up what is left of a run, and see it end like the whole one."""
    backend, world = await cut(left), World()
    assert await live(backend, story, world) == result
    events = await backend.events(RUN)
    again = set(world.calls) & settled(left)
    assert not again, "a step was called again that is recorded as over"
    assert set(world.calls) == settled(log) - settled(left) - RECORDED_AT_ONCE
    assert state_of(events, story.unordered) == state_of(log, story.unordered)
    assert shape_of(events) == shape_of(log)
    assert Counter(log_lines(events)) == Counter(log_lines(log))
    assert ends(events) == ends(log) == 1


def ends(log: list[Event]) -> int:
    return sum(isinstance(e.fact, ev.RunCompleted | ev.RunFailed) for e in log)


async def test_a_run_cut_after_any_event_ends_the_same(story: Story) -> None:
    result, log = await whole_run(story)

    for survived in range(1, len(log)):
        await goes_on_as(story, log[:survived], result, log)


async def test_a_run_cut_twice_ends_the_same(story: Story) -> None:
    result, log = await whole_run(story)
    chance = random.Random(story.name)
    for _ in range(8):
        backend = await cut(log[: chance.randrange(1, len(log))])
        await live(backend, story, World())
        second = await backend.events(RUN)

        await goes_on_as(story, second[: chance.randrange(1, len(second))], result, log)


async def test_the_replay_of_a_finished_run_calls_nothing_and_records_nothing(
    story: Story,
) -> None:
    result, log = await whole_run(story)
    backend, world = await cut(log), World()

    again = await live(backend, story, world)

    assert await backend.events(RUN) == log
    assert not world.calls
    assert again == result or "Error" in str(again)


async def test_a_body_run_again_over_its_whole_past_calls_nothing(story: Story) -> None:
    """As after a kill between the last step and the end of the run."""
    result, log = await whole_run(story)
    backend, world = await cut(log[:-1]), World()

    assert await live(backend, story, world) == result
    assert not world.calls


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(places=st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=4))
def test_a_run_cut_again_and_again_ends_the_same(story: Story, places: list[float]) -> None:
    async def lives() -> None:
        result, log = await whole_run(story)
        left = log
        for place in places:
            left = left[: 1 + int(place * (len(left) - 1))]
            backend = await cut(left)
            assert await live(backend, story, World()) == result
            left = await backend.events(RUN)
        assert state_of(left, story.unordered) == state_of(log, story.unordered)

    asyncio.run(lives())
