"""How a run is read for its screen: its end first, the rest in slices, then what comes."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest

from flopod import events as ev
from flopod.control import Control
from flopod.errors import BackendError, CorruptLogError
from flopod.events import Event
from flopod_backends import MemoryBackend
from flopod_tui.run import tail as run_tail
from flopod_tui.run.tail import GONE, LONG, MUCH, NEWEST, RunTail
from tui.store import NOW, Story, waiting

PATIENCE = 10


class Watcher:
    """Notes how the tail stood whenever it called."""

    def __init__(self, backend: MemoryBackend, run_id: str, every: float = 0.01) -> None:
        self.tail = RunTail(Control(backend, workflows=()), run_id, self.note, every)
        self.noted: list[tuple[int, int, float | None]] = []
        self._called = asyncio.Event()

    def note(self) -> None:
        tail = self.tail
        self.noted.append((len(tail.latest), len(tail.view.events), tail.reading))
        self._called.set()

    async def until(self, holds: Callable[[RunTail], object]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not holds(self.tail):
                self._called.clear()
                await self._called.wait()


@asynccontextmanager
async def following(
    backend: MemoryBackend, run_id: str, every: float = 0.01
) -> AsyncIterator[Watcher]:
    watcher = Watcher(backend, run_id, every)
    task = asyncio.create_task(watcher.tail.follow())
    try:
        yield watcher
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def long_story(count: int = LONG + 500) -> Story:
    story = Story("long", timedelta(hours=1)).begin("job")
    for number in range((count - 2) // 2):
        story.step(f"step-{number}")
    return story


async def test_the_end_of_a_long_run_is_there_before_the_rest(
    backend: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The rest may be there within one slice, before this test has had a turn.
    monkeypatch.setattr(run_tail, "SLICE", 0.0)
    story = long_story()
    await story.record(backend)
    async with following(backend, "long") as watcher:
        await watcher.until(lambda tail: tail.latest)
        assert (NEWEST, 0, 0.0) in watcher.noted
        assert [event.seq for event in watcher.tail.events][-1] == len(story.events)
        await watcher.until(lambda tail: tail.reading is None)
        assert watcher.tail.latest == ()
        assert [event.seq for event in watcher.tail.events] == [*range(1, len(story.events) + 1)]


async def test_a_short_run_is_read_at_once(backend: MemoryBackend) -> None:
    await waiting("short", timedelta(hours=1)).record(backend)
    async with following(backend, "short") as watcher:
        await watcher.until(lambda tail: tail.reading is None)
        assert {latest for latest, _, _ in watcher.noted} == {0}


async def test_between_two_slices_others_have_their_turn(
    backend: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_tail, "SLICE", 0.0)
    monkeypatch.setattr(run_tail, "SHOWN_EVERY", 0.0)
    story = long_story()
    await story.record(backend)
    async with following(backend, "long", every=0.0) as watcher:
        await watcher.until(lambda tail: tail.reading is None)
    shares = [share for _, _, share in watcher.noted if share]
    assert len(shares) >= len(story.events) // 50 - 1
    assert shares == sorted(shares)
    assert shares[-1] <= 1


async def test_what_comes_fast_is_gathered(backend: MemoryBackend) -> None:
    await waiting("busy", timedelta(hours=1)).record(backend)
    async with following(backend, "busy", every=0.2) as watcher:
        await watcher.until(lambda tail: tail.reading is None)
        before, begun = len(watcher.noted), asyncio.get_running_loop().time()
        for number in range(200):
            await backend.append("busy", [Event(ev.ActivityStarted(), f"s{number}", NOW)])
            await asyncio.sleep(0)
        await watcher.until(lambda tail: len(tail.view.events) == 35 + 200)
        took = asyncio.get_running_loop().time() - begun
        assert len(watcher.noted) - before <= 2 + took / 0.2


async def test_after_a_pause_what_comes_is_there_at_once(backend: MemoryBackend) -> None:
    await waiting("calm", timedelta(hours=1)).record(backend)
    async with following(backend, "calm", every=0.4) as watcher:
        await watcher.until(lambda tail: tail.reading is None)
        await asyncio.sleep(0.45)
        begun = asyncio.get_running_loop().time()
        await backend.append("calm", [Event(ev.ActivityStarted(), "s", NOW)])
        await watcher.until(lambda tail: len(tail.view.events) == 36)
        assert asyncio.get_running_loop().time() - begun < 0.35


async def test_of_a_damaged_log_all_before_the_damage_is_there(backend: MemoryBackend) -> None:
    story = long_story()
    await story.record(backend)
    good = (await backend.events("long"))[: LONG + 100]
    damage = CorruptLogError("long", "line 2101", "its checksum does not fit", good)

    async def damaged(run_id: str, after: int = 0) -> list[Event]:
        raise damage

    backend.events = damaged  # type: ignore[method-assign]
    async with following(backend, "long") as watcher:
        await watcher.until(lambda tail: tail.trouble)
        assert watcher.tail.damage is damage
        assert len(watcher.tail.view.events) == LONG + 100
        assert watcher.tail.reading is None
        assert "damaged" in watcher.tail.trouble


async def test_a_run_that_is_deleted_stays_as_it_was_and_is_told(backend: MemoryBackend) -> None:
    await waiting("lost", timedelta(hours=1)).record(backend)
    async with following(backend, "lost") as watcher:
        await watcher.until(lambda tail: tail.reading is None)
        await backend.delete("lost")
        await watcher.tail.look()
        assert watcher.tail.trouble == GONE
        assert len(watcher.tail.view.events) == 35


async def test_a_store_that_fails_is_told_and_read_again(
    backend: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_tail, "AGAIN", 0.01)
    await waiting("back", timedelta(hours=1)).record(backend)
    read, failing = backend.events, True

    async def events(run_id: str, after: int = 0) -> list[Event]:
        if failing:
            raise BackendError("the disk is gone")
        return await read(run_id, after)

    backend.events = events  # type: ignore[method-assign]
    async with following(backend, "back") as watcher:
        await watcher.until(lambda tail: tail.trouble)
        assert watcher.tail.trouble == "✗ the disk is gone"
        failing = False
        await watcher.until(lambda tail: tail.reading is None)
        assert (watcher.tail.trouble, len(watcher.tail.view.events)) == ("", 35)


async def test_the_collector_leaves_a_long_log_alone_while_it_is_shown(
    backend: MemoryBackend,
) -> None:
    await long_story(MUCH + 1000).record(backend)
    async with following(backend, "long") as watcher:
        await watcher.until(lambda tail: tail.reading is None)
        aside = gc.get_freeze_count()
        assert aside > MUCH
        assert gc.isenabled()
        more = [Event(ev.ActivityStarted(), f"later-{n}") for n in range(MUCH + 1)]
        await backend.append("long", more)
        await watcher.until(lambda tail: len(tail.view.events) > 2 * MUCH + 1000)
        assert gc.get_freeze_count() > aside + MUCH
    assert gc.get_freeze_count() == 0
